import ApusKernels

/// The split that a leaf would make.
struct LeafSplit: Sendable {
    /// The held column.
    var column = -1
    /// What it gains, as a part of the largest squared gradient.
    var gain = 0.0
    /// For a number: bins up to this one go left.
    var bin = 0
    /// All bins that go left.
    var left = BinSet()
    /// The left side's integer sums.
    var leftGradient: Int64 = 0
    var leftHessian: Int64 = 0
    /// Whether categories were ordered to find it.
    var isOrderedSubset = false
    /// Whether the leaf has no missing value that could tell a side.
    var missingIsUnknown = false

    /// 0 or 1 for each bin.
    func withLeftTable<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
            let table = table.baseAddress.unsafelyUnwrapped
            left.expand(into: table)
            return body(table)
        }
    }
}
