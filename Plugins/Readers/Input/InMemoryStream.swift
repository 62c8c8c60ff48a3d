import ApusCore
import Synchronization

/// Hands out a table that is in memory, batch by batch.
final class InMemoryStream: TableStream {
    let table: Table
    let report: ReadReport
    private let position = Mutex(0)

    init(table: Table, report: ReadReport) {
        self.table = table
        self.report = report
    }

    var schema: Schema { table.schema }

    func next(columns: [String]?, rows: Int) throws -> Table? {
        let range = position.withLock { position in
            let start = position
            position = min(table.rowCount, start + min(max(rows, 0), table.rowCount - start))
            return start..<position
        }
        guard !range.isEmpty else { return nil }
        var selected = table
        if let columns {
            let positions = try columns.map { try table.schema.position(of: $0) }
            selected = try Table(
                Schema(positions.map { table.schema.fields[$0] }), positions.map { table.columns[$0] },
                rowCount: table.rowCount)
        }
        return range.count == table.rowCount ? selected : try selected.slice(range)
    }

    func rewind() { position.withLock { $0 = 0 } }
}
