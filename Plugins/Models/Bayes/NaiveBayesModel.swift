import ApusCore
import ApusKernels

/// A fitted naive Bayes: the statistics of the training rows, and the terms that the learner makes of them.
struct NaiveBayesModel<Learner: NaiveBayes>: RowPredicting, Inspectable {
    private struct Saved: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var parameters: JSON
    }

    let learner: Learner
    let inputs: Schema
    let outputs: Prediction.Schema
    let statistics: ClassStatistics
    /// How much each column tells of the class: `information` in nats, in the inputs' order; of a vector the sum over its
    /// elements.
    let importance: [String: [Double]]
    let terms: BayesTerms
    private let priors: [Double]

    private static var rowsInBlock: Int { 512 }

    init(learner: Learner, inputs: Schema, outputs: Prediction.Schema, statistics: ClassStatistics) throws {
        self.learner = learner
        self.inputs = inputs
        self.outputs = outputs
        self.statistics = statistics
        let labels = outputs.labels
        let logarithms = try learner.logPriors(statistics.weights, labels: labels)
        let terms = try learner.terms(statistics, inputs, labels: labels)
        let priors = logarithms.map { $0.isFinite ? DeterministicMath.exp($0) : 0 }
        self.priors = priors
        let total = priors.reduce(0, +)
        let information = learner.information(
            statistics, inputs, priors: priors.map { total > 0 ? $0 / total : 0 })
        importance = [
            "information": inputs.hasVectors
                ? zip(inputs.fields, inputs.elementStarts).map { field, start in
                    information[start..<start + field.elements].reduce(0, +)
                } : information
        ]
        self.terms = BayesTerms(
            kind: terms.kind, base: zip(logarithms, terms.base).map { $0.isFinite ? $0 + $1 : $0 })
    }

    /// One answer a row. Cost: rows · columns · classes multiplications, straight from the columns; of vectors only the
    /// entries count.
    func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let aligned = try inputs.align(table)
        let features = try BayesFeatures(
            aligned, for: Learner.descriptor.id, takesMissing: Learner.takesMissing)
        let (rows, classes) = (aligned.rowCount, outputs.outputs)
        let blocks = (rows + Self.rowsInBlock - 1) / Self.rowsInBlock
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let starts = try startScores(features, rows, kernels)
        return try Prediction(
            outputs,
            Matrix(rows: rows, columns: classes) { answers in
                nonisolated(unsafe) let answers = answers
                kernels.parallelFor(blocks) { block in
                    let start = block * Self.rowsInBlock
                    let count = min(Self.rowsInBlock, rows - start)
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: classes * count) { scores in
                        guard let scores = scores.baseAddress else { return }
                        score(features, starts, start, count, into: scores)
                        guard let target = answers.baseAddress else { return }
                        normalise(scores, count, into: target + start * classes)
                    }
                }
            })
    }

    /// One row: features in the inputs' order; writes a probability a class. A missing value makes them NaN where the
    /// learner takes none.
    func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>) {
        guard let answers = outputs.baseAddress else { return }
        let classes = terms.base.count
        for label in 0..<classes { answers[label] = terms.base[label] }
        if let row = row.baseAddress {
            for position in inputs.fields.indices {
                if row[position].isNaN, !Learner.takesMissing {
                    for label in 0..<classes { answers[label] = .nan }
                    return
                }
                for label in 0..<classes where terms.base[label].isFinite {
                    terms.add(
                        column: position, of: inputs.fields.count, label: label, row + position, count: 1,
                        to: answers + label)
                }
            }
        }
        normalise(UnsafePointer(answers), 1, into: answers)
    }

    /// information
    var mainImportance: String { "information" }

    /// Prior probabilities by class, and the weight of the rows that were seen.
    var facts: [String: JSON] {
        [
            "priors": .object(
                Dictionary(zip(outputs.labels, priors.map(\.json)), uniquingKeysWith: { first, _ in first })
            ),
            "weight": statistics.weights.reduce(0, +).json,
        ]
    }

    /// What each row of each class scores by its vectors; empty where there are none.
    private func startScores(_ features: BayesFeatures, _ rows: Int, _ kernels: Kernels) throws -> [Buffer<Double>] {
        guard !features.vectors.isEmpty else { return [] }
        return try terms.base.enumerated().map { label, base in
            let start = Buffer<Double>(repeating: base, count: rows)
            guard base.isFinite else { return start }
            return try features.vectors.reduce(start) { scores, vector in
                try terms.adding(
                    vector.rows, from: vector.start, of: features.width, label: label, to: scores, kernels)
            }
        }
    }

    /// Scores of `count` rows, a class after the other.
    private func score(
        _ features: BayesFeatures, _ starts: [Buffer<Double>], _ start: Int, _ count: Int,
        into scores: UnsafeMutablePointer<Double>
    ) {
        for (label, base) in terms.base.enumerated() {
            if starts.isEmpty {
                (scores + label * count).initialize(repeating: base, count: count)
            } else {
                (scores + label * count).initialize(from: starts[label].unsafePointer + start, count: count)
            }
        }
        for (place, column) in zip(features.places, features.columns) {
            for label in terms.base.indices where terms.base[label].isFinite {
                terms.add(
                    column: place, of: features.width, label: label, column.unsafePointer + start, count: count,
                    to: scores + label * count)
            }
        }
    }

    /// Probabilities of `count` rows, the priors where no class has a finite score. A single row may be its own scores.
    private func normalise(
        _ scores: UnsafePointer<Double>, _ count: Int, into answers: UnsafeMutablePointer<Double>
    ) {
        let classes = terms.base.count
        for row in 0..<count {
            let target = answers + row * classes
            var most = -Double.infinity
            for label in 0..<classes { most = max(most, scores[label * count + row]) }
            guard most.isFinite else {
                for label in 0..<classes { target[label] = priors[label] }
                continue
            }
            var sum = 0.0
            for label in 0..<classes {
                let score = scores[label * count + row]
                let share = score.isFinite ? DeterministicMath.exp(score - most) : 0
                target[label] = share
                sum += share
            }
            for label in 0..<classes { target[label] /= sum }
        }
    }

    func state() throws -> State {
        let width = statistics.places
        var tensors = [
            "weights": Tensor(statistics.weights), "sums": Tensor(statistics.sums, shape: [outputs.outputs, width]),
        ]
        if !statistics.squares.isEmpty {
            tensors["squares"] = Tensor(statistics.squares, shape: [outputs.outputs, width])
        }
        if !statistics.values.isEmpty {
            tensors["values"] = Tensor(Array(statistics.values.joined()))
            tensors["value_counts"] = Tensor(statistics.values.map { Int64($0.count) })
        }
        return try State(
            of: Learner.self,
            Saved(inputs: inputs, outputs: outputs, parameters: .object(learner.parameterValues)), tensors: tensors)
    }

    init(_ state: State, hasSquares: Bool, hasValues: Bool) throws {
        let damaged = ApusError(
            "the state of \(Learner.descriptor.id) is damaged", remedy: "Train the model again.")
        let saved: Saved = try state.decode()
        guard let parameters = saved.parameters.object, saved.outputs.task.isClassification,
            !saved.outputs.labels.isEmpty
        else { throw damaged }
        let learner = try Learner(parameters: parameters)
        var values: [[Double]] = []
        if hasValues {
            let all = Array(try state.elements("values", as: Double.self))
            var next = 0
            for count in try state.elements("value_counts", as: Int64.self) {
                guard count >= 0, count <= Int64(all.count - next) else { throw damaged }
                let column = Array(all[next..<next + Int(count)])
                guard column.allSatisfy(\.isFinite), zip(column, column.dropFirst()).allSatisfy(<) else {
                    throw damaged
                }
                values.append(column)
                next += Int(count)
            }
            guard next == all.count, values.count == saved.inputs.fields.count else { throw damaged }
        }
        func numbers(_ name: String, _ count: Int, isSigned: Bool = false) throws -> [Double] {
            let numbers = Array(try state.elements(name, as: Double.self))
            guard numbers.count == count, numbers.allSatisfy({ $0.isFinite && (isSigned || $0 >= 0) }) else {
                throw damaged
            }
            return numbers
        }
        let classes = saved.outputs.labels.count
        let (cells, overflow) = classes.multipliedReportingOverflow(
            by: learner.places(saved.inputs, values: values))
        guard !overflow else { throw damaged }
        let weights = try numbers("weights", classes)
        guard weights.contains(where: { $0 > 0 }), weights.reduce(0, +).isFinite else { throw damaged }
        try self.init(
            learner: learner, inputs: saved.inputs, outputs: saved.outputs,
            statistics: ClassStatistics(
                weights: weights, sums: try numbers("sums", cells, isSigned: hasSquares),
                squares: hasSquares ? try numbers("squares", cells) : [], values: values))
    }
}
