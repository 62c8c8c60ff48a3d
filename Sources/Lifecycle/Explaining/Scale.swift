/// A straight map from values to pixels.
struct Scale {
    private let low: Double
    private let span: Double
    private let from: Double
    private let to: Double

    /// From `low … high`, widened where the two are equal, to pixels `from … to`.
    init(_ low: Double, _ high: Double, from: Double, to: Double) {
        self.low = low < high ? low : low - 0.5
        span = low < high ? high - low : 1
        self.from = from
        self.to = to
    }

    /// The pixel of a value.
    func callAsFunction(_ value: Double) -> Double { from + (value - low) / span * (to - from) }

    /// About five round values within the range.
    var ticks: [Double] {
        guard span > 1e-300, span < 1e300 else { return [] }
        var step = 1.0
        while step > span / 4 { step /= 10 }
        while step * 10 <= span / 4 { step *= 10 }
        step = [1, 2, 5, 10].map { $0 * step }.first { span / $0 <= 6 } ?? step
        let first = (low / step).rounded(.up)
        return (0..<12).map { (first + Double($0)) * step }.filter { $0 <= low + span * 1.000001 }
    }
}
