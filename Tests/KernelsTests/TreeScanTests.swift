import ApusCore
import ApusKernels
import Testing

/// The search for splits against trying every one, and all variants against each other.
@Suite struct TreeScanTests {
    private let random = CounterRandom(seed: 6, purpose: "tree scan")

    /// A column's cells, exact counts, and the leaf's totals; gradients and hessians are of unit scale.
    private func column(
        _ bins: Int, _ trial: Int, missing: Bool, minCount: Double, lambda: Double = 0.5, alpha: Double = 0,
        bounds: (lower: Double, upper: Double) = (-.infinity, .infinity)
    ) -> (cells: [UInt64], counts: [UInt64], leaf: TreeLeafTotals) {
        var cells = [UInt64](repeating: 0, count: TreeLayout.stride)
        var counts = cells
        var (gradient, hessian, count): (Int64, Int64, Int64) = (0, 0, 0)
        for bin in Array(0..<bins) + (missing ? [TreeLayout.missing] : []) {
            let rows = Int64(random.below(40, trial * 1000 + bin))
            let g = Int64(random.below(2001, trial * 1000 + bin + 300)) - 1000
            guard rows > 0 else { continue }
            cells[bin] = UInt64(bitPattern: g << 32) &+ UInt64(rows * 10)
            counts[bin] = UInt64(rows)
            gradient += g
            hessian += rows * 10
            count += rows
        }
        let leaf = TreeLeafTotals(
            gradientUnit: 0.01, hessianUnit: 0.1, lambda: lambda, alpha: alpha, bounds: bounds, minHessian: 1e-3,
            minCount: minCount, gradient: Double(gradient), hessian: Double(hessian), count: Double(count))
        return (cells, counts, leaf)
    }

    private func gain(_ leaf: TreeLeafTotals, _ gradient: Int64, _ hessian: Int64, _ lambda: Double) -> Double? {
        let left = Double(gradient) * 0.01
        let right = (leaf.gradient - Double(gradient)) * 0.01
        let (leftH, rightH) = (Double(hessian) * 0.1, (leaf.hessian - Double(hessian)) * 0.1)
        // Ten units of hessian a row.
        let rows = Double(hessian) / 10
        guard leftH > 1e-3, rightH > 1e-3, rows >= leaf.minCount, leaf.count - rows >= leaf.minCount else { return nil }
        return left * left / (leftH + lambda) + right * right / (rightH + lambda)
    }

    private func runningSums(_ cells: [UInt64], _ bins: Int) -> [UInt64] {
        var sums = cells
        for bin in 0..<bins where bin > 0 { sums[bin] &+= sums[bin - 1] }
        return sums
    }

    private func unpack(_ cell: UInt64) -> (Int64, Int64) {
        (Int64(Int32(truncatingIfNeeded: cell >> 32)), Int64(UInt32(truncatingIfNeeded: cell)))
    }

    @Test(arguments: [0, 1, 2, 3, 30, 255], [false, true])
    func `the best threshold is the best of all thresholds`(bins: Int, missing: Bool) {
        for trial in 0..<30 {
            let (cells, counts, leaf) = column(bins, trial, missing: missing, minCount: Double(trial % 3 * 15))
            var best: Double?
            for missingLeft in missing ? [false, true] : [false] {
                var (g, h) = missingLeft ? unpack(cells[255]) : (0, 0)
                for bin in 0..<bins {
                    let (cellG, cellH) = unpack(cells[bin])
                    (g, h) = (g + cellG, h + cellH)
                    if let gain = gain(leaf, g, h, 0.5) { best = max(best ?? gain, gain) }
                }
            }
            let sums = runningSums(cells, bins)
            let splits = TreeKernelTests.variants.flatMap { kernels in
                [
                    kernels.scan(bins: bins, leaf: leaf, sums: sums, counts: nil),
                    kernels.scan(bins: bins, leaf: leaf, sums: sums, counts: runningSums(counts, bins)),
                ]
            }
            #expect(splits.allSatisfy { $0 == splits[0] })
            for kernels in TreeKernelTests.variants {
                let same = kernels.scan(bins: bins, leaf: leaf, floor: splits[0].gain, sums: sums, counts: nil)
                #expect(same == TreeSplit())
                let below = max(-1, splits[0].gain.nextDown)
                let above = kernels.scan(bins: bins, leaf: leaf, floor: below, sums: sums, counts: nil)
                #expect(above == splits[0])
            }
            guard let best else {
                #expect(splits[0].gain < 0)
                continue
            }
            #expect(abs(splits[0].gain - best) <= 1e-12 * best)
            let side = (0...Int(splits[0].bin)).map { cells[$0] } + (splits[0].missingLeft == 1 ? [cells[255]] : [])
            #expect(side.reduce(0) { $0 + unpack($1).0 } == splits[0].leftGradient)
            #expect(side.reduce(0) { $0 + unpack($1).1 } == splits[0].leftHessian)
        }
    }

