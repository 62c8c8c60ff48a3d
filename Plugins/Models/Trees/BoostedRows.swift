import ApusCore
import ApusKernels

/// Scores, gradients and hessians of rows that are boosted or watched, `(rows, scores)` row-major.
final class BoostedRows: @unchecked Sendable {
    /// The rows.
    let count: Int
    let target: Target
    let weights: Buffer<Double>?
    private let weightSum: Double
    private let objective: any Objective
    private let kernels: Kernels
    private var width = 1
    private var scores = LargeMemory<Double>(0)
    private var gradients = LargeMemory<Double>(0)
    private var hessians = LargeMemory<Double>(0)
    /// The largest |gradient| and hessian of each chunk and score.
    private var maxima = LargeMemory<SIMD2<Double>>(0)
    /// Their sums, in the fixed point of each score's gradients of the iteration before, which is most often theirs.
    private var chunkSums = LargeMemory<FixedSums>(0)
    private var fixed: [FixedPoint?] = []

    init(count: Int, target: Target, weights: Buffer<Double>?, objective: any Objective, kernels: Kernels) {
        self.count = count
        self.target = target
        self.weights = weights
        self.objective = objective
        self.kernels = kernels
        weightSum = weights?.reduce(0, +) ?? Double(count)
    }

    /// Every row starts with the same scores.
    func fill(_ initial: [Double]) {
        width = initial.count
        scores = LargeMemory(count * width)
        let target = scores.buffer
        for index in target.indices { target[index] = initial[index % width] }
    }

    /// Each row starts with scores of its own.
    func fill(_ initial: Buffer<Double>) {
        width = max(1, initial.count / max(1, count))
        scores = LargeMemory(count * width)
        _ = scores.buffer.initialize(fromContentsOf: initial)
    }

    /// A copy of all scores.
    var allScores: Buffer<Double> { Buffer(scores.buffer) }

    /// The scores of one output; row i at `i * outputs`.
    func scores(of score: Int) -> UnsafeMutablePointer<Double> { scores.pointer + score }

    /// Doubles from one row to the next.
    var stride: Int { width }

    /// What the present scores mean, `(rows, outputs)`.
    func outputs(_ link: Link, _ outputs: Int) -> Matrix<Double> {
        Matrix(rows: count, columns: outputs) { target in
            link.apply(rows: count, scores: UnsafeBufferPointer(scores.buffer), outputs: target)
        }
    }

    /// Gradients and hessians for the present scores; returns the mean loss.
    func evaluate(_ backend: Backend) -> Double {
        if gradients.count == 0 {
            gradients = LargeMemory(count * width)
            hessians = LargeMemory(count * width)
            maxima = LargeMemory(chunks * width)
            chunkSums = LargeMemory(chunks * width)
            fixed = Array(repeating: nil, count: width)
        }
        let trees = TreeKernels(backend)
        return meanLoss { rows in
            let loss = objective.evaluate(
                target, weights: weights, rows: rows, scores: UnsafeBufferPointer(scores.buffer),
                gradients: gradients.buffer, hessians: hessians.buffer, backend: backend)
            // While they are in a near cache.
            for score in 0..<width {
                let first = rows.lowerBound * width + score
                let most = trees.maxima(
                    rows.count, stride: width, gradients: gradients.pointer + first, hessians: hessians.pointer + first)
                let chunk = rows.lowerBound / RowGradients.chunk * width + score
                maxima.pointer[chunk] = [most.gradient, most.hessian]
                guard let fixed = fixed[score], fixed.holds(most.gradient, most.hessian) else { continue }
                chunkSums.pointer[chunk] = trees.fixedSums(
                    rows.count, stride: width, scales: fixed.scales, shift: fixed.shift,
                    gradients: gradients.pointer + first, hessians: hessians.pointer + first)
            }
            return loss
        }
    }

    /// Sums of the gradients and hessians that were evaluated last, whatever the order of the rows.
    func sums(of score: Int) -> (gradient: Double, hessian: Double) {
        (
            OrderFreeSum.of(count) { gradients.pointer[$0 * width + score] } ?? .nan,
            OrderFreeSum.of(count) { hessians.pointer[$0 * width + score] } ?? .nan
        )
    }

    /// What the objective itself would add to all scores; nil where it leaves that to Newton steps.
    var bestConstant: Double? {
        (objective as? any LeafSolving)?.leafValue(
            target, weights: weights, rows: nil, scores: UnsafeBufferPointer(scores.buffer))
    }

    /// The mean loss for the present scores.
    func measure(_ backend: Backend) -> Double {
        meanLoss { rows in
            objective.loss(
                target, weights: weights, rows: rows, scores: UnsafeBufferPointer(scores.buffer), backend: backend)
        }
    }

    private var chunks: Int { (count + RowGradients.chunk - 1) / RowGradients.chunk }

    private func meanLoss(_ sum: @Sendable (Range<Int>) -> Double) -> Double {
        let chunks = chunks
        let sums = ResultSlots<Double>(chunks)
        let count = count
        kernels.parallelFor(chunks) { chunk in
            let first = chunk * RowGradients.chunk
            sums[chunk] = sum(first..<min(count, first + RowGradients.chunk))
        }
        return sums.values.reduce(0, +) / weightSum
    }

    /// The gradients of one output; nil if none is above `smallest` in any process. `whole` are the rows of all of them.
    func gradients(
        of score: Int, above smallest: Double, whole: SharedRows, wholeWeights: Buffer<Double>?
    ) throws -> RowGradients? {
        let largest = (0..<chunks).reduce(into: SIMD2<Double>.zero) { most, chunk in
            most = pointwiseMax(most, maxima.pointer[chunk * width + score])
        }
        var rows = try RowGradients(
            gradients: gradients.pointer + score, hessians: hessians.pointer + score, stride: width, largest: largest,
            above: smallest, count: whole.count, whole.communicator
        ) { fixedSums(of: score, $0) }
        guard let objective = objective as? any LeafSolving, width == 1 else { return rows }
        if whole.communicator.size == 1 {
            nonisolated(unsafe) let scores = UnsafeBufferPointer(scores.buffer)
            rows?.leafValue = { [target, weights] rows in
                objective.leafValue(target, weights: weights, rows: rows, scores: scores)
            }
        } else if rows != nil {
            let scores = try whole.communicator.gather(allScores)
            rows?.leafValue = { rows in
                scores.withUnsafeBufferPointer {
                    objective.leafValue(whole.target, weights: wholeWeights, rows: rows, scores: $0)
                }
            }
        }
        return rows
    }

    private func fixedSums(of score: Int, _ fixed: FixedPoint) -> FixedSums {
        if self.fixed[score] != fixed {
            self.fixed[score] = fixed
            let trees = TreeKernels(kernels.backend)
            kernels.parallelFor(chunks) { [self] chunk in
                let first = chunk * RowGradients.chunk
                chunkSums.pointer[chunk * width + score] = trees.fixedSums(
                    min(RowGradients.chunk, count - first), stride: width, scales: fixed.scales, shift: fixed.shift,
                    gradients: gradients.pointer + first * width + score,
                    hessians: hessians.pointer + first * width + score)
            }
        }
        return (0..<chunks).reduce(into: FixedSums()) { $0 += chunkSums.pointer[$1 * width + score] }
    }
}
