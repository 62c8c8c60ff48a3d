import ApusCore

/// What scores leave of targets, in ascending order with their weights, so that nothing computed from it depends on the
/// order of the rows. Rows without weight are left out.
struct SortedResiduals {
    private let values: [Double]
    /// Empty where all weigh 1.
    private let weights: [Double]

    /// The numbers themselves.
    init(_ numbers: Buffer<Double>, _ weights: Buffer<Double>?) {
        self.init(count: numbers.count, weights) { (numbers[$0], $0) }
    }

    /// The targets of `rows` (nil: of all) less their scores.
    init(
        _ target: Target, _ weights: Buffer<Double>?, _ rows: UnsafeBufferPointer<UInt32>?,
        _ scores: UnsafeBufferPointer<Double>
    ) {
        let numbers = if case .values(let values) = target { values } else { Buffer<Double>([]) }
        self.init(count: numbers.isEmpty ? 0 : rows?.count ?? numbers.count, weights) { position in
            let row = rows.map { Int($0[position]) } ?? position
            return (numbers[row] - scores[row], row)
        }
    }

    private init(count: Int, _ weights: Buffer<Double>?, _ residual: (Int) -> (value: Double, row: Int)) {
        guard let weights else {
            values = (0..<count).map { residual($0).value }.sorted()
            self.weights = []
            return
        }
        let pairs = (0..<count).map { position -> (Double, Double) in
            let (value, row) = residual(position)
            return (value, weights[row])
        }.filter { $0.1 > 0 }.sorted { $0 < $1 }
        values = pairs.map(\.0)
        self.weights = pairs.map(\.1)
    }

    private func weight(_ index: Int) -> Double { weights.isEmpty ? 1 : weights[index] }

    /// The least number below or at which the share `alpha` of the weight lies; where a whole interval has that
    /// property, its middle. 0 without rows.
    func quantile(_ alpha: Double) -> Double {
        guard let last = values.indices.last else { return 0 }
        if weights.isEmpty {
            let place = alpha * Double(values.count)
            let index = min(Int(place), last)
            return Double(index) == place && index > 0 ? middle(index - 1, index) : values[index]
        }
        let place = alpha * weights.reduce(0, +)
        var sum = 0.0
        for index in values.indices {
            sum += weights[index]
            if sum == place, index < last { return middle(index, index + 1) }
            if sum > place { return values[index] }
        }
        return values[last]
    }

    private func middle(_ low: Int, _ high: Int) -> Double { values[low] + (values[high] - values[low]) / 2 }

    /// The constant whose Huber loss is least, by Newton's method from the median: the loss is a convex parabola
    /// between the residuals shifted by ±delta, so that a few steps end at the minimum. 0 without rows.
    func huberCentre(_ delta: Double) -> Double {
        var (low, high) = (values.first ?? 0, values.last ?? 0)
        var centre = quantile(0.5)
        for _ in 0..<100 {
            var (slope, curvature) = (0.0, 0.0)
            for (index, value) in values.enumerated() {
                let error = value - centre
                slope += weight(index) * max(-delta, min(delta, error))
                if abs(error) < delta { curvature += weight(index) }
            }
            if slope == 0 { break }
            if slope > 0 { low = centre } else { high = centre }
            var next = curvature > 0 ? centre + slope / curvature : low + (high - low) / 2
            if next <= low || next >= high { next = low + (high - low) / 2 }
            if next == centre || abs(next - centre) <= 1e-15 * abs(centre) { break }
            centre = next
        }
        return centre
    }
}
