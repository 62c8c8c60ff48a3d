import ApusCore
import ApusPipeline

/// What a pipeline answers on average when one or two features are set to the same value in all rows.
///
/// Numbers take quantiles of the rows' values, categories and flags all their labels. Cost: one prediction of all rows a
/// grid point. Source: Friedman, "Greedy function approximation", Annals of Statistics 29 (2001), section 8.2.
public struct PartialDependence: Sendable {
    /// The values that one feature takes.
    public struct Axis: Sendable {
        /// The feature's name.
        public let name: String
        /// The values as numbers; nil for categories and flags.
        public let numbers: [Double]?
        /// The values as text.
        public let labels: [String]
    }

    /// One or two features.
    public let axes: [Axis]
    /// What is averaged: the target, or the labels whose probabilities they are.
    public let outputs: [String]
    /// `(grid points, outputs)`, the first axis changing slowest.
    public let means: Matrix<Double>
    /// Whether probabilities are averaged, not a number.
    public let isProbability: Bool
    /// The rows that were averaged.
    public let rows: Int

    /// Averages over the rows of `table` for each combination of values of the features called `names`, of numbers at
    /// most `points` values each. Throws for a feature that is not there, is text or a time, or has no value at all.
    public init(
        _ names: [String], points: Int, on table: Table, by pipeline: FittedPipeline, target: String,
        in context: RunContext
    ) throws {
        guard (1...2).contains(names.count), Set(names).count == names.count else {
            throw ApusError("dependence is on one feature or on two", at: "features", kind: .usage)
        }
        guard points >= 2 else {
            throw ApusError("a curve has at least 2 points, found \(points)", at: "points", kind: .usage)
        }
        let table = try pipeline.inputs.align(table)
        guard table.rowCount > 0 else { throw ApusError("there are no rows to average over") }
        let positions = try names.map { try table.schema.position(of: $0) }
        let grids = try positions.map { try Grid(table.schema.fields[$0], table.columns[$0], points: points) }
        axes = grids.map(\.axis)
        rows = table.rowCount
        let labels = pipeline.outputs.labels
        isProbability = pipeline.outputs.task != .regression
        let isBinary = pipeline.outputs.task == .binary
        outputs = labels.isEmpty ? [target] : isBinary ? [labels[labels.count - 1]] : labels
        let first = isBinary ? labels.count - 1 : 0
        let shape = grids.map(\.columns.count)
        let total = shape.reduce(1, *)
        var means: [Double] = []
        for point in 0..<total {
            try context.checkCancellation()
            var columns = table.columns
            let last = shape[shape.count - 1]
            columns[positions[positions.count - 1]] = grids[grids.count - 1].columns[point % last].repeated(rows)
            if grids.count == 2 { columns[positions[0]] = grids[0].columns[point / last].repeated(rows) }
            let prediction = try pipeline.predict(
                Table(table.schema, columns, rowCount: rows), offsets: nil, in: context)
            for output in first..<prediction.values.columns {
                var sum = 0.0
                for row in 0..<rows { sum += prediction.values[row, output] }
                means.append(sum / Double(rows))
            }
            context.send(Progress("dependence", completed: point + 1, total: total))
        }
        self.means = Matrix(Buffer(means), rows: total, columns: outputs.count)
    }

    /// The documented form.
    public var json: JSON {
        [
            "features": .list(
                axes.map { axis in
                    ["name": .text(axis.name), "values": axis.numbers?.json ?? axis.labels.json]
                }),
            "outputs": outputs.json, "rows": rows.json,
            "means": .list((0..<means.rows).map { Array(means.row($0)).json }),
        ]
    }
}

/// The values of one feature, each as a column of one row.
private struct Grid {
    let axis: PartialDependence.Axis
    let columns: [Column]

    init(_ field: Field, _ column: Column, points: Int) throws {
        switch (field.kind, column.storage) {
        case (.number, _):
            let values = (column.doubles.map(Array.init) ?? []).filter(\.isFinite).sorted()
            let numbers = Grid.quantiles(values, points: points)
            guard !numbers.isEmpty else { throw Grid.refusal(field, "it has no number in these rows") }
            axis = PartialDependence.Axis(name: field.name, numbers: numbers, labels: numbers.map(Column.text))
            columns = numbers.map { Column([$0]) }
        case (.category, .category(_, let dictionary)):
            let counts = column.categoryCounts ?? []
            let codes = dictionary.indices.filter { counts[$0] > 0 }
                .sorted { (counts[$0], $1) > (counts[$1], $0) }.prefix(points)
            guard !codes.isEmpty else { throw Grid.refusal(field, "it has no label in these rows") }
            axis = PartialDependence.Axis(name: field.name, numbers: nil, labels: codes.map { dictionary[$0] })
            columns = codes.map { Column(.category(codes: Buffer([Int32($0)]), dictionary: dictionary)) }
        case (.flag, _):
            axis = PartialDependence.Axis(name: field.name, numbers: nil, labels: ["false", "true"])
            columns = [Column(flags: [false]), Column(flags: [true])]
        default: throw Grid.refusal(field, "it is a \(field.kind.rawValue)")
        }
    }

    /// Evenly spaced quantiles of sorted values, each once; all values where there are few enough.
    private static func quantiles(_ sorted: [Double], points: Int) -> [Double] {
        var distinct: [Double] = []
        for value in sorted where distinct.last != value { distinct.append(value) }
        guard distinct.count > points else { return distinct }
        var chosen: [Double] = []
        for point in 0..<points {
            let value = sorted[point * (sorted.count - 1) / (points - 1)]
            if chosen.last != value { chosen.append(value) }
        }
        return chosen
    }

    private static func refusal(_ field: Field, _ reason: String) -> ApusError {
        ApusError(
            "dependence on it cannot be shown: \(reason)", at: "feature '\(field.name)'",
            remedy: "Take a number, a category or a flag that has values.", kind: .usage)
    }
}

extension Column {
    /// The value of the first row, `count` times.
    fileprivate func repeated(_ count: Int) -> Column { rows([Int](repeating: 0, count: count)) }
}
