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
    /// Products of `columns` with each other, where a pass over the data has measured all at once.
    let products: Matrix<Double>?

    /// Up to so many multiplications, products of columns save no time that anyone notices.
    static let smallCost = 4e6
    /// Up to so many columns, those that turn out not to be asked for cost little.
    private static let mostColumns = 2048

    /// `isByProducts` says whether the products of columns will be asked for where there are many rows.
    init(
        _ rows: TrainingRows, for learner: any Plugin.Type, fitIntercept: Bool, isByProducts: Bool = true,
        _ kernels: Kernels, in context: RunContext
    ) throws {
        let features = try LinearFeatures(rows)
        let column = try StandardTarget.numbers(of: rows, for: learner)
        let factors = rows.weights.map { Buffer($0.map { $0.squareRoot() }) }
        let (count, width) = (features.rows, features.width)
        let isWorth =
            count > 2 * width && width <= Self.mostColumns
            && Double(count) * Double(width) * Double(width) > Self.smallCost
        var measured: CentredProducts?
        if isByProducts, fitIntercept, isWorth, features.vectors.isEmpty, context.communicator.size == 1 {
            measured = try kernels.centredProducts(features.columns + [column], factors: factors)
        }
        var moments =
            try measured.map { Array($0.moments.dropLast()) } ?? features.moments(weights: rows.weights, kernels)
        if measured == nil { try context.communicator.combine(&moments) }
        design = try Design(try rows.table, features, moments, isCentred: fitIntercept, kernels)
        target = try StandardTarget(
            column, weights: rows.weights, moments: measured?.moments.last, isCentred: fitIntercept, kernels,
            in: context)
        weights = rows.weights
        let canLearn = target.scale > 0 && !design.active.isEmpty
        sparse = canLearn ? design.sparse : nil
        guard canLearn, sparse == nil else {
            (columns, products) = (nil, nil)
            return
        }
        columns = try design.standardized(with: (target.column, target.mean, target.scale), factors: factors)
        products = measured?.products.selecting(design.active + [width])
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

extension Matrix where Element == Double {
    /// The elements of some rows and the same columns, in this order.
    fileprivate func selecting(_ places: [Int]) -> Matrix {
        if places == Array(0..<rows) { return self }
        return Matrix(rows: places.count, columns: places.count) { target in
            for (row, place) in places.enumerated() {
                for (column, other) in places.enumerated() { target[row * places.count + column] = self[place, other] }
            }
        }
    }
}
