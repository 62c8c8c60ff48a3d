import ApusCore
import ApusPluginTesting
import Synchronization

/// One way to break one rule; `none` breaks none.
protocol Fault: ParameterChoice {
    static var none: Self { get }
    /// The number of the rule it breaks; nil for `none`.
    var rule: String? { get }
}

/// An error that is none of ours.
struct StrangeError: Error {}

/// What no plugin may have: state that outlives a call.
enum SharedState {
    static let calls = Atomic<Int>(0)
    static let inFlight = Atomic<Int>(0)

    /// A number that is never the same.
    static func next() -> Int { calls.add(1, ordering: .relaxed).newValue }
}

extension Column {
    /// Writes into memory that everybody believes to be immutable.
    func overwriteFirst(_ value: Double) {
        guard case .double(let values) = storage, values.count > 0 else { return }
        UnsafeMutablePointer(mutating: values.unsafePointer)[0] = value
    }
}
