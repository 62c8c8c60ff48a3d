import ApusCore
import ApusKernels

/// The hashing of texts that have the names of the training rows.
struct FittedHashText: FittedTransform {
    struct Saved: Codable {
        var inputs: Schema
        var parameters: JSON
    }

    let inputs: Schema
    let outputs: Schema
    private let settings: HashText

    private static let rowsInTask = 512

    init(_ settings: HashText, inputs: Schema) throws {
        self.settings = settings
        self.inputs = inputs
        outputs = try settings.plan(inputs)
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        var columns: [Column] = []
        for (field, column) in zip(inputs.fields, aligned.columns) {
            try context.checkCancellation()
            guard settings.replaces(field), case .text(let texts) = column.storage else {
                columns.append(column)
                continue
            }
            columns.append(Column(.vector(try vectors(texts, column, in: context))))
        }
        return try Table(outputs, columns, rowCount: aligned.rowCount)
    }

    private func vectors(_ texts: TextBuffer, _ column: Column, in context: RunContext) throws -> SparseRows {
        let rows = column.count
        let tasks = (rows + Self.rowsInTask - 1) / Self.rowsInTask
        var parts = [[(place: Int, value: Double)]](repeating: [], count: tasks)
        var counts = [Int](repeating: 0, count: rows)
        parts.withUnsafeMutableBufferPointer { parts in
            counts.withUnsafeMutableBufferPointer { counts in
                nonisolated(unsafe) let (parts, counts) = (parts, counts)
                Kernels(backend: context.backend, threads: context.threads).parallelFor(tasks) { task in
                    let first = task * Self.rowsInTask
                    for row in first..<min(rows, first + Self.rowsInTask) where !column.isMissing(row) {
                        let features = features(of: texts[row])
                        counts[row] = features.count
                        parts[task] += features
                    }
                }
            }
        }
        let offsets = counts.reduce(into: [Int64(0)]) { $0.append($0[$0.count - 1] + Int64($1)) }
        return try SparseRows(
            width: settings.nFeatures, offsets: offsets, indices: parts.joined().map { Int32($0.place) },
            values: parts.joined().map(\.value))
    }

    /// The elements in which a text has a value, in ascending order.
    private func features(of text: String) -> [(place: Int, value: Double)] {
        let words = TextWords.words(settings.lowercase ? text.lowercased() : text)
        var counts: [Int: Double] = [:]
        for length in settings.ngramRange[0]...settings.ngramRange[1] where length <= words.count {
            for start in 0...words.count - length {
                let hash = TextWords.hash(words[start..<start + length].joined(separator: " "))
                let place = Int(hash.magnitude) % settings.nFeatures
                counts[place, default: 0] += settings.alternateSign && hash < 0 ? -1 : 1
            }
        }
        var features = counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map {
            (place: $0.key, value: $0.value)
        }
        if settings.binary { for index in features.indices { features[index].value = 1 } }
        let size: Double =
            switch settings.norm {
            case .none: 1
            case .l1: features.reduce(0) { $0 + abs($1.value) }
            case .l2: features.reduce(0) { $0 + $1.value * $1.value }.squareRoot()
            }
        for index in features.indices { features[index].value /= size }
        return features
    }

    func state() throws -> State {
        try State(of: HashText.self, Saved(inputs: inputs, parameters: .object(settings.parameterValues)))
    }
}
