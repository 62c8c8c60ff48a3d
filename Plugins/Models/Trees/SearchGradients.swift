import ApusCore
import ApusKernels

/// Gradients and hessians of the rows that a tree's splits are searched on, as integers of 16 + 16 bits.
struct SearchGradients {
    /// A word a row.
    let packed: PackedGradients
    /// Sums of the integers in all processes.
    let totals: (gradient: Int64, hessian: Int64)
    /// From reals to integers; of a sample from sums over all rows, as far as they can be known, to sums of integers.
    let scales: TreeScales
    /// The largest |gradient|, in whose square gains are measured.
    let largest: Double

    /// Packs those of `rows` into memory for a word a row.
    init(
        _ gradients: RowGradients, of rows: SearchedRows, in packed: PackedGradients, kernels: Kernels,
        _ communicator: any Communicator
    ) throws {
        let (trees, count) = (TreeKernels(kernels.backend), rows.count)
        let chunks = (count + RowGradients.chunk - 1) / RowGradients.chunk
        let sums = ResultSlots<(gradient: Int64, hessian: Int64)>(chunks)
        kernels.parallelFor(chunks) { chunk in
            let first = chunk * RowGradients.chunk
            let list = rows.list.map { $0.pointer + first }
            let skipped = list == nil ? first * gradients.stride : 0
            sums[chunk] = trees.quantise(
                min(RowGradients.chunk, count - first), rows: list, stride: gradients.stride, scales: gradients.scales,
                gradients: gradients.gradients + skipped, hessians: gradients.hessians + skipped,
                into: packed.from(first))
        }
        var total = sums.values.reduce(into: [0, 0]) { $0 = [$0[0] + $1.gradient, $0[1] + $1.hessian] }
        try communicator.sum(&total)
        self.packed = packed
        totals = (total[0], total[1])
        scales = TreeScales(
            gradient: gradients.scales.gradient * rows.share, hessian: gradients.scales.hessian * rows.share)
        largest = gradients.largest
    }
}
