/// The one error type: where it happened, what was found there, and how to mend it.
///
/// Prints as `apus train: column 'age' row 1,204: expected a number, found "abc". Declare it categorical.`
public struct ApusError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the error means for the caller; decides the exit code.
    public enum Kind: String, Sendable, Codable {
        /// The data, a file or a configuration is wrong: exit code 1.
        case input
        /// The call is wrong: an unknown option, id or parameter: exit code 2.
        case usage
        /// A requirement on the result was not met: exit code 3.
        case gate
        /// The user stopped the work: exit code 130.
        case cancelled
        /// A plugin broke its contract; worth a bug report.
        case plugin
    }

    /// What the error means for the caller.
    public var kind: Kind
    /// The place: a file with its line, a column with its row, a configuration key. Empty if there is none.
    public var place: String
    /// What was expected there and what was found, as a clause without a full stop.
    public var finding: String
    /// How to mend it: a whole sentence, or empty.
    public var remedy: String

    /// An error about wrong input, unless `kind` says otherwise.
    public init(_ finding: String, at place: String = "", remedy: String = "", kind: Kind = .input) {
        self.kind = kind
        self.place = place
        self.finding = finding
        self.remedy = remedy
    }

    /// The process exit code for this error.
    public var exitCode: Int32 {
        switch kind {
        case .input, .plugin: 1
        case .usage: 2
        case .gate: 3
        case .cancelled: 130
        }
    }

    /// `place: finding. remedy`
    public var description: String {
        let head = place.isEmpty ? finding : "\(place): \(finding)"
        return remedy.isEmpty ? "\(head)." : "\(head). \(remedy)"
    }

    /// The same error with `outer` put before its place.
    public func at(_ outer: String) -> ApusError {
        var error = self
        error.place = place.isEmpty ? outer : "\(outer): \(place)"
        return error
    }
}
