import ApusCore
import ApusKernels

/// Gradients and hessians of all rows for one tree: as doubles for the leaves' values, as integers for histograms.
struct GradientRows {
    /// The first gradient; row i is at `stride * i`.
    let gradients: UnsafePointer<Double>
    /// The first hessian.
    let hessians: UnsafePointer<Double>
    /// Doubles from one row to the next.
    let stride: Int
    /// 16 + 16 bits a row.
    let packed: PackedGradients
    /// Sums of the integers.
    let totals: (gradient: Int64, hessian: Int64)
    /// From reals to integers, as packed; after extrapolation from sums of a sample to integers.
    private(set) var scales: TreeScales
    /// From reals to the fixed point of the leaves' sums.
    let fixedScales: TreeScales
    /// The largest |gradient|, in whose square gains are measured.
    let largest: Double
    /// Kish's effective number of rows, (Σ|g|)² / Σg², in all processes: small where few rows carry the gradient, as with
    /// rare classes or outliers.
    let effectiveCount: Double
    /// The value of a leaf with these rows (nil: all), where the objective finds it by itself; with several processes,
    /// with these of all their rows.
    var leafValue: (@Sendable (UnsafeBufferPointer<UInt32>?) -> Double)?
}

extension GradientRows {
    /// Rows of one task of a pass over all rows.
    static let chunk = 2048

    /// Scales and packs the gradients of one output, given the largest |gradient| and hessian of this process; nil if all
    /// of them are as good as zero. `allRows` are the rows of all processes.
    ///
    /// Sums of integers fit their 32 bits: Σ|g| scale <= 2^30 and Σh scale <= 2^31, plus half a unit of rounding a row.
    /// The scales come from exact integer sums and maxima, so that the order of rows does not matter.
    init?(
        count: Int, gradients: UnsafePointer<Double>, hessians: UnsafePointer<Double>, stride: Int,
        largest: [Double], packed: PackedGradients, smallest: Double, kernels: Kernels, allRows: Int,
        _ communicator: any Communicator
    ) throws {
        let trees = TreeKernels(kernels.backend)
        let chunks = (count + GradientRows.chunk - 1) / GradientRows.chunk
        nonisolated(unsafe) let (gradients, hessians) = (gradients, hessians)
        @Sendable func part(_ chunk: Int) -> (first: Int, count: Int) {
            let first = chunk * GradientRows.chunk
            return (first, min(GradientRows.chunk, count - first))
        }

        let greatest = try communicator.greatest(largest)
        let (largest, largestHessian) = (greatest[0], greatest[1])
        guard largest > max(smallest, 1e-150), largest < 1e150, largestHessian > 0, largestHessian < 1e150 else {
            return nil
        }

        // 2^room times the number of rows stays below 2^61, and each number below 2^50.
        let room = min(49, 60 - (Int.bitWidth - allRows.leadingZeroBitCount))
        let fixed = TreeScales(
            gradient: Double(sign: .plus, exponent: room - Int(largest.exponent), significand: 1),
            hessian: Double(sign: .plus, exponent: room - Int(largestHessian.exponent), significand: 1))
        let sums = ResultSlots<(Int64, Int64)>(chunks)
        kernels.parallelFor(chunks) { chunk in
            let (first, size) = part(chunk)
            sums[chunk] = trees.fixedSums(
                size, stride: stride, scales: fixed, gradients: gradients + stride * first,
                hessians: hessians + stride * first)
        }
        var sum = [sums.values.reduce(0) { $0 + $1.0 }, sums.values.reduce(0) { $0 + $1.1 }]
        try communicator.sum(&sum)
        let (gradientSum, hessianSum) = (Double(sum[0]) / fixed.gradient, Double(sum[1]) / fixed.hessian)
        let scales = TreeScales(
            gradient: min(32_767 / largest, 0x1p30 / gradientSum),
            hessian: min(65_535 / largestHessian, 0x1p31 / hessianSum))

        let totals = ResultSlots<PackedTotals>(chunks)
        kernels.parallelFor(chunks) { chunk in
            let (first, size) = part(chunk)
            totals[chunk] = trees.quantise(
                size, stride: stride, scales: scales, gradients: gradients + stride * first,
                hessians: hessians + stride * first, into: packed.from(first))
        }
        self.gradients = gradients
        self.hessians = hessians
        self.stride = stride
        self.packed = packed
        var total = [Int64](repeating: 0, count: 3)
        for part in totals.values {
            for (word, sum) in [part.gradient, part.hessian, part.squares].enumerated() { total[word] += sum }
        }
        try communicator.sum(&total)
        self.totals = (total[0], total[1])
        self.scales = scales
        fixedScales = fixed
        self.largest = largest
        let magnitude = gradientSum * scales.gradient
        effectiveCount = magnitude * magnitude / Double(max(1, total[2]))
    }

    /// The same, with sums over a sample of so large a part of the rows read as estimates for all.
    func extrapolated(from share: Double) -> GradientRows {
        var rows = self
        rows.scales = TreeScales(gradient: scales.gradient * share, hessian: scales.hessian * share)
        return rows
    }
}
