/// The pure-Swift twin of `ck_trees.h`: the search for splits.
extension SwiftTrees {
    @inline(__always)
    private static func gradient(_ cell: UInt64) -> Double { Double(Int32(truncatingIfNeeded: cell >> 32)) }

    @inline(__always)
    private static func hessian(_ cell: UInt64) -> Double { Double(UInt32(truncatingIfNeeded: cell)) }

    /// The gain of both sides, or -1 where one is too small or the direction is wrong.
    @inline(__always)
    private static func gain(
        _ leaf: TreeLeafTotals, _ lambda: Double, _ gradient: Double, _ hessian: Double, _ count: Double,
        bounded: Bool, direction: Int = 0
    ) -> Double {
        let left = gradient * leaf.gradientUnit
        let right = (leaf.gradient - gradient) * leaf.gradientUnit
        let leftHessian = hessian * leaf.hessianUnit
        let rightHessian = (leaf.hessian - hessian) * leaf.hessianUnit
        // Counts may be estimates: half a row of slack keeps exact ones exact.
        guard
            leftHessian >= leaf.minHessian, rightHessian >= leaf.minHessian, count + 0.5 >= leaf.minCount,
            leaf.count - count + 0.5 >= leaf.minCount
        else { return -1 }
        if bounded {
            let onLeft = leaf.side(gradient: left, hessian: leftHessian + lambda)
            let onRight = leaf.side(gradient: right, hessian: rightHessian + lambda)
            let gain = onLeft.gain + onRight.gain
            return Double(direction) * (onRight.value - onLeft.value) >= 0 && gain >= 0 ? gain : -1
        }
        return left * left / (leftHessian + lambda) + right * right / (rightHessian + lambda)
    }

    static func runningSums(
        _ bins: Int, _ cells: UnsafeMutablePointer<UInt64>, _ whole: UnsafeMutablePointer<UInt64>?
    ) {
        var sum: UInt64 = 0
        for bin in 0..<bins {
            sum &+= cells[bin]
            cells[bin] = sum
        }
        guard let whole else { return }
        for bin in 0..<bins { whole[bin] &-= cells[bin] }
        whole[TreeLayout.missing] &-= cells[TreeLayout.missing]
    }

    static func scan(
        _ bins: Int, _ direction: Int, _ leaf: TreeLeafTotals, _ floor: Double, _ sums: UnsafePointer<UInt64>,
        _ counts: UnsafePointer<UInt64>?
    ) -> TreeSplit {
        var best = TreeSplit()
        best.gain = floor
        var isFound = false
        let bounded = leaf.isBounded(direction)
        let missing = sums[TreeLayout.missing]
        let missingCount = counts?[TreeLayout.missing] ?? 0

        func scanSide(_ thresholds: Int, _ start: UInt64, _ startCount: UInt64, _ missingLeft: Int32) {
            for bin in 0..<max(0, thresholds) {
                let sum = sums[bin] &+ start
                let (g, h) = (gradient(sum), hessian(sum))
                var count = h * leaf.countUnit
                if let counts { count = hessian(counts[bin] &+ startCount) }
                let gain = gain(leaf, leaf.lambda, g, h, count, bounded: bounded, direction: direction)
                if gain > best.gain {
                    isFound = true
                    best.gain = gain
                    best.leftGradient = Int64(g)
                    best.leftHessian = Int64(h)
                    best.bin = Int32(bin)
                    best.missingLeft = missingLeft
                }
            }
        }

        if missing == 0, missingCount == 0 {
            scanSide(bins - 1, 0, 0, -1)
        } else {
            scanSide(bins, 0, 0, 0)
            scanSide(bins - 1, missing, missingCount, 1)
        }
        return isFound ? best : TreeSplit()
    }

    static func scanCategories(
        _ bins: Int, _ leaf: TreeLeafTotals, _ rules: CategoryRules, _ cells: UnsafePointer<UInt64>,
        _ counts: UnsafePointer<UInt64>?
    ) -> (split: TreeSplit, left: BinSet) {
        var best = TreeSplit()
        var left = BinSet()
        let bounded = leaf.isBounded(0)
        func rows(_ bin: Int) -> Double { counts.map { hessian($0[bin]) } ?? hessian(cells[bin]) * leaf.countUnit }
        let present = (Array(0..<bins) + [TreeLayout.missing]).filter { rows($0) > 0 }
        let missingHere = present.last == TreeLayout.missing

        func keep(_ gain: Double, _ sum: UInt64) {
            best.gain = gain
            best.leftGradient = Int64(Int32(truncatingIfNeeded: sum >> 32))
            best.leftHessian = Int64(UInt32(truncatingIfNeeded: sum))
        }

        if present.count <= rules.oneVersusRest {
            for bin in present {
                let gain = gain(
                    leaf, leaf.lambda, gradient(cells[bin]), hessian(cells[bin]), rows(bin), bounded: bounded)
                if gain > best.gain {
                    keep(gain, cells[bin])
                    left = BinSet()
                    left.insert(bin)
                }
            }
        } else {
            func key(_ bin: Int) -> Double {
                gradient(cells[bin]) * leaf.gradientUnit
                    / (hessian(cells[bin]) * leaf.hessianUnit + rules.smoothing)
            }
            let ordered = present.filter { !(rows($0) + 0.5 < rules.smoothing) }.map { (key: key($0), bin: $0) }
                .sorted { ($0.key, $0.bin) < ($1.key, $1.bin) }.map(\.bin)
            let most = min((ordered.count + 1) / 2, rules.maxSubset)
            for order in [ordered, ordered.reversed()] {
                var sum: UInt64 = 0
                var (count, group) = (0.0, 0.0)
                var subset = BinSet()
                for bin in order.prefix(most) {
                    sum &+= cells[bin]
                    count += rows(bin)
                    group += rows(bin)
                    subset.insert(bin)
                    if leaf.count - count + 0.5 < rules.minGroup { break }
                    if group + 0.5 < rules.minGroup { continue }
                    let gain = gain(
                        leaf, leaf.lambda + rules.subsetLambda, gradient(sum), hessian(sum), count, bounded: bounded)
                    if gain >= 0 { group = 0 }
                    if gain > best.gain {
                        keep(gain, sum)
                        left = subset
                        best.bin = 1
                    }
                }
            }
        }
        if best.gain >= 0, missingHere { best.missingLeft = left.contains(TreeLayout.missing) ? 1 : 0 }
        return (best, left)
    }
}
