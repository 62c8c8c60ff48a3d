import ApusCore
import ApusKernels

extension HashText {
    private static let rowsInTask = 512

    /// The vector of a column of texts.
    func replacement(of column: Column, in context: RunContext) throws -> [Column] {
        guard case .text(let texts) = column.storage else { return [column] }
        return [Column(.vector(try vectors(texts, column, in: context)))]
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
            width: nFeatures, offsets: offsets, indices: parts.joined().map { Int32($0.place) },
            values: parts.joined().map(\.value))
    }

    /// The elements in which a text has a value, in ascending order.
    private func features(of text: String) -> [(place: Int, value: Double)] {
        let words = TextWords.words(lowercase ? text.lowercased() : text)
        var counts: [Int: Double] = [:]
        for length in ngramRange[0]...ngramRange[1] where length <= words.count {
            for start in 0...words.count - length {
                let hash = TextWords.hash(words[start..<start + length].joined(separator: " "))
                let place = Int(hash.magnitude) % nFeatures
                counts[place, default: 0] += alternateSign && hash < 0 ? -1 : 1
            }
        }
        var features = counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map {
            (place: $0.key, value: $0.value)
        }
        if binary { for index in features.indices { features[index].value = 1 } }
        let size: Double =
            switch norm {
            case .none: 1
            case .l1: features.reduce(0) { $0 + abs($1.value) }
            case .l2: features.reduce(0) { $0 + $1.value * $1.value }.squareRoot()
            }
        for index in features.indices { features[index].value /= size }
        return features
    }
}
