import ApusCore
import ApusKernels

/// A linear model as stochastic gradient descent left it: score = `x · coefficients + intercept`.
struct SGDModel: RowPredicting {
    let inputs: Schema
    let outputs: Prediction.Schema
    let link: Link
    let course: SGDCourse
    /// Zeros: coefficients are those of the columns as they stand.
    let means: [Double]

    init(inputs: Schema, outputs: Prediction.Schema, link: Link, course: SGDCourse) {
        self.inputs = inputs
        self.outputs = outputs
        self.link = link
        self.course = course
        means = [Double](repeating: 0, count: inputs.elementStarts.last ?? 0)
    }

    /// `(scores, elements)`, row-major: the means over the steps where those were wanted.
    var coefficients: [Double] { course.meanIntercepts.isEmpty ? course.coefficients : course.meanCoefficients }
    var intercepts: [Double] { course.meanIntercepts.isEmpty ? course.intercepts : course.meanIntercepts }

    var width: Int { means.count }

    func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let aligned = try inputs.align(table)
        let (rows, scores) = (aligned.rowCount, intercepts.count)
        let features = try LinearFeatures(aligned)
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let margins = try intercepts.enumerated().map { score, intercept in
            try features.margins(
                means: means, coefficients: Array(coefficients[score * width..<(score + 1) * width]),
                intercept: intercept, kernels)
        }
        if let row = (0..<rows).first(where: { row in margins.contains { !$0[row].isFinite } }) {
            for (place, column) in zip(features.places, features.columns) {
                try refuseNonFinite(column, inputs.elementName(place))
            }
            throw ApusError(
                "the prediction for row \((row + 1).grouped) is not finite", remedy: "Look for very large values.")
        }
        let scored = Buffer<Double>(count: rows * scores) { target in
            for (score, margins) in margins.enumerated() {
                for row in 0..<rows { target[row * scores + score] = margins[row] }
            }
        }
        return try Prediction(
            outputs,
            Matrix(rows: rows, columns: outputs.outputs) { target in
                scored.withUnsafeBufferPointer { link.apply(rows: rows, scores: $0, outputs: target) }
            })
    }

    func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>) {
        let scores = intercepts.count
        guard row.count >= width, outputs.count >= self.outputs.outputs else {
            return outputs.update(repeating: .nan)
        }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: scores) { sums in
            for score in 0..<scores {
                sums[score] = intercepts[score]
                for place in 0..<width where coefficients[score * width + place] != 0 {
                    sums[score] += row[place] * coefficients[score * width + place]
                }
            }
            link.apply(
                rows: 1, scores: UnsafeBufferPointer(sums),
                outputs: UnsafeMutableBufferPointer(rebasing: outputs[..<self.outputs.outputs]))
        }
    }
}

/// Saving and restoring.
extension SGDModel {
    private struct Header: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var link: Link
        var steps: Int
        var epochs: Int
        var lowered: Int
        var isAveraged: Bool
    }

    func state() throws -> State {
        try State(
            of: SGDLinear.self,
            Header(
                inputs: inputs, outputs: outputs, link: link, steps: course.steps, epochs: course.epochs,
                lowered: course.lowered, isAveraged: !course.meanIntercepts.isEmpty),
            tensors: [
                "coefficients": Tensor(course.coefficients), "intercepts": Tensor(course.intercepts),
                "mean_coefficients": Tensor(course.meanCoefficients), "mean_intercepts": Tensor(course.meanIntercepts),
            ])
    }

    init(restoring state: State) throws {
        let header = try state.decode(Header.self)
        func damaged() -> ApusError {
            ApusError("the state of \(state.plugin) is damaged", remedy: "Train the model again.")
        }
        guard let scores = header.link.scores(for: header.outputs), header.steps >= 0, header.epochs >= 0,
            (0...1000).contains(header.lowered)
        else { throw damaged() }
        let (size, overflow) = scores.multipliedReportingOverflow(by: header.inputs.elementStarts.last ?? 0)
        guard !overflow else { throw damaged() }
        func vector(_ name: String, _ count: Int) throws -> [Double] {
            let vector = Array(try state.elements(name, as: Double.self))
            guard vector.count == count, vector.allSatisfy(\.isFinite) else {
                throw damaged()
            }
            return vector
        }
        let course = SGDCourse(
            coefficients: try vector("coefficients", size), intercepts: try vector("intercepts", scores),
            meanCoefficients: try vector("mean_coefficients", header.isAveraged ? size : 0),
            meanIntercepts: try vector("mean_intercepts", header.isAveraged ? scores : 0), steps: header.steps,
            epochs: header.epochs, lowered: header.lowered)
        self.init(inputs: header.inputs, outputs: header.outputs, link: header.link, course: course)
    }
}
