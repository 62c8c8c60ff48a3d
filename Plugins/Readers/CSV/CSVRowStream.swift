import ApusCore
import ApusKernels
import Synchronization

/// The rows of a text part by part, again and again: memory for one part at a time, whatever the table's size.
final class CSVRowStream: TableStream {
    let schema: Schema
    let report: ReadReport
    private let columns: CSVColumns
    private let parts: CSVParts
    private let kinds: [CSVCellKind]
    private let state = Mutex(State())

    private struct State {
        var nextPart = 0
        /// What was read of the part before, with the columns that were asked for, and how much of it is handed out.
        var rows: Table?
        var asked: [String]?
        var place = 0
    }

    init(_ columns: CSVColumns, _ parts: CSVParts, kinds: [CSVCellKind], schema: Schema, report: ReadReport) {
        self.columns = columns
        self.parts = parts
        self.kinds = kinds
        self.schema = schema
        self.report = report
    }

    func next(columns names: [String]?, rows: Int) throws -> Table? {
        guard rows > 0 else { return nil }
        return try state.withLock { state in
            if let asked = state.rows.map({ _ in state.asked }), asked != names {
                // Other columns of rows that were read already: the part is read again.
                state.rows = try read(state.nextPart - 1, names)
                state.asked = names
            }
            while state.rows.map({ state.place == $0.rowCount }) ?? true {
                guard state.nextPart < parts.count else { return nil }
                state.rows = try read(state.nextPart, names)
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

    private func read(_ part: Int, _ names: [String]?) throws -> Table {
        let wanted = try names.map { try $0.map { try schema.position(of: $0) } } ?? Array(kinds.indices)
        let isWanted = Set(wanted)
        let reading = try columns.checked(
            parts.read(part, kinds: kinds.indices.map { isWanted.contains($0) ? kinds[$0] : .skip }))
        let builder = CSVColumnBuilder(text: columns.scan.text)
        let built = Mutex([Swift.Result<Column, ApusError>?](repeating: nil, count: wanted.count))
        columns.scan.kernels.parallelFor(wanted.count) { place in
            guard let column = reading.columns[wanted[place]] else { return }
            let field = schema.fields[wanted[place]]
            let declaration = CSVKind(rawValue: field.kind.rawValue).map { CSVDeclaration(kind: $0, origin: .user) }
            let result = Swift.Result { () throws(ApusError) in
                try builder.build(column, name: field.name, declaration: declaration).column
            }
            built.withLock { $0[place] = result }
        }
        let made = try built.withLock { $0 }.compactMap { try $0?.get() }
        let fields = wanted.map { schema.fields[$0] }
        // Each part has labels of its own; they get the codes of all rows' labels.
        let own = try Table(
            Schema(zip(fields, made).map { Field($0.name, for: $1, role: $0.role) }), made, rowCount: reading.rowCount)
        return try Schema(fields).align(own)
    }
}
