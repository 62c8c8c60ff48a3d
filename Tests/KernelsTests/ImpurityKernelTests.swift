import ApusCore
import ApusKernels
import Foundation
import Testing

/// Every variant of the kernels of impurity against a naive definition, bit for bit where integers are summed.
@Suite struct ImpurityKernelTests {
    private let random = CounterRandom(seed: 9, purpose: "impurity kernels")

    private func rule(_ outputs: Int, classes: Bool, entropy: Bool, minRows: Int = 1, rows: Int = 0) -> ImpurityRule {
        ImpurityRule(outputs: outputs, isClasses: classes, isLogarithmic: entropy, minRows: minRows, rows: rows)
    }

    /// A node's rows, their words, and the bins of a column in which not all bins occur.
    private func node(_ count: Int, _ rule: ImpurityRule, bins: Int) -> (
        rows: [UInt32], column: [UInt8], words: [Int64]
    ) {
        let rows = (0..<count).map { UInt32(3 * $0 + random.below(3, $0)) }
        let column = (0..<3 * count + 3).map {
            UInt8(random.below(bins, $0 + 5000) == 0 ? 255 : random.below(bins, $0))
        }
        let words = (0..<count).flatMap { row -> [Int64] in
            let weight = Int64(1 + random.below(9, row + 90_000))
            if rule.isClasses { return [weight << 12 | Int64(random.below(rule.outputs, row))] }
            return (0..<rule.outputs).map { Int64(random.below(2001, row * 7 + $0)) - 1000 } + [weight]
        }
        return (rows, column, words)
    }

    /// Sums and rows by bin, one row after another.
    private func cells(
        _ rule: ImpurityRule, _ node: (rows: [UInt32], column: [UInt8], words: [Int64])
    ) -> (cells: [Int64], counts: [UInt32]) {
        var cells = [Int64](repeating: 0, count: 256 * rule.width)
        var counts = [UInt32](repeating: 0, count: 256)
        for (place, row) in node.rows.enumerated() {
            let bin = Int(node.column[Int(row)])
            counts[bin] += 1
            if rule.isClasses {
                cells[bin * rule.width + Int(node.words[place] & 4095)] += node.words[place] >> 12
            } else {
                for word in 0..<rule.width { cells[bin * rule.width + word] += node.words[place * rule.width + word] }
            }
        }
        return (cells, counts)
    }

    @Test(arguments: [0, 1, 5, 300], [(1, false), (2, true), (3, true), (4, false), (40, true)])
    func `cells are what a loop over rows adds up`(count: Int, shape: (outputs: Int, classes: Bool)) {
        let rule = rule(shape.outputs, classes: shape.classes, entropy: false)
        let node = node(count, rule, bins: 40)
        let expected = cells(rule, node)
        let present = (0..<256).filter { expected.counts[$0] > 0 }.map { UInt8($0) }
        for kernels in TreeKernelTests.variants {
            for (counted, stride) in [(false, 1), (true, 1), (false, 3)] {
                let column = node.column.flatMap { [$0] + [UInt8](repeating: 7, count: stride - 1) }
                var cells = [Int64](repeating: 0, count: 256 * rule.width)
                var counts = [UInt32](repeating: 0, count: 256)
                var found = [UInt8](repeating: 0, count: 256)
                let bins = counts.withUnsafeMutableBufferPointer {
                    kernels.addToCells(
                        count, rule: rule, rows: node.rows, column: column, stride: stride, values: node.words,
                        cells: &cells,
                        counts: counted ? $0.baseAddress : nil, present: &found)
                }
                #expect(cells == expected.cells)
                #expect(counts == (counted ? expected.counts : [UInt32](repeating: 0, count: 256)))
                #expect(Array(found[..<bins]) == present)
            }
            let width = rule.isClasses ? 1 : rule.width
            let source = (0..<(3 * count + 3) * width).map { Int64($0 * $0) }
            var gathered = [Int64](repeating: -1, count: count * width)
            kernels.gather(
                count, width: width, rows: node.rows, fetching: node.column, stride: 1, source: source, into: &gathered)
            #expect(gathered == node.rows.flatMap { row in (0..<width).map { source[Int(row) * width + $0] } })
        }
    }

