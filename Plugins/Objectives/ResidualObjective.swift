import ApusCore

/// A loss of the difference between a number and its score, which finds the best constant by itself.
package protocol ResidualObjective: KernelObjective, LeafSolving {
    /// The constant that is best beside scores which leave these residuals.
    func centre(of residuals: Residuals) -> Double
}

extension ResidualObjective {
    package func width(for target: Target) throws -> Int {
        _ = try target.numbers(for: self)
        return 1
    }

    package func link(for target: Target) -> Link { .identity }

    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        [centre(of: Residuals(try target.numbers(for: self), weights))]
    }

    package func leafValue(
        _ target: Target, weights: Buffer<Double>?, rows: UnsafeBufferPointer<UInt32>?,
        scores: UnsafeBufferPointer<Double>
    ) -> Double {
        centre(of: Residuals(target, weights, rows, scores))
    }
}
