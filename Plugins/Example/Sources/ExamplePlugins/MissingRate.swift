import ApusCore
import Synchronization

/// Raises an alert where, over many predicted rows, too large a share of a column is missing.
public struct MissingRate: Monitor {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "monitor.missing_rate", summary: "An alert where too many values of a column are missing")

    /// The largest share that raises no alert.
    @Parameter("Largest share of missing values that raises no alert.", in: .from(0, to: 1)) public var limit = 0.2
    /// How many rows are looked at together.
    @Parameter("Rows that are looked at together.", in: .from(1), unit: "rows") public var window = 1_000

    /// The defaults.
    public init() {}

    /// A count that begins at zero.
    public func start() -> any MonitorSession { MissingRateSession(self) }
}

/// Counts of the present window.
final class MissingRateSession: MonitorSession {
    private struct Counts: Codable {
        var rows = 0
        var missing: [String: Int] = [:]
    }

    private let limit: Double
    private let window: Int
    private let counts = Mutex(Counts())

    init(_ configuration: MissingRate) {
        limit = configuration.limit
        window = configuration.window
    }

    func receive(_ event: any Event) -> [Alert] {
        guard let batch = event as? PredictionBatch else { return [] }
        return counts.withLock { counts in
            counts.rows += batch.table.rowCount
            for (name, column) in zip(batch.table.schema.names, batch.table.columns) {
                counts.missing[name, default: 0] += column.missingCount
            }
            guard counts.rows >= window else { return [] }
            defer { counts = Counts() }
            return counts.missing.sorted { $0.key < $1.key }.compactMap { name, missing in
                let share = Double(missing) / Double(counts.rows)
                guard share > limit else { return nil }
                return Alert(
                    MissingRate.descriptor.id, .warning,
                    "Of column '\(name)', \(Int((share * 100).rounded())) % of the last \(counts.rows) values are missing.",
                    details: ["column": .text(name), "share": share.json, "limit": limit.json])
            }
        }
    }

    func snapshot() throws -> State { try State(of: MissingRate.self, counts.withLock { $0 }) }

    func restore(_ state: State) throws {
        let saved: Counts = try state.decode()
        guard saved.rows >= 0, saved.missing.values.allSatisfy({ (0...saved.rows).contains($0) }) else {
            throw ApusError("the snapshot of \(MissingRate.descriptor.id) is damaged")
        }
        counts.withLock { $0 = saved }
    }
}
