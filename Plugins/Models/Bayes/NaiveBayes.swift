import ApusCore
import ApusKernels

/// What the kinds of naive Bayes share: statistics of the rows by class, and terms that follow from them.
protocol NaiveBayes: IncrementalLearner {
    /// Prior probabilities of the classes, if they are given.
    var givenPriors: [Double]? { get }
    /// Whether priors are learned where none are given; else all classes are alike.
    var learnsPriors: Bool { get }
    /// Whether `measure` finds values that are not finite itself, and refuses them.
    static var measuresNonFinite: Bool { get }
    /// Statistics of rows; `known` are those that they will be merged with.
    func measure(
        _ rows: BayesRows, like known: ClassStatistics?, _ kernels: Kernels, in context: RunContext
    ) throws -> ClassStatistics
    /// What the statistics say of each column, and the constants of each class, to which the priors are added.
    func terms(_ statistics: ClassStatistics, _ inputs: Schema, labels: [String]) throws -> BayesTerms
    /// What each column, and each element of a vector, tells of the class as the model sees it: their mutual information
    /// in nats. `priors` sum to 1.
    func information(_ statistics: ClassStatistics, _ inputs: Schema, priors: [Double]) -> [Double]
    /// How many places the statistics have for features like these.
    func places(_ inputs: Schema, values: [[Double]]) -> Int
}

extension NaiveBayes {
    func places(_ inputs: Schema, values: [[Double]]) -> Int { inputs.elementStarts.last ?? 0 }

    static var measuresNonFinite: Bool { false }
    static var takesMissing: Bool { descriptor.capabilities.contains(.missingValues) }

    /// Learns the statistics in one pass; from `model` onward where that is given.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        if let model { return try update(model, with: rows, in: context) }
        try context.checkCancellation()
        return try learned(
            after: nil,
            try BayesRows(
                rows.table, rows, of: Self.descriptor.id, takesMissing: Self.takesMissing,
                isChecked: !Self.measuresNonFinite),
            in: context)
    }

    /// The model after seeing `rows` as well: the same as one fit on all rows, up to rounding. Throws where columns or
    /// labels differ.
    public func update(_ model: any Model, with rows: TrainingRows, in context: RunContext) throws -> any Model {
        try context.checkCancellation()
        guard let earlier = model as? NaiveBayesModel<Self> else {
            throw ApusError("only a model of \(Self.descriptor.id) can be continued by it", kind: .usage)
        }
        guard earlier.outputs == Prediction.Schema(for: try rows.target) else {
            throw ApusError(
                "the model to continue was fitted on other classes", remedy: "Continue with the same labels in order.")
        }
        let table = try earlier.inputs.align(try rows.table)
        let measured = try BayesRows(
            table, rows, of: Self.descriptor.id, takesMissing: Self.takesMissing,
            isChecked: !Self.measuresNonFinite)
        return try learned(after: earlier.statistics, measured, in: context)
    }

    private func learned(
        after earlier: ClassStatistics?, _ rows: BayesRows, in context: RunContext
    ) throws -> NaiveBayesModel<Self> {
        if let earlier, earlier.values.contains(where: { !$0.isEmpty }), context.communicator.size > 1 {
            throw ApusError("\(Self.descriptor.id) continues on one process only", kind: .usage)
        }
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        var statistics = try measure(rows, like: earlier, kernels, in: context).combined(context.communicator)
        if let earlier { statistics = widened(earlier, to: statistics, rows.schema).merged(with: statistics) }
        let labels = rows.labels
        for (label, weight) in zip(labels, statistics.weights) where weight <= 0 {
            context.send(Warning("Class '\(label)' does not occur in the training rows; its probability is 0."))
        }
        return try NaiveBayesModel(
            learner: self, inputs: rows.schema,
            outputs: Prediction.Schema(task: labels.count <= 2 ? .binary : .multiclass, labels: labels),
            statistics: statistics)
    }

    /// Earlier statistics with places for the values that later rows brought.
    private func widened(
        _ earlier: ClassStatistics, to later: ClassStatistics, _ inputs: Schema
    ) -> ClassStatistics {
        guard earlier.values != later.values else { return earlier }
        let (old, new) = (starts(inputs, earlier.values), starts(inputs, later.values))
        var result = later
        result.weights = earlier.weights
        result.sums = [Double](repeating: 0, count: later.sums.count)
        for label in earlier.weights.indices {
            for column in inputs.fields.indices {
                for place in 0..<old[column + 1] - old[column] {
                    let value = earlier.values[column].isEmpty ? Double(place) : earlier.values[column][place]
                    let count = new[column + 1] - new[column]
                    guard let rank = BayesTerms.rank(value, later.values[column], count) else { continue }
                    result.sums[label * new[new.count - 1] + new[column] + rank] =
                        earlier.sums[label * old[old.count - 1] + old[column] + place]
                }
            }
        }
        return result
    }

    /// Where the places of each column start, and their number at the end.
    func starts(_ inputs: Schema, _ values: [[Double]]) -> [Int] {
        var starts = [0]
        for (position, field) in inputs.fields.enumerated() {
            let column = values.indices.contains(position) ? values[position] : []
            starts.append(starts[starts.count - 1] + (column.isEmpty ? categoryCount(of: field) : column.count))
        }
        return starts
    }

    /// Categories of a column whose codes are known.
    private func categoryCount(of field: Field) -> Int { field.kind == .flag ? 2 : field.categories?.count ?? 0 }

    /// The logarithm of each class's prior; −∞ for a class that cannot be.
    func logPriors(_ weights: [Double], labels: [String]) throws -> [Double] {
        if let givenPriors {
            guard givenPriors.count == labels.count, abs(givenPriors.reduce(0, +) - 1) <= 1e-8 else {
                throw ApusError(
                    "the priors are \(givenPriors.count) numbers with the sum \(givenPriors.reduce(0, +)), expected one for each of the \(labels.count) classes, with the sum 1",
                    at: Self.descriptor.id, remedy: "In the order of the labels: \(labels.joined(separator: ", ")).",
                    kind: .usage)
            }
            return zip(givenPriors, weights).map { $1 > 0 ? naturalLogarithm($0) : -.infinity }
        }
        let present = Double(weights.count { $0 > 0 })
        let total = weights.reduce(0, +)
        return weights.map { $0 <= 0 ? -.infinity : naturalLogarithm(learnsPriors ? $0 / total : 1 / present) }
    }
}
