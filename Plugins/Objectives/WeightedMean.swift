import ApusCore

enum WeightedMean {
    /// The mean, whatever the order of the rows; 0 where nothing weighs. Throws where a number is not finite.
    static func of(_ values: Buffer<Double>, _ weights: Buffer<Double>?) throws -> Double {
        let total = weights.map { weights in OrderFreeSum.of(values.count) { weights[$0] } } ?? Double(values.count)
        guard let total, let sum = OrderFreeSum.of(values.count, { (weights?[$0] ?? 1) * values[$0] }) else {
            throw ApusError("a target or a weight is not finite", remedy: "Leave out such rows.")
        }
        return total > 0 ? sum / total : 0
    }
}
