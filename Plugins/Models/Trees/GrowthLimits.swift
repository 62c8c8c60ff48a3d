import ApusKernels

/// What limits the growth of a tree.
struct GrowthLimits: Sendable {
    /// Leaves, at most.
    var leaves: Int
    /// Splits on the way to a leaf, at most.
    var depth = Int.max
    /// Whether all leaves of a depth are split before deeper ones; else the leaf that gains most comes first.
    var isDepthWise = false
    /// Rows of a leaf, at least.
    var minSamplesLeaf: Int
    /// Sum of hessians of a leaf, at least.
    var minHessian = 1e-3
    /// What a split must gain, as LightGBM measures it: twice what the loss falls by, to second order.
    var minGain = 0.0
    /// L1 penalty on values.
    var alpha = 0.0
    /// L2 penalty on values.
    var lambda: Double
    /// How subsets of categories are searched.
    var categories = CategoryRules()
    /// For each held column 1, -1 or 0: whether values may only rise with it, only fall, or both. Empty for no rule.
    var directions: [Int] = []
    /// Sets of held columns; the columns on one way from the root lie in one of them. Empty for no rule.
    var interactions: [Set<Int>] = []
}

/// The values that a leaf may take.
struct ValueBounds: Sendable, Equatable {
    var lower = -Double.infinity
    var upper = Double.infinity

    /// `value`, cut to the bounds.
    func cut(_ value: Double) -> Double { min(max(value, lower), upper) }

    /// The bounds of both sides of a split at whose middle `value` stands, if values rise (1) or fall (-1) across it.
    func divided(at value: Double, direction: Int) -> (left: ValueBounds, right: ValueBounds) {
        var (below, above) = (self, self)
        below.upper = cut(value)
        above.lower = cut(value)
        return direction > 0 ? (below, above) : direction < 0 ? (above, below) : (self, self)
    }
}
