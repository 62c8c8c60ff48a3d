import ApusCore
import ApusKernels

/// The numbers of a table as linear models take them: columns of doubles, none missing, and vectors. All numbers of a
/// row together, in the schema's order, are its elements.
struct LinearFeatures {
    /// The columns that are one number a row.
    let columns: [Buffer<Double>]
    /// Where each of them stands among the elements.
    let places: [Int]
    /// The vectors, and where the elements of each start.
    let vectors: [(start: Int, rows: SparseRows)]
    /// The number of rows.
    let rows: Int
    /// The number of elements.
    let width: Int

    /// Those of rows to learn from; throws where there are none.
    init(_ rows: TrainingRows) throws {
        let table = try rows.table
        guard table.rowCount > 0, rows.weights?.contains(where: { $0 > 0 }) ?? true else {
            throw ApusError("there are no rows to learn from")
        }
        try self.init(table)
    }

    /// Throws where a column holds labels, texts or times, or a value is missing.
    init(_ table: Table) throws {
        var (columns, places): ([Buffer<Double>], [Int]) = ([], [])
        var vectors: [(start: Int, rows: SparseRows)] = []
        var start = 0
        for (field, column) in zip(table.schema.fields, table.columns) {
            if let rows = column.vectors {
                try refuseMissing(in: column, field.name)
                vectors.append((start, rows))
            } else {
                columns.append(try finiteColumn(field, column))
                places.append(start)
            }
            start += field.elements
        }
        self.columns = columns
        self.places = places
        self.vectors = vectors
        rows = table.rowCount
        width = start
    }

    /// Σ (x − mean) · coefficient + intercept for every row; means and coefficients are one an element.
    func margins(
        means: [Double], coefficients: [Double], intercept: Double, _ kernels: Kernels
    ) throws -> Buffer<Double> {
        if vectors.isEmpty {
            return try kernels.margins(
                columns, rows: rows, means: means, coefficients: coefficients, intercept: intercept)
        }
        guard means.count == width, coefficients.count == width else {
            throw ApusError("columns, means and coefficients differ in size", at: "margins", kind: .plugin)
        }
        // What the means of a vector's elements take off is the same for every row.
        var base = intercept
        for vector in vectors {
            for place in vector.start..<vector.start + vector.rows.width { base -= means[place] * coefficients[place] }
        }
        var margins = try kernels.margins(
            columns, rows: rows, means: places.map { means[$0] }, coefficients: places.map { coefficients[$0] },
            intercept: base)
        for vector in vectors {
            margins = try kernels.margins(
                vector.rows, coefficients: Array(coefficients[vector.start..<vector.start + vector.rows.width]),
                initial: margins)
        }
        return margins
    }

    /// `(x − mean) · coefficient` of each field of `inputs`, whose table this was, summed over the elements of a vector,
    /// and the intercept last: `(rows, fields + 1)`.
    func contributions(
        to inputs: Schema, means: [Double], coefficients: [Double], intercept: Double
    ) -> Matrix<Double> {
        let (fields, starts) = (inputs.fields.count, inputs.elementStarts)
        return Matrix(rows: rows, columns: fields + 1) { target in
            target.initialize(repeating: 0)
            for row in 0..<rows { target[row * (fields + 1) + fields] = intercept }
            var (column, vector) = (0, 0)
            for position in 0..<fields {
                let start = starts[position]
                guard inputs.fields[position].kind == .vector else {
                    let x = columns[column]
                    column += 1
                    for row in 0..<rows {
                        target[row * (fields + 1) + position] = (x[row] - means[start]) * coefficients[start]
                    }
                    continue
                }
                let x = vectors[vector].rows
                vector += 1
                let base = (start..<starts[position + 1]).reduce(0) { $0 - means[$1] * coefficients[$1] }
                for row in 0..<rows {
                    target[row * (fields + 1) + position] = x.entries(of: row).reduce(base) {
                        $0 + x.values[$1] * coefficients[start + Int(x.indices[$1])]
                    }
                }
            }
        }
    }

    /// Weight, mean and spread of each element. The range of a vector's element tells no more than whether it is constant.
    func moments(weights: Buffer<Double>?, _ kernels: Kernels) throws -> [Moments] {
        var result = [Moments](repeating: .empty, count: width)
        for (place, found) in zip(places, try kernels.moments(columns, weights: weights)) { result[place] = found }
        let total = weights?.reduce(0, +) ?? Double(rows)
        for vector in vectors {
            let isConstant = LinearFeatures.constants(vector.rows)
            let means = try kernels.sums(vector.rows, factors: weights).map { total > 0 ? $0 / total : 0 }
            let found = try kernels.squares(vector.rows, factors: weights, means: means)
            for element in means.indices {
                let mean = means[element]
                let reach = isConstant[element] ? 0.0 : 1
                result[vector.start + element] = Moments(
                    weight: total, mean: mean,
                    squares: isConstant[element]
                        ? 0 : found.squares[element] + max(0, total - found.weights[element]) * mean * mean,
                    least: mean - reach, greatest: mean + reach)
            }
        }
        return result
    }

    /// Whether an element has the same number in every row.
    private static func constants(_ rows: SparseRows) -> [Bool] {
        var counts = [Int](repeating: 0, count: rows.width)
        var first = [Double](repeating: 0, count: rows.width)
        var isConstant = [Bool](repeating: true, count: rows.width)
        let (indices, values) = (rows.indices.unsafePointer, rows.values.unsafePointer)
        for place in Int(rows.offsets[0])..<Int(rows.offsets[rows.count]) where values[place] != 0 {
            let element = Int(indices[place])
            if counts[element] == 0 { first[element] = values[place] }
            if values[place] != first[element] { isConstant[element] = false }
            counts[element] += 1
        }
        for element in counts.indices where counts[element] > 0 && counts[element] < rows.count {
            isConstant[element] = false
        }
        return isConstant
    }
}
