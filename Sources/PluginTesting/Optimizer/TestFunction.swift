/// A function to minimise, with its gradient.
struct TestFunction: Sendable {
    let name: String
    let start: [Double]
    let evaluate: @Sendable ([Double]) -> (value: Double, gradient: [Double])

    var startValue: Double { evaluate(start).value }

    /// Ten variables, curvatures from 1 to 100, least value 0.
    static let quadratic = TestFunction(name: "a quadratic of condition 100", start: [Double](repeating: 1, count: 10))
    {
        let curvatures = (0..<10).map { 1 + 11 * Double($0) }
        let shifted = $0.enumerated().map { $1 - 0.1 * Double($0) }
        return (
            zip(curvatures, shifted).reduce(0) { $0 + 0.5 * $1.0 * $1.1 * $1.1 },
            zip(curvatures, shifted).map { $0 * $1 }
        )
    }

    /// A bent valley; least value 0 at (1, 1). Source: Rosenbrock, The Computer Journal 3 (1960).
    static let rosenbrock = TestFunction(name: "Rosenbrock's function", start: [-1.2, 1]) {
        let (x, y) = ($0[0], $0[1])
        let (bend, slope) = (y - x * x, 1 - x)
        return (100 * bend * bend + slope * slope, [-400 * x * bend - 2 * slope, 200 * bend])
    }

    /// Falls without end.
    static let linear = TestFunction(name: "a linear function", start: [0, 0]) { ($0[0] - 2 * $0[1], [1, -2]) }

    /// The same everywhere.
    static let constant = TestFunction(name: "a constant function", start: [3, 4]) { _ in (5, [0, 0]) }
}
