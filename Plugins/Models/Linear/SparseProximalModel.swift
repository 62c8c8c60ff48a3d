import ApusCore
import ApusKernels

/// The second-order model of one score's loss over sparse rows, minimised over the entries of the columns in use, without
/// the products of columns with each other.
///
/// Cost of a step: some sweeps over the entries of the columns that are in use or that the slope calls for. Memory: the
/// entries a second time, by columns.
struct SparseProximalModel: ProximalModel {
    /// With the variables as coefficients of the standardised elements.
    private let loss: LogisticLoss
    private let design: SparseDesign
    private let columns: SparseRows
    /// The penalty of each element's absolute coefficient.
    private let l1: [Double]

    /// A sweep costs what the entries do, so that no column needs to be kept out.
    let capacity: Int? = nil

    init(loss: LogisticLoss, design: SparseDesign, l1: [Double], in context: RunContext) throws {
        guard context.communicator.size == 1 else {
            throw ApusError("an L1 penalty on vectors works on one process", kind: .usage)
        }
        self.loss = loss
        self.design = design
        self.l1 = l1
        columns = try design.x.transposed()
    }

    private var width: Int { loss.width }

    func direction(
        _ part: ProximalNewton.Part, from reached: ProximalNewton.Reached, tol: Double, _ kernels: Kernels,
        in context: RunContext
    ) throws -> [Double] {
        var direction = [Double](repeating: 0, count: reached.point.count)
        for (score, working) in zip(part.scores, part.columns) {
            let own = score * width..<(score + 1) * width
            let (curvatures, slopes) = try rows(score, reached.point, kernels)
            let total = curvatures.reduce(0, +)
            let measured = measure(working, curvatures, total, kernels)
            // In coefficients of x itself, of which a standardised one is the part 1 / factor.
            let before = zip(reached.point[own], design.factors).map { $0 * $1 }
            let problem = try SparseDescent(
                columns: columns, means: loss.hasIntercept ? measured.means : [Double](repeating: 0, count: width),
                weights: curvatures, total: total, curvatures: measured.curvatures, isPositive: false)
            let residuals = zip(slopes, curvatures).map { -$0 / $1 }
            let start = loss.hasIntercept ? slopes.reduce(0, +) / total : 0
            var descent = SparseCoordinateDescent(problem, start: before, residuals: residuals, shift: start)
            // The descent ends by steps times the roots of their curvatures, which are sums over the rows.
            _ = try descent.minimise(
                working.map { Int32($0) }, l1: zip(l1, design.factors).map { loss.total * $0 / $1 },
                l2: zip(loss.penalties, design.factors).map { loss.total * $0 / ($1 * $1) },
                tol: 0.1 * tol * loss.total.squareRoot(), maxIter: 1000, kernels, in: context)
            var lift = -descent.shift
            for place in working {
                let change = descent.u[place] - before[place]
                direction[own.lowerBound + place] = change / design.factors[place]
                lift += change * design.shifts[place]
            }
            if loss.hasIntercept { direction[loss.scores * width + score] = lift }
        }
        return direction
    }

    /// Each row's weight times the curvature and the slope of its loss by the score.
    private func rows(
        _ score: Int, _ point: [Double], _ kernels: Kernels
    ) throws -> (curvatures: Buffer<Double>, slopes: [Double]) {
        let shares = try loss.shares(at: point, kernels)[score]
        let wanted = Int32(loss.scores == 1 ? 1 : score)
        var slopes = [Double](repeating: 0, count: shares.count)
        let curvatures = Buffer<Double>(count: shares.count) { target in
            for row in target.indices {
                let (share, weight) = (shares[row], loss.weights?[row] ?? 1)
                slopes[row] = weight * (share - (loss.labels[row] == wanted ? 1 : 0))
                target[row] = max(weight, .leastNormalMagnitude) * max(share * (1 - share), Self.leastCurvature)
            }
        }
        return (curvatures, slopes)
    }

    /// The mean and the curvature of the working columns under these weights.
    private func measure(
        _ working: [Int], _ weights: Buffer<Double>, _ total: Double, _ kernels: Kernels
    ) -> (means: [Double], curvatures: [Double]) {
        var means = [Double](repeating: 0, count: width)
        var curvatures = means
        let isCentred = loss.hasIntercept
        means.withUnsafeMutableBufferPointer { means in
            curvatures.withUnsafeMutableBufferPointer { curvatures in
                nonisolated(unsafe) let (means, curvatures) = (means, curvatures)
                let run = 64
                kernels.parallelFor((working.count + run - 1) / run) { part in
                    let weights = weights.unsafePointer
                    let (indices, values) = (columns.indices.unsafePointer, columns.values.unsafePointer)
                    for place in working[part * run..<min(working.count, (part + 1) * run)] {
                        let entries = columns.entries(of: place)
                        var (sum, seen, squares) = (0.0, 0.0, 0.0)
                        for entry in entries {
                            sum += weights[Int(indices[entry])] * values[entry]
                            seen += weights[Int(indices[entry])]
                        }
                        let mean = isCentred ? sum / total : 0
                        for entry in entries {
                            let difference = values[entry] - mean
                            squares += weights[Int(indices[entry])] * (difference * difference)
                        }
                        means[place] = mean
                        curvatures[place] = squares + max(0, total - seen) * mean * mean
                    }
                }
            }
        }
        return (means, curvatures)
    }
}
