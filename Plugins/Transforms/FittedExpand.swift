import ApusCore
import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The expansion of vectors that have the names and widths of the training rows.
struct FittedExpand: FittedTransform {
    struct Saved: Codable {
        var inputs: Schema
        var parameters: JSON
    }

    let inputs: Schema
    let outputs: Schema
    private let settings: Expand

    init(_ settings: Expand, inputs: Schema) throws {
        self.settings = settings
        self.inputs = inputs
        outputs = try settings.plan(inputs)
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        var columns: [Column] = []
        for (field, column) in zip(inputs.fields, aligned.columns) {
            try context.checkCancellation()
            guard settings.replaces(field), let rows = column.vectors else {
                columns.append(column)
                continue
            }
            do {
                columns += try numbers(rows, column.validity)
            } catch let error as ApusError {
                throw error.at("column '\(field.name)'")
            }
        }
        return try Table(outputs, columns, rowCount: aligned.rowCount)
    }

    private func numbers(_ rows: SparseRows, _ validity: Bitmap?) throws -> [Column] {
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let (cells, overflows) = rows.count.multipliedReportingOverflow(by: rows.width)
        guard !overflows, cells <= memory / 16 else {
            throw ApusError(
                "\(rows.count.grouped) rows of \(rows.width.grouped) columns do not fit into half of this machine's memory",
                remedy: "Choose a learner that takes vectors, or make the vector narrower.")
        }
        let count = rows.count
        let values = Buffer<Double>(count: cells) { target in
            target.initialize(repeating: 0)
            for row in 0..<count {
                for place in rows.entries(of: row) {
                    target[Int(rows.indices.unsafePointer[place]) * count + row] = rows.values.unsafePointer[place]
                }
            }
        }
        return (0..<rows.width).map {
            Column(.double(values.slice($0 * count..<($0 + 1) * count)), validity: validity)
        }
    }

    func state() throws -> State {
        try State(of: Expand.self, Saved(inputs: inputs, parameters: .object(settings.parameterValues)))
    }
}
