import Foundation

/// Gauss–Legendre quadrature on [0, 1]: exact for polynomials of a degree below twice the number of points.
struct GaussRule: Sendable {
    /// Where the integrand is evaluated.
    let points: [Double]
    /// What its values count; they sum to 1.
    let weights: [Double]

    /// A rule of `count` points, the zeros of a Legendre polynomial, found by Newton's method. Source: Press et al.,
    /// Numerical Recipes, section 4.6.
    init(_ count: Int) {
        var points: [Double] = []
        var weights: [Double] = []
        for index in 0..<count {
            var x = cos(Double.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
            var derivative = 1.0
            for _ in 0..<100 {
                var (last, value) = (0.0, 1.0)
                for degree in 0..<count {
                    (last, value) = (
                        value, (Double(2 * degree + 1) * x * value - Double(degree) * last) / Double(degree + 1)
                    )
                }
                derivative = Double(count) * (x * value - last) / (x * x - 1)
                let step = value / derivative
                x -= step
                if abs(step) < 1e-16 { break }
            }
            points.append((1 + x) / 2)
            weights.append(1 / ((1 - x * x) * derivative * derivative))
        }
        self.points = points
        self.weights = weights
    }
}
