import ApusCore
import ApusKernels

/// Gradients and hessians of all rows for one tree, and how they become integers.
struct RowGradients: @unchecked Sendable {
    /// Rows of one task of a pass over all rows.
    static let chunk = 2048

    /// The first gradient; row i is at `stride * i`.
    let gradients: UnsafePointer<Double>
    /// The first hessian.
    let hessians: UnsafePointer<Double>
    /// Doubles from one row to the next.
    let stride: Int
    /// From reals to the integers of histograms.
    let scales: TreeScales
    /// From reals to those of the leaves' sums.
    let fixed: FixedPoint
    /// The largest |gradient|, in whose square gains are measured.
    let largest: Double
    /// Kish's effective number of rows, (Σ|g|)² / Σg², in all processes: small where few rows carry the gradient, as with
    /// rare classes or outliers.
    let effectiveCount: Double
    /// The value of a leaf with these rows (nil: all), where the objective finds it by itself; with several processes,
    /// with these of all their rows.
    var leafValue: (@Sendable (UnsafeBufferPointer<UInt32>?) -> Double)?

    /// Of one output, given the largest |gradient| and hessian of this process and its sums in fixed point; nil if all
    /// gradients are as good as zero. `count` are the rows of all processes.
    ///
    /// Sums of the integers fit their 32 bits: Σ|g| scale <= 2^30 and Σh scale <= 2^31, plus half a unit of rounding a
    /// row. The scales come from exact integer sums and maxima, so that the order of rows does not matter.
    init?(
        gradients: UnsafePointer<Double>, hessians: UnsafePointer<Double>, stride: Int, largest: SIMD2<Double>,
        above smallest: Double, count: Int, _ communicator: any Communicator, sums: (FixedPoint) -> FixedSums
    ) throws {
        let greatest = try communicator.greatest([largest[0], largest[1]])
        let (largest, largestHessian) = (greatest[0], greatest[1])
        guard largest > max(smallest, 1e-150), largest < 1e150, largestHessian > 0, largestHessian < 1e150 else {
            return nil
        }
        let fixed = FixedPoint(largest: largest, largestHessian: largestHessian, count: count)
        let own = sums(fixed)
        var sum = [own.gradient, own.hessian, own.squares]
        try communicator.sum(&sum)
        let (gradientSum, hessianSum) = (Double(sum[0]) / fixed.scales.gradient, Double(sum[1]) / fixed.scales.hessian)
        scales = TreeScales(
            gradient: min(32_767 / largest, 0x1p30 / gradientSum),
            hessian: min(65_535 / largestHessian, 0x1p31 / hessianSum))
        let rough = Double(sum[0]) / Double(sign: .plus, exponent: fixed.shift, significand: 1)
        effectiveCount = rough * rough / Double(max(1, sum[2]))
        self.gradients = gradients
        self.hessians = hessians
        self.stride = stride
        self.fixed = fixed
        self.largest = largest
    }
}

/// How reals become integers whose sums over all rows are exact.
struct FixedPoint: Sendable, Equatable {
    /// Powers of two.
    let scales: TreeScales
    /// How far gradients are shifted to the right, to 15 bits, before they are squared.
    let shift: Int

    /// 2^room times the number of rows stays below 2^61, and each number below 2^50.
    init(largest: Double, largestHessian: Double, count: Int) {
        let room = min(49, 60 - (Int.bitWidth - count.leadingZeroBitCount))
        scales = TreeScales(
            gradient: Double(sign: .plus, exponent: room - Int(largest.exponent), significand: 1),
            hessian: Double(sign: .plus, exponent: room - Int(largestHessian.exponent), significand: 1))
        shift = room - 14
    }

    /// Whether numbers as large as these may be scaled.
    func holds(_ gradient: Double, _ hessian: Double) -> Bool {
        let limit = Double(sign: .plus, exponent: shift + 15, significand: 1)
        return gradient * scales.gradient < limit && hessian * scales.hessian < limit
    }
}
