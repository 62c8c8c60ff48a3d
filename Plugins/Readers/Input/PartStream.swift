import ApusCore
import Synchronization

/// The rows of a text part by part, again and again: memory for one part at a time, whatever the table's size.
final class PartStream: TableStream {
    private let parts: any PartReader
    private let state = Mutex(State())

    private struct State {
        var nextPart = 0
        /// What was read of the part before, with the columns that were asked for, and how much of it is handed out.
        var rows: Table?
        var asked: [String]?
        var place = 0
    }

    init(_ parts: any PartReader) { self.parts = parts }

    var schema: Schema { parts.schema }
    var report: ReadReport { parts.report }

    func next(columns names: [String]?, rows: Int) throws -> Table? {
        guard rows > 0 else { return nil }
        return try state.withLock { state in
            if let asked = state.rows.map({ _ in state.asked }), asked != names {
                // Other columns of rows that were read already: the part is read again.
                state.rows = try parts.read(state.nextPart - 1, names)
                state.asked = names
            }
            while state.rows.map({ state.place == $0.rowCount }) ?? true {
                guard state.nextPart < parts.count else { return nil }
                state.rows = try parts.read(state.nextPart, names)
                state.asked = names
                state.nextPart += 1
                state.place = 0
            }
            guard let table = state.rows else { return nil }
            let range = state.place..<min(table.rowCount, state.place + min(rows, table.rowCount))
            state.place = range.upperBound
            return range.count == table.rowCount ? table : try table.slice(range)
        }
    }

    func rewind() { state.withLock { $0 = State() } }
}
