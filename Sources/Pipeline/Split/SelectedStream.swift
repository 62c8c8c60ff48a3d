import ApusCore
import Synchronization

/// Some rows of a stream that is shared: whoever reads it rewinds it first. Features come with the kinds and labels that
/// `schema` says; a label that is none of them is missing.
package final class SelectedStream: TableStream {
    package let schema: Schema
    private let base: any TableStream
    private let isSelected: Bitmap
    private let place = Mutex(0)

    package init(_ base: any TableStream, _ isSelected: Bitmap, _ schema: Schema) {
        self.base = base
        self.isSelected = isSelected
        self.schema = schema
    }

    package var report: ReadReport { base.report }

    package func next(columns: [String]?, rows: Int) throws -> Table? {
        let fields = try columns.map { try $0.map { schema.fields[try schema.position(of: $0)] } } ?? schema.fields
        let wanted = try Schema(fields)
        return try place.withLock { place in
            while let batch = try base.next(columns: wanted.names, rows: rows) {
                let first = place
                place += batch.rowCount
                guard place <= isSelected.count else { throw StreamedDataset.changed(base) }
                let kept = (0..<batch.rowCount).filter { isSelected[first + $0] }
                guard !kept.isEmpty else { continue }
                return try wanted.align(kept.count == batch.rowCount ? batch : batch.rows(kept))
            }
            guard place == isSelected.count else { throw StreamedDataset.changed(base) }
            return nil
        }
    }

    package func rewind() throws {
        try base.rewind()
        place.withLock { $0 = 0 }
    }
}
