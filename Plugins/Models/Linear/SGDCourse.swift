/// Where a descent stands: all that is needed to go on.
struct SGDCourse: Equatable, Sendable {
    /// `(scores, features)`, row-major.
    var coefficients: [Double]
    var intercepts: [Double]
    /// Their means over all steps, where those are wanted; else empty.
    var meanCoefficients: [Double] = []
    var meanIntercepts: [Double] = []
    /// Steps and epochs done.
    var steps = 0
    var epochs = 0
    /// How often the adaptive rate was lowered.
    var lowered = 0
}
