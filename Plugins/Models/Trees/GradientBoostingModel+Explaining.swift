import ApusCore

extension GradientBoostingModel: Explainable {
    /// Exact Shapley values of the raw scores: log odds of the second of two classes, one score a class of several.
    package func contributions(_ table: Table, in context: RunContext) throws -> [Matrix<Double>] {
        try TreeExplainer(trees, scores: scoreCount, binOfCode: learned.binOfCode).contributions(
            try inputs.align(table), initial: initialScores, in: context)
    }
}
