import ApusCore
import Foundation

/// What the test learner learns.
struct TestModel<Abilities: TestAbilities>: Inspectable, Explainable, RowPredicting {
    struct Saved: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var fault: LearnerFault
        var intercept: Double
    }

    let inputs: Schema
    let outputs: Prediction.Schema
    let fault: LearnerFault
    let intercept: Double
    let means: [Double]
    let slopes: [Double]

    func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let others = SharedState.inFlight.add(fault == .sharesScratch ? 1 : 0, ordering: .relaxed).oldValue
        defer { SharedState.inFlight.subtract(fault == .sharesScratch ? 1 : 0, ordering: .relaxed) }
        if fault == .sharesScratch { Thread.sleep(forTimeInterval: 0.001) }
        if fault == .refusesNewLabels, try !inputs.alignment(of: table).unseen.isEmpty { throw ApusError("new label") }
        let isGiven = fault == .takesColumnsByPosition && table.columns.count >= inputs.fields.count
        let aligned = isGiven ? table : try inputs.align(table)
        let columns = zip(inputs.fields, aligned.columns).map { $0.kind == .category ? nil : $1.doubles }
        if !Abilities.capabilities.contains(.missingValues), fault != .learnsAnything {
            for (field, values) in zip(inputs.fields, columns) where values?.contains(where: \.isNaN) == true {
                throw ApusError("a missing value", at: field.name)
            }
        }
        var shift = fault == .sharesScratch ? Double(others) : 0
        if fault == .centresBatches { shift = columns[0].map { $0.reduce(0, +) / Double(max(1, $0.count)) } ?? 0 }
        let width = outputs.outputs
        return try Prediction(
            outputs,
            Matrix(rows: table.rowCount, columns: width) { target in
                for row in 0..<table.rowCount {
                    write(score(columns.map { $0?[row] ?? .nan }) + shift, to: target[(row * width)...].prefix(width))
                }
            })
    }

    func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>) {
        let isCategory = inputs.fields.map { $0.kind == .category }
        let score = score(row.indices.map { isCategory[$0] ? .nan : row[$0] })
        write(fault == .roundsSingleRows ? Double(Float(score)) : score, to: outputs[...])
    }

    private func score(_ row: [Double]) -> Double {
        var sum = intercept
        for (place, value) in row.enumerated() where !value.isNaN { sum += slopes[place] * (value - means[place]) }
        return sum
    }

    private func write(_ score: Double, to target: Slice<UnsafeMutableBufferPointer<Double>>) {
        let target = UnsafeMutableBufferPointer(rebasing: target)
        guard outputs.task.isClassification else {
            target[0] = score
            return
        }
        let positive = min(max(score, 0), 1)
        target.initialize(repeating: 0)
        target[0] = 1 - positive
        target[1] = fault == .answersAboveOne ? positive * 1.1 : positive
    }

    var importance: [String: [Double]] {
        ["slope": fault == .ratesTooFew ? Array(slopes.dropLast()) : slopes.map(abs)]
    }
    var mainImportance: String { "slope" }
    var facts: [String: JSON] { ["intercept": intercept.json] }

    func contributions(_ table: Table, in context: RunContext) throws -> [Matrix<Double>] {
        let columns = try inputs.align(table).columns.map(\.doubles)
        let width = columns.count + (fault == .explainsTooFew ? 0 : 1)
        return [
            Matrix(rows: table.rowCount, columns: width) { target in
                for row in 0..<table.rowCount {
                    for place in 0..<width {
                        let value = place < columns.count ? columns[place]?[row] ?? .nan : .nan
                        let part = place < columns.count ? slopes[place] * (value - means[place]) : intercept
                        target[row * width + place] = part.isNaN ? 0 : part
                    }
                }
            }
        ]
    }

    func state() throws -> State {
        let kept = fault == .forgetsIntercept ? 0 : intercept
        return try State(
            of: TestLearner<Abilities>.self,
            Saved(inputs: inputs, outputs: outputs, fault: fault, intercept: kept),
            tensors: ["means": Tensor(means), "slopes": Tensor(slopes)])
    }
}
