import ApusCore
import ApusKernels

/// The fitted principal components.
struct FittedPCA: FittedTransform {
    private struct Saved: Codable {
        var inputs: Schema
        var columns: [String]
    }

    let inputs: Schema
    let outputs: Schema
    /// The columns that are replaced.
    private let columns: [String]
    /// What is subtracted of each, and what a missing value of it counts as.
    private let means: [Double]
    /// `(components, columns)`.
    private let components: [[Double]]
    /// What each component is divided by.
    private let scales: [Double]

    /// Rows that are worked on at once: their columns stay in the cache from component to component.
    private static let rowsAtOnce = 8_192

    init(
        inputs: Schema, columns: [String], means: [Double], components: [[Double]], scales: [Double]
    ) throws {
        self.inputs = inputs
        self.columns = columns
        self.means = means
        self.components = components
        self.scales = scales
        let replaced = Set(columns)
        let rest = inputs.fields.filter { !replaced.contains($0.name) }
        let names = Set(rest.map(\.name))
        outputs = try Schema(
            rest
                + components.indices.map { position in
                    var name = "pca\(position + 1)"
                    while names.contains(name) { name += "_" }
                    return Field(name, .number)
                })
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        let rows = aligned.rowCount
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let values = try columns.indices.map { position in
            let given = try aligned.column(columns[position]).doubles ?? Buffer([])
            if let row = given.firstIndex(where: \.isInfinite) {
                throw ApusError(
                    "found an infinity", at: "column '\(columns[position])' row \((row + 1).grouped)",
                    remedy: "Declare it missing.")
            }
            return PCA.filling(given, with: means[position])
        }
        var results = components.map { _ in [Double](repeating: 0, count: rows) }
        for start in stride(from: 0, to: rows, by: Self.rowsAtOnce) {
            try context.checkCancellation()
            let range = start..<min(rows, start + Self.rowsAtOnce)
            let slices = values.map { $0.slice(range) }
            for (position, component) in components.enumerated() {
                let scores = try kernels.margins(
                    slices, rows: range.count, means: means, coefficients: component, intercept: 0)
                for row in scores.indices { results[position][start + row] = scores[row] / scales[position] }
            }
        }
        let replaced = Set(columns)
        let rest = zip(inputs.names, aligned.columns).filter { !replaced.contains($0.0) }.map(\.1)
        return try Table(outputs, rest + results.map { Column($0) }, rowCount: rows)
    }

    func state() throws -> State {
        try State(
            of: PCA.self, Saved(inputs: inputs, columns: columns),
            tensors: [
                "components": Tensor(Array(components.joined()), shape: [components.count, columns.count]),
                "means": Tensor(means), "scales": Tensor(scales),
            ])
    }

    init(_ state: State) throws {
        let damaged = ApusError("the state of \(PCA.descriptor.id) is damaged", remedy: "Train the model again.")
        let saved: Saved = try state.decode()
        func numbers(_ name: String, _ count: Int?) throws -> [Double] {
            let numbers = Array(try state.elements(name, as: Double.self))
            guard count == nil || numbers.count == count, numbers.allSatisfy(\.isFinite) else { throw damaged }
            return numbers
        }
        let width = saved.columns.count
        guard Set(saved.columns).count == width, saved.columns.allSatisfy({ saved.inputs[$0]?.kind == .number }) else {
            throw damaged
        }
        let scales = try numbers("scales", nil)
        let (size, overflow) = scales.count.multipliedReportingOverflow(by: width)
        guard !overflow, scales.allSatisfy({ $0 > 0 }), scales.count <= width else { throw damaged }
        let all = try numbers("components", size)
        try self.init(
            inputs: saved.inputs, columns: saved.columns, means: try numbers("means", width),
            components: scales.indices.map { Array(all[$0 * width..<($0 + 1) * width]) }, scales: scales)
    }
}
