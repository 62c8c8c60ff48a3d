import ApusCore

/// A rule with the code that finds out whether a subject keeps it.
struct Check<Subject>: Sendable {
    let rule: Rule
    /// Returns if the rule is kept, throws a `Breach` if not; any other error is a breach as well.
    let verify: @Sendable (Subject) throws -> Void

    init(_ rule: Rule, _ verify: @escaping @Sendable (Subject) throws -> Void) {
        self.rule = rule
        self.verify = verify
    }
}

/// How a rule was broken.
struct Breach: Error {
    let attempted: String
    let found: String

    init(_ attempted: String, _ found: String) {
        self.attempted = attempted
        self.found = found
    }
}

/// Gathers what the checks of one plugin find.
struct Findings {
    let plugin: String
    private(set) var violations: [Violation] = []

    init(_ plugin: any Plugin.Type) { self.plugin = plugin.descriptor.id }

    /// Verifies one rule. `setting` says on what, if a rule is verified several times.
    mutating func verify(_ rule: Rule, setting: String = "", _ body: () throws -> Void) {
        do {
            try body()
        } catch let breach as Breach {
            add(rule, setting, breach)
        } catch {
            add(rule, setting, Breach("follow the rule's steps", "it threw \(told(error))"))
        }
    }

    mutating func verify<Subject>(_ checks: [Check<Subject>], _ subject: Subject, setting: String = "") {
        for check in checks { verify(check.rule, setting: setting) { try check.verify(subject) } }
    }

    private mutating func add(_ rule: Rule, _ setting: String, _ breach: Breach) {
        let attempted = setting.isEmpty ? breach.attempted : "\(breach.attempted) (\(setting))"
        violations.append(Violation(rule: rule, plugin: plugin, attempted: attempted, found: breach.found))
    }
}

/// An error in a message, with its type unless it is the one that every error should be.
func told(_ error: any Error) -> String {
    (error as? ApusError).map { "an error: \($0)" } ?? "\(type(of: error)), which is no ApusError: \(error)"
}

/// Throws a breach unless `condition` holds.
func require(_ condition: Bool, _ attempted: @autoclosure () -> String, _ found: @autoclosure () -> String) throws {
    if !condition { throw Breach(attempted(), found()) }
}

/// Throws a breach if there is a difference.
func requireEqual(_ difference: String?, _ attempted: @autoclosure () -> String) throws {
    if let difference { throw Breach(attempted(), difference) }
}

/// What `body` returns; an error of it is a breach.
func attempt<Result>(_ attempted: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let breach as Breach {
        throw breach
    } catch {
        throw Breach(attempted, "it threw \(told(error))")
    }
}

/// Requires that `body` throws an `ApusError`, of `kind` and with `name` in its text where those are given.
func requireRefusal(
    _ attempted: String, naming name: String? = nil, kind: ApusError.Kind? = nil, _ body: () throws -> some Any
) throws {
    do {
        _ = try body()
    } catch let error as ApusError {
        if let kind, error.kind != kind {
            throw Breach(attempted, "the error is of kind '\(error.kind)', not '\(kind)': \(error)")
        }
        if let name, !error.description.contains(name) {
            throw Breach(attempted, "the error does not name '\(name)': \(error)")
        }
        return
    } catch let breach as Breach {
        throw breach
    } catch {
        throw Breach(attempted, "it threw \(told(error))")
    }
    throw Breach(attempted, "it was accepted")
}

/// What `body` returns, or nil if it refuses by an `ApusError`; any other error is a breach.
func answerOrRefusal<Result>(_ attempted: String, _ body: () throws -> Result) throws -> Result? {
    do {
        return try body()
    } catch is ApusError {
        return nil
    } catch let breach as Breach {
        throw breach
    } catch {
        throw Breach(attempted, "it threw \(told(error))")
    }
}
