import ApusCore
import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

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
            columns += try counts(texts, column, field.name, in: context)
        }
        return try Table(outputs, columns, rowCount: aligned.rowCount)
    }

    private func counts(
        _ texts: TextBuffer, _ column: Column, _ name: String, in context: RunContext
    ) throws -> [Column] {
        let (rows, width) = (column.count, settings.nFeatures)
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let (cells, overflows) = rows.multipliedReportingOverflow(by: width)
        guard !overflows, cells <= memory / 16 else {
            throw ApusError(
                "\(rows.grouped) rows of \(width.grouped) columns do not fit into half of this machine's memory",
                at: "column '\(name)'", remedy: "Lower n_features.")
        }
        let tasks = (rows + Self.rowsInTask - 1) / Self.rowsInTask
        let values = Buffer<Double>(count: cells) { target in
            target.initialize(repeating: 0)
            nonisolated(unsafe) let target = target
            Kernels(backend: context.backend, threads: context.threads).parallelFor(tasks) { task in
                let first = task * Self.rowsInTask
                for row in first..<min(rows, first + Self.rowsInTask) where !column.isMissing(row) {
                    for (place, value) in features(of: texts[row]) { target[place * rows + row] = value }
                }
            }
        }
        return (0..<width).map { Column(.double(values.slice($0 * rows..<($0 + 1) * rows))) }
    }

    /// The columns in which a text has a value, in ascending order.
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
