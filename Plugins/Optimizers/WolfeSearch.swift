/// A line search for a step that meets the strong Wolfe conditions, one evaluation at a time.
struct WolfeSearch: Codable, Sendable {
    /// A step along the line with the function's value and slope there.
    struct Point: Codable, Sendable {
        var step: Double
        var value: Double
        var slope: Double
    }

    /// What follows from an evaluation.
    enum Outcome {
        /// The step is good.
        case accept
        /// Evaluate at this step.
        case evaluate(Double)
        /// No better step can be told from rounding; `isImproved` if the best one so far lowers the value.
        case exhausted(isImproved: Bool)
    }

    private static let decrease = 1e-4
    private static let curvature = 0.9
    private static let evaluationLimit = 40

    private let origin: Point
    /// The best end of the bracket: it meets the decrease condition.
    private(set) var low: Point
    private var high: Point?
    private var evaluations = 0

    /// Whether the far end of the bracket is where the function is not finite.
    var isCutOff: Bool { high.map { !$0.value.isFinite } ?? false }

    /// A search from a point whose slope is negative.
    init(value: Double, slope: Double) {
        origin = Point(step: 0, value: value, slope: slope)
        low = origin
    }

    /// Takes the value and slope at a step. `low` is the given point afterwards wherever that is the better one.
    mutating func tell(_ point: Point) -> Outcome {
        evaluations += 1
        if point.value.isFinite, point.slope.isFinite {
            if !descends(point) || (low.step > 0 && point.value >= low.value && !isWithinRounding(point)) {
                high = point
            } else if abs(point.slope) <= -WolfeSearch.curvature * origin.slope {
                low = point
                return .accept
            } else {
                let turnsBack = high.map { point.slope * ($0.step - low.step) >= 0 } ?? (point.slope >= 0)
                if turnsBack { high = low }
                low = point
            }
        } else {
            // Too far: the value says nothing, so the bracket is cut towards the good end.
            high = Point(step: low.step + (point.step - low.step) / 8, value: .infinity, slope: .infinity)
            if evaluations < WolfeSearch.evaluationLimit, let high { return .evaluate(high.step) }
        }
        guard evaluations < WolfeSearch.evaluationLimit else { return .exhausted(isImproved: low.step > 0) }
        guard let high else { return .evaluate(extrapolated) }
        let width = abs(high.step - low.step)
        guard width > 1e-15 * max(abs(high.step), abs(low.step)) else { return .exhausted(isImproved: low.step > 0) }
        return .evaluate(interpolated(to: high))
    }

    /// The decrease condition, or its slope form where the values differ by rounding alone.
    private func descends(_ point: Point) -> Bool {
        if point.value <= origin.value + WolfeSearch.decrease * point.step * origin.slope { return true }
        return isWithinRounding(point) && point.slope <= (2 * WolfeSearch.decrease - 1) * origin.slope
    }

    private func isWithinRounding(_ point: Point) -> Bool {
        point.value <= origin.value + 1e-15 * max(abs(origin.value), .leastNormalMagnitude)
    }

    private var extrapolated: Double { low.step * 4 }

    /// The minimum of the cubic through both ends, kept off the ends.
    private func interpolated(to high: Point) -> Double {
        let width = high.step - low.step
        var step = low.step + width / 2
        if high.value.isFinite {
            let secant = (high.value - low.value) / width
            let a = low.slope + high.slope - 3 * secant
            let square = a * a - low.slope * high.slope
            if square >= 0 {
                let root = width > 0 ? square.squareRoot() : -square.squareRoot()
                let divisor = high.slope - low.slope + 2 * root
                if divisor != 0 { step = high.step - width * (high.slope + root - a) / divisor }
            }
        }
        let (near, far) = (low.step + 0.1 * width, low.step + 0.9 * width)
        guard step.isFinite else { return (near + far) / 2 }
        return width > 0 ? min(max(step, near), far) : max(min(step, near), far)
    }
}