    /// Thresholds that hardly differ, sums near the ends of their ranges, leaves as small as the least allows, penalties
    /// that no single-precision number could carry: the screen in front of the exact gains must let none of it through.
    @Test func `all variants choose the same threshold bit for bit, however close the others come`() {
        for trial in 0..<2000 {
            let bins = [1, 2, 15, 16, 17, 33, 64, 200, 254, 255][trial % 10]
            let isHuge = trial % 3 == 0
            let missing = trial % 4 == 0
            var cells = (0..<TreeLayout.stride).map { random[$0 + 1000 * trial] }  // whatever stands there
            cells[TreeLayout.missing] = 0
            var (gradient, hessian): (Int64, Int64) = (0, 0)
            for bin in Array(0..<bins) + (missing ? [TreeLayout.missing] : []) {
                let isEmpty = trial % 5 == 0 && random.below(8, trial * 300 + bin) > 0
                let drawn = Int64(random.below(3, trial * 300 + bin))
                let g: Int64 = isHuge ? (1 << 22) - drawn : Int64(bin & 1) * 2 - 1
                let h: Int64 = isHuge ? (1 << 23) - drawn : 1 + Int64((trial % 2 * bin) & 3)
                cells[bin] = isEmpty ? 0 : UInt64(bitPattern: (g << 32) + h)
                if !isEmpty { (gradient, hessian) = (gradient + g, hessian + h) }
            }
            let unit: Double = [1, 1 / 65_535, 1e-150, 1e140][trial % 4]
            let lambda: Double = [0, 1, 1e100, 1e-9][trial / 4 % 4] * unit
            let minHessian: Double = [1e-3, 1e-300, 5 * unit][trial % 3]
            let leaf = TreeLeafTotals(
                gradientUnit: 1 / 32_767, hessianUnit: unit, lambda: lambda, minHessian: minHessian,
                minCount: Double(1 + trial / 7 % 20),
                gradient: Double(gradient), hessian: Double(hessian), count: Double(hessian / Int64(1 + trial % 3)))
            let sums = runningSums(cells, bins)
            let counts = (0..<TreeLayout.stride).map { UInt64(random.below(3, $0 + trial)) }
            for counts in [nil, runningSums(counts, bins)] {
                let splits = TreeKernelTests.variants.map {
                    $0.scan(bins: bins, leaf: leaf, floor: trial % 6 == 0 ? 0 : -1, sums: sums, counts: counts)
                }
                #expect(splits.allSatisfy { $0 == splits[0] }, "trial \(trial)")
            }
        }
    }

    @Test(arguments: [0, 1, 2, 7, 8, 9, 100, 255])
    func `running sums of a part leave the other part's in the whole`(bins: Int) {
        var parts = [[UInt64]](repeating: [UInt64](repeating: 77, count: TreeLayout.stride), count: 2)
        for part in 0..<2 {
            for bin in Array(0..<bins) + [TreeLayout.missing] { parts[part][bin] = random[bin + 300 * part] }
        }
        let whole = zip(parts[0], parts[1]).map { $0 &+ $1 }
        let used = Array(0..<bins) + [TreeLayout.missing]
        for kernels in TreeKernelTests.variants {
            var (cells, rest) = (parts[0], whole)
            kernels.runningSums(bins: bins, &rest)
            #expect(rest == runningSums(whole, bins))
            kernels.runningSums(bins: bins, &cells, from: &rest)
            #expect(cells == runningSums(parts[0], bins))
            let expected = runningSums(parts[1], bins)
            #expect(used.allSatisfy { rest[$0] == expected[$0] })
        }
    }

