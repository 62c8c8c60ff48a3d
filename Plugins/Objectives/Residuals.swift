import ApusCore

/// What scores leave of targets. Nothing computed from it depends on the order of the rows; rows without weight are
/// left out.
package struct Residuals {
    /// Ascending where there are weights.
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
            values = (0..<count).map { residual($0).value }
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

    /// The least number at or below which the share `alpha` of the weight lies; where a whole interval has that
    /// property, its middle. 0 without rows.
    func quantile(_ alpha: Double) -> Double {
        guard let last = values.indices.last else { return 0 }
        if weights.isEmpty {
            let place = alpha * Double(values.count)
            let index = min(Int(place), last)
            var values = values
            let value = values.select(index)
            guard Double(index) == place, index > 0, let below = values[..<index].max() else { return value }
            return below + (value - below) / 2
        }
        let place = alpha * weights.reduce(0, +)
        var sum = 0.0
        for index in values.indices {
            sum += weights[index]
            if sum == place, index < last { return values[index] + (values[index + 1] - values[index]) / 2 }
            if sum > place { return values[index] }
        }
        return values[last]
    }

    /// The constant whose Huber loss is least, by Newton's method from the median, within the bracket that the slopes
    /// tell: the loss is convex, and a parabola wherever no residual crosses ±delta. 0 without rows.
    func huberCentre(_ delta: Double) -> Double {
        guard var low = values.min(), var high = values.max() else { return 0 }
        var centre = quantile(0.5)
        let most = weights.max() ?? 1
        // Integers of at most 51 bits, whose sum fits 63: their order does not matter.
        let unit = Double(
            sign: .plus, exponent: min(50, 62 - (Int.bitWidth - values.count.leadingZeroBitCount)), significand: 1)
        for _ in 0..<100 {
            var (slopes, curvatures): (Int64, Int64) = (0, 0)
            for (index, value) in values.enumerated() {
                let error = (value - centre) / delta
                let weight = weights.isEmpty ? unit : weights[index] / most * unit
                slopes += DeterministicMath.integer(weight * max(-1, min(1, error)))
                if abs(error) < 1 { curvatures += DeterministicMath.integer(weight) }
            }
            if slopes == 0 { break }
            if slopes > 0 { low = centre } else { high = centre }
            var next = curvatures > 0 ? centre + delta * (Double(slopes) / Double(curvatures)) : low + (high - low) / 2
            if next <= low || next >= high { next = low + (high - low) / 2 }
            if abs(next - centre) <= 1e-15 * abs(centre) { break }
            centre = next
        }
        return centre
    }
}

extension [Double] {
    /// Moves elements so that the one at `index` is where sorting would put it, with none greater before it and none
    /// smaller after it, and returns it. Linear time on average.
    fileprivate mutating func select(_ index: Int) -> Double {
        var (low, high) = (0, count - 1)
        for _ in 0..<100 where low < high {
            let middle = self[low + (high - low) / 2]
            let pivot = Swift.max(Swift.min(self[low], middle), Swift.min(Swift.max(self[low], middle), self[high]))
            var (left, right) = (low, high)
            while left <= right {
                while self[left] < pivot { left += 1 }
                while self[right] > pivot { right -= 1 }
                guard left <= right else { break }
                swapAt(left, right)
                left += 1
                right -= 1
            }
            if index > right, index < left { return self[index] }
            if index <= right { high = right } else { low = left }
        }
        // Orders that defeat the choice of pivots end here.
        self[low...high].sort()
        return self[index]
    }
}
