import ApusCore
import ApusKernels

/// The standardised features and target of a regression, which paths of penalties share.
struct RegressionProblem {
    let design: Design
    let target: StandardTarget
    /// The active columns, then the target; nil where there is nothing to learn, or where there are vectors.
    let columns: StandardizedColumns?
    /// The active elements; nil where there is nothing to learn, or where there are no vectors.
    let sparse: SparseDesign?
    let weights: Buffer<Double>?

    init(
        _ rows: TrainingRows, for learner: any Plugin.Type, fitIntercept: Bool, _ kernels: Kernels,
        in context: RunContext
    ) throws {
        design = try Design(rows, isCentred: fitIntercept, kernels, in: context)
        target = try StandardTarget(rows, for: learner, isCentred: fitIntercept, kernels, in: context)
        weights = rows.weights
        let canLearn = target.scale > 0 && !design.active.isEmpty
        sparse = canLearn ? design.sparse : nil
        guard canLearn, sparse == nil else {
            columns = nil
            return
        }
        columns = try design.standardized(
            with: (target.column, target.mean, target.scale),
            factors: rows.weights.map { Buffer($0.map { $0.squareRoot() }) })
    }

    /// `alpha` over the squares of the columns' deviations: the penalty of squared scaled coefficients.
    func squaredPenalty(_ alpha: Double) -> [Double] {
        design.active.map { alpha / design.deviations[$0] / design.deviations[$0] }
    }

    /// The model of these coefficients of the scaled, active columns and the scaled target.
    func model(
        _ scaled: [Double], of learner: any Plugin.Type, choices: [String: Double] = [:]
    ) throws -> LinearModel {
        let coefficients = design.spread(
            zip(design.active, scaled).map { $1 * target.scale / design.deviations[$0] })
        guard coefficients.allSatisfy(\.isFinite) else {
            throw ApusError("the coefficients are not finite", remedy: "Scale the columns, or raise alpha.")
        }
        return LinearModel(
            plugin: learner, link: .identity, inputs: design.inputs, outputs: Prediction.Schema(task: .regression),
            coefficients: coefficients, intercepts: [target.mean], means: design.means,
            deviations: design.moments.map(\.deviation), choices: choices)
    }
}