    @Test(arguments: [-1, 0, 1], [0, 0.7])
    func `bounds, directions and an L1 penalty leave the best threshold that obeys them`(
        direction: Int, alpha: Double
    ) {
        for trial in 0..<60 {
            let (cells, counts, leaf) = column(
                40, trial + 200, missing: trial % 2 == 0, minCount: 5, alpha: alpha,
                bounds: trial % 3 > 0 ? (-0.02 * Double(trial % 5), 0.03) : (-.infinity, .infinity))
            let (sums, countSums) = (runningSums(cells, 40), runningSums(counts, 40))
            var best = -1.0
            for missingLeft in trial % 2 == 0 && counts[255] > 0 ? [false, true] : [false] {
                var (g, h) = missingLeft ? unpack(cells[255]) : (0, 0)
                for bin in 0..<40 {
                    let (cellG, cellH) = unpack(cells[bin])
                    (g, h) = (g + cellG, h + cellH)
                    guard gain(leaf, g, h, 0.5) != nil else { continue }
                    let left = side(leaf, Double(g) * 0.01, Double(h) * 0.1 + 0.5)
                    let right = side(leaf, (leaf.gradient - Double(g)) * 0.01, (leaf.hessian - Double(h)) * 0.1 + 0.5)
                    if Double(direction) * (right.value - left.value) < 0 { continue }
                    best = max(best, left.gain + right.gain)
                }
            }
            let splits = TreeKernelTests.variants.flatMap { kernels in
                [
                    kernels.scan(bins: 40, direction: direction, leaf: leaf, sums: sums, counts: nil),
                    kernels.scan(bins: 40, direction: direction, leaf: leaf, sums: sums, counts: countSums),
                ]
            }
            #expect(splits.allSatisfy { $0 == splits[0] })
            if best < 0 {
                #expect(splits[0].gain < 0)
            } else {
                #expect(abs(splits[0].gain - best) <= 1e-12 * max(1, best))
            }
        }
    }

    /// The value in the bounds at which `α|w| + Gw + (H+λ)w²/2` is least, found by trying, and minus twice
    /// that.
    private func side(_ leaf: TreeLeafTotals, _ gradient: Double, _ hessian: Double) -> (value: Double, gain: Double) {
        let candidates = [
            leaf.bounds.lower, leaf.bounds.upper, 0, -(gradient - leaf.alpha) / hessian,
            -(gradient + leaf.alpha) / hessian,
        ].filter { $0.isFinite }.map { min(max($0, leaf.bounds.lower), leaf.bounds.upper) }
        func loss(_ value: Double) -> Double {
            leaf.alpha * abs(value) + gradient * value + hessian * value * value / 2
        }
        let value = candidates.min { loss($0) < loss($1) } ?? 0
        return (value, -2 * loss(value))
    }

    @Test(arguments: [1, 2, 4, 5, 8, 40, 255], [false, true])
    func `subsets of categories are those that the rules allow, and the best of them`(bins: Int, missing: Bool) {
        var rules = CategoryRules()
        rules.minGroup = 1
        rules.smoothing = 2
        for trial in 0..<30 {
            let (cells, counts, leaf) = column(bins, trial + 50, missing: missing, minCount: Double(trial % 2 * 10))
            let found = TreeKernelTests.variants.flatMap { kernels in
                [
                    kernels.scanCategories(bins: bins, leaf: leaf, rules: rules, cells: cells, counts: nil),
                    kernels.scanCategories(bins: bins, leaf: leaf, rules: rules, cells: cells, counts: counts),
                ]
            }
            let (split, left) = found[0]
            #expect(found.allSatisfy { $0.split == split && (split.gain < 0 || $0.left == left) })
            let present = (0..<256).filter { counts[$0] > 0 }
            let ordered = present.count > 4
            var best = -1.0
            if ordered {
                let sorted = present.filter { counts[$0] >= 2 }.sorted { one, other in
                    let (a, b) = (unpack(cells[one]), unpack(cells[other]))
                    let keyA = Double(a.0) * 0.01 / (Double(a.1) * 0.1 + 2)
                    let keyB = Double(b.0) * 0.01 / (Double(b.1) * 0.1 + 2)
                    return (keyA, one) < (keyB, other)
                }
                for order in [sorted, sorted.reversed()] {
                    var (g, h): (Int64, Int64) = (0, 0)
                    for bin in order.prefix(min(32, (sorted.count + 1) / 2)) {
                        let (cellG, cellH) = unpack(cells[bin])
                        (g, h) = (g + cellG, h + cellH)
                        best = max(best, gain(leaf, g, h, 10.5) ?? -1)
                    }
                }
            } else {
                for bin in present {
                    let (g, h) = unpack(cells[bin])
                    best = max(best, gain(leaf, g, h, 0.5) ?? -1)
                }
            }
            #expect(abs(split.gain - best) <= 1e-12 * abs(best))
            guard split.gain >= 0 else { continue }
            #expect((split.bin == 1) == ordered)
            let side = (0..<256).filter { left.contains($0) }.map { cells[$0] }
            #expect(side.reduce(0) { $0 + unpack($1).0 } == split.leftGradient)
            #expect(side.reduce(0) { $0 + unpack($1).1 } == split.leftHessian)
        }
    }
}