    /// How pure one side is, by the textbook: minus its weight times its impurity, up to a constant of the node.
    private func purity(_ rule: ImpurityRule, _ sums: [Int64]) -> Double {
        let outputs = sums.prefix(rule.outputs).map(Double.init)
        let weight = rule.isClasses ? outputs.reduce(0, +) : Double(sums[rule.outputs])
        func information(_ share: Double) -> Double { share > 0 ? share * log(share) : 0 }
        guard rule.isLogarithmic else { return outputs.reduce(0) { $0 + $1 * $1 } / weight }
        return weight
            * outputs.reduce(0) {
                $0 + information($1 / weight) + (rule.isClasses ? 0 : information(1 - $1 / weight))
            }
    }

    @Test(
        arguments: [2, 3, 30, 200],
        [(1, false, false), (2, true, false), (2, true, true), (5, true, true), (3, false, true)])
    func `the best cut is the best of all cuts`(bins: Int, shape: (outputs: Int, classes: Bool, entropy: Bool)) {
        for trial in 0..<12 {
            let minRows = trial % 3 == 0 ? 1 : 4
            let count = 60 + 10 * trial
            var rule = rule(
                shape.outputs, classes: shape.classes, entropy: shape.entropy, minRows: minRows, rows: count)
            rule.rows = count
            var node = node(count, rule, bins: bins)
            // Labels hold or do not.
            if !rule.isClasses, rule.isLogarithmic {
                for row in 0..<count {
                    for output in 0..<rule.outputs {
                        node.words[row * rule.width + output] =
                            random.below(2, trial * 999 + row * 3 + output) == 0
                            ? 0 : node.words[row * rule.width + rule.outputs]
                    }
                }
            }
            let (cells, counts) = cells(rule, node)
            let order = (0..<255).filter { counts[$0] > 0 }.map { UInt8($0) }
            guard order.count > 1 else { continue }
            let total = (0..<rule.width).map { word in (0..<256).reduce(Int64(0)) { $0 + cells[$1 * rule.width + word] }
            }
            let missingLeft = trial % 2 == 1
            let to = order.count - (missingLeft || counts[255] == 0 ? 1 : 0)
            let from = trial % 5 == 4 ? to : 1

            var expected: (score: Double, prefix: Int, left: [Int64])?
            for prefix in from...to {
                let left = (missingLeft ? [UInt8(255)] : []) + order.prefix(prefix)
                let rows = left.reduce(0) { $0 + Int(counts[Int($1)]) }
                guard rows >= minRows, count - rows >= minRows else { continue }
                let sums = (0..<rule.width).map { word in
                    left.reduce(Int64(0)) { $0 + cells[Int($1) * rule.width + word] }
                }
                let score = purity(rule, sums) + purity(rule, zip(total, sums).map { $0 - $1 })
                if score > (expected?.score ?? -.infinity) + 1e-9 { expected = (score, prefix, sums) }
            }
            let found = TreeKernelTests.variants.map { kernels -> (Int, Double, [Int64]) in
                var best = -Double.infinity
                var bestLeft = [Int64](repeating: 0, count: rule.width)
                var scratch = bestLeft
                let start = Array(cells[(255 * rule.width)...])
                let prefix = kernels.scanImpurity(
                    rule, prefixes: from...to, order: order, total: total, start: missingLeft ? start : nil,
                    startRows: missingLeft ? Int(counts[255]) : 0, cells: cells, counts: counts, scratch: &scratch,
                    best: &best, bestLeft: &bestLeft)
                return (prefix, best, bestLeft)
            }
            #expect(found.allSatisfy { $0 == found[0] })
            #expect(found[0].0 == expected?.prefix ?? 0)
            guard let expected else { continue }
            // Scores add up to 256 terms of logarithms good to 4e-16.
            #expect(abs(found[0].1 - expected.score) <= 1e-11 * max(1, abs(expected.score)))
            #expect(found[0].2 == expected.left)
            let own = total.withUnsafeBufferPointer { rule.score($0.baseAddress.unsafelyUnwrapped) }
            #expect(abs(own - purity(rule, total)) <= 1e-11 * max(1, abs(own)))
        }
    }
}
