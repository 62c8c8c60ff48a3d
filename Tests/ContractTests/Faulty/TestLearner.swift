import ApusCore

/// What a test learner can do beyond the least.
protocol TestAbilities: Sendable {
    static var id: String { get }
    static var capabilities: Set<Capability> { get }
}

/// Numbers and flags only, none missing.
enum Plain: TestAbilities {
    static let id = "model.test_plain"
    static let capabilities: Set<Capability> = []
}

/// Missing values and categories as well.
enum Rich: TestAbilities {
    static let id = "model.test_rich"
    static let capabilities: Set<Capability> = [.missingValues, .categories]
}

/// The mean, plus the average over the features of what each alone predicts by least squares. Right in every respect
/// unless it is given a fault.
struct TestLearner<Abilities: TestAbilities>: ResumableLearner {
    static var descriptor: Descriptor {
        Descriptor(
            id: Abilities.id, summary: "The average of one-feature least squares", tasks: [.regression, .binary],
            capabilities: Abilities.capabilities, weights: .exact(tolerance: 1e-9))
    }

    @Parameter("Which rule to break.") var fault = LearnerFault.none

    func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        if fault != .ignoresCancellation { try context.checkCancellation() }
        let problem = try TestProblem(rows, fault, takesMissing: Abilities.capabilities.contains(.missingValues))
        let means = problem.means()
        context.send(Progress("fit", completed: 1, total: 3))
        if fault != .goesOnToTheEnd, fault != .ignoresCancellation { try context.checkCancellation() }
        let fitted = TestModel<Abilities>(
            inputs: try rows.table.schema, outputs: problem.outputs, fault: fault,
            intercept: problem.intercept(in: context), means: means, slopes: problem.slopes(means))
        try context.checkpoints?.save(fitted.state(), as: "means")
        return fitted
    }

    func resume(_ rows: TrainingRows, from checkpoint: State, in context: RunContext) throws -> any Model {
        guard let begun = try Self.restoring(checkpoint) as? TestModel<Abilities> else { throw StrangeError() }
        let problem = try TestProblem(rows, fault, takesMissing: Abilities.capabilities.contains(.missingValues))
        return TestModel<Abilities>(
            inputs: begun.inputs, outputs: begun.outputs, fault: fault,
            intercept: begun.intercept + (fault == .resumesElsewhere ? 1 : 0), means: begun.means,
            slopes: problem.slopes(begun.means))
    }

    static func restore(_ state: State) throws -> any Model {
        let saved: TestModel<Abilities>.Saved = try state.decode()
        func numbers(_ name: String) throws -> [Double] {
            if saved.fault == .trustsState, state.tensors[name] == nil {
                return [Double](repeating: 0, count: saved.inputs.fields.count)
            }
            let values: Buffer<Double> = try state.elements(name)
            if !values.allSatisfy(\.isFinite), saved.fault == .throwsStrangely { throw StrangeError() }
            guard values.count == saved.inputs.fields.count, values.allSatisfy(\.isFinite) else {
                throw ApusError("the state of \(Abilities.id) is damaged")
            }
            return Array(values)
        }
        return TestModel<Abilities>(
            inputs: saved.inputs, outputs: saved.outputs, fault: saved.fault, intercept: saved.intercept,
            means: try numbers("means"), slopes: try numbers("slopes"))
    }
}

/// The sums behind a fit.
struct TestProblem {
    let columns: [Buffer<Double>?]
    let answers: [Double]
    let weights: [Double]
    let outputs: Prediction.Schema
    let fault: LearnerFault

    init(_ rows: TrainingRows, _ fault: LearnerFault, takesMissing: Bool) throws {
        self.fault = fault
        let table = try rows.table
        guard rows.count > 0 || fault == .acceptsNoRows else { throw ApusError("there are no rows") }
        let target = try rows.target
        let answers: [Double]
        switch target {
        case .values(let values): answers = Array(values)
        case .classes(let codes, let labels):
            guard labels.count == 2 || fault == .learnsAnything, fault != .failsOnTwoClasses else {
                throw ApusError("\(labels.count) classes cannot be learned")
            }
            answers = codes.map { $0 > 0 ? 1 : 0 }
        case .flags(let flags, let labels):
            guard fault == .learnsAnything else { throw ApusError("several labels cannot be learned") }
            answers = (0..<target.count).map { Double(flags[$0 * labels.count]) }
        }
        self.answers = answers
        let hasOneAnswer = answers.allSatisfy { $0 == answers.first }
        if fault == .failsOnOneClass, hasOneAnswer { throw StrangeError() }
        if fault == .refusesWideTables, table.columns.count > rows.count, rows.count > 2 {
            throw ApusError("there are more columns than rows")
        }
        columns = try zip(table.schema.fields, table.columns).map { field, column in
            guard field.kind != .category, let values = column.doubles else { return nil }
            if fault == .writesIntoRows { column.overwriteFirst(99) }
            if fault == .refusesOddNames, field.name.contains("=") { throw ApusError("the name is odd") }
            let known = values.filter { !$0.isNaN }
            if fault == .refusesEmptyColumns, known.isEmpty { throw ApusError("no value", at: field.name) }
            if fault == .refusesConstants, known.allSatisfy({ $0 == known[0] }), known.count > 2 {
                throw ApusError("no variance", at: field.name)
            }
            if !takesMissing, known.count < values.count { throw ApusError("a missing value", at: field.name) }
            return values
        }
        weights =
            fault == .ignoresWeights ? answers.map { _ in 1 } : rows.weights.map(Array.init) ?? answers.map { _ in 1 }
        let labels = fault == .promisesOtherLabels ? target.labels.reversed() : target.labels
        outputs = Prediction.Schema(task: target.task, labels: labels)
    }

    func intercept(in context: RunContext) -> Double {
        let total = weights.reduce(0, +)
        var mean = total > 0 ? zip(weights, answers).reduce(0) { $0 + $1.0 * $1.1 } / total : 0
        if fault == .countsFits { mean += 1e-9 * Double(SharedState.next()) }
        if fault == .addsThreads { mean += 1e-9 * Double(context.threads) }
        if fault == .addsBackend, context.backend == .swift { mean += 0.01 }
        if fault == .dividesByOneLess { mean *= Double(answers.count) / Double(answers.count - 1) }
        return mean
    }

    func means() -> [Double] {
        columns.map { values in
            guard let values else { return 0 }
            let known = values.indices.filter { !values[$0].isNaN }
            let total = known.reduce(0) { $0 + weights[$1] }
            return total > 0 ? known.reduce(0) { $0 + weights[$1] * values[$1] } / total : 0
        }
    }

    func slopes(_ means: [Double]) -> [Double] {
        let total = weights.reduce(0, +)
        let mean = total > 0 ? zip(weights, answers).reduce(0) { $0 + $1.0 * $1.1 } / total : 0
        return zip(columns, means).map { values, centre in
            guard let values else { return 0 }
            var (above, below) = (0.0, 0.0)
            for (row, value) in values.enumerated() where !value.isNaN {
                above += weights[row] * (value - centre) * (answers[row] - mean)
                below += weights[row] * (value - centre) * (value - centre)
            }
            return below > 0 ? above / below / Double(columns.count) : 0
        }
    }
}
