import ApusBuiltins
import ApusCore
import ApusLifecycle
import ArgumentParser
import Foundation

/// The command line. A program with plugins of its own is three lines:
///
///     import ApusCLI
///     import MyPlugins
///     ApusCommand.main(plugins: [MyBundle.self])
public enum ApusCommand {
    /// Runs the process's arguments with the built-in plugins and `plugins`, and exits.
    public static func main(plugins: [any PluginBundle.Type] = []) -> Never {
        holdStandardStreams()
        exit(run(Array(CommandLine.arguments.dropFirst()), plugins: plugins))
    }

    /// Puts something into the place of a standard stream that is closed: the next file that is opened would stand
    /// there, and be read or written as that stream.
    private static func holdStandardStreams() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            // Opened the wrong way round, so that using it fails as it would on a closed one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Runs `arguments` and returns the exit code: 0 fine, 1 wrong input, 2 wrong usage, 3 gate failed, 129 hung up,
    /// 130 interrupted, 143 terminated.
    static func run(_ arguments: [String], plugins: [any PluginBundle.Type]) -> Int32 {
        let terminal = Terminal()
        var place = "apus"
        let interruption = Interruption()
        do {
            try refuseUnknownVerb(arguments)
            var command = try Apus.parseAsRoot(arguments)
            guard let verb = command as? any Verb else {
                try command.run()
                return 0
            }
            place = name(of: type(of: verb))
            var registry = try Registry.builtin()
            for bundle in plugins { try registry.register(bundle) }
            return try verb.run(
                Environment(registry: registry, cancellation: interruption.cancellation, terminal: terminal))
        } catch let error as ApusError {
            terminal.error("\(place): \(error)")
            return error.kind == .cancelled ? interruption.exitCode ?? error.exitCode : error.exitCode
        } catch {
            return report(error, terminal)
        }
    }

    private static func refuseUnknownVerb(_ arguments: [String]) throws {
        var verbs = Apus.configuration.subcommands
        for argument in arguments where !verbs.isEmpty {
            if argument.hasPrefix("-") || argument == "help" { return }
            guard let verb = verbs.first(where: { $0._commandName == argument }) else {
                throw ApusError(
                    "there is no command '\(argument)'",
                    remedy: Nearest.suggestion(for: argument, among: verbs.map { $0._commandName } + ["help"]),
                    kind: .usage)
            }
            verbs = verb.configuration.subcommands
        }
    }

    /// The words that call a verb: `apus plugins describe`.
    private static func name(of verb: any ParsableCommand.Type) -> String {
        let group = Apus.configuration.subcommands.first { $0.configuration.subcommands.contains { $0 == verb } }
        return (["apus"] + [group, verb].compactMap { $0?._commandName }).joined(separator: " ")
    }

    /// Help goes to standard output; what is wrong with a call goes to standard error.
    private static func report(_ error: any Error, _ terminal: Terminal) -> Int32 {
        let message = Apus.fullMessage(for: error)
        if Apus.exitCode(for: error).isSuccess {
            do { try terminal.print(message) } catch { return 1 }
            return 0
        }
        terminal.error(message)
        return 2
    }
}

/// What a verb works with.
struct Environment {
    let registry: Registry
    let cancellation: Cancellation
    let terminal: Terminal
}

/// A subcommand: parses, calls, prints.
protocol Verb: ParsableCommand {
    /// Does it and returns the exit code.
    func run(_ environment: Environment) throws -> Int32
}

struct Apus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "From a table to a trained, honestly evaluated model, and on to its predictions.",
        discussion: """
            Examples:
              apus train people.csv --target income
              apus predict income.apus new.csv -o scored.csv
              apus evaluate income.apus test.csv
              apus explain income.apus new.csv
              apus inspect income.apus

            Exit codes: 0 fine, 1 wrong input, 2 wrong usage, 3 gate failed, 129 hung up, 130 interrupted, 143 terminated.
            """,
        version: ApusVersion.text,
        subcommands: [
            Train.self, Init.self, Predict.self, Evaluate.self, Explain.self, Inspect.self, Plugins.self,
            Benchmark.self,
        ])
}
