import ApusCore
import ApusKernels
import Testing

/// Every variant of the batch prediction kernels against a naive definition, bit for bit.
@Suite struct ForestKernelTests {
    private static let variants = TreeKernelTests.variants
    private let random = CounterRandom(seed: 11, purpose: "forest kernels")

    /// Memory for blocks, or for 64 planes each.
    private func blocks<Word: BitwiseCopyable>(_ count: Int, _ word: Word) -> UnsafeMutablePointer<Word> {
        let words = count * ForestLayout.rows
        let memory = UnsafeMutableRawPointer.allocate(byteCount: words * MemoryLayout<Word>.stride, alignment: 64)
            .bindMemory(to: Word.self, capacity: words)
        memory.initialize(repeating: word, count: words)
        return memory
    }

    @Test func `a block holds each row once`() {
        #expect(Set((0..<ForestLayout.rows).map(ForestLayout.byte)) == Set(0..<ForestLayout.rows))
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 100, 128, 200, 255], [0, 1, 9, 64, 65, 511, 512])
    func `the rank of a value is the number of thresholds below it`(thresholds: Int, count: Int) {
        let sorted = (0..<thresholds).map { Double($0 - thresholds / 2) * 0.37 }
        let steps = Int.bitWidth - thresholds.leadingZeroBitCount
        var bounds = [Double](repeating: .infinity, count: max(ForestLayout.leastBounds, 1 << steps))
        for level in 0..<steps {
            for place in 0..<1 << level {
                let rank = (2 * place + 1) << (steps - 1 - level) - 1
                if rank < thresholds { bounds[1 << level + place] = sorted[rank] }
            }
        }
        let values = (0..<count).map { row -> Double in
            let threshold = sorted.isEmpty ? -0.0 : sorted[random.below(thresholds, row)]
            return switch row % 12 {
            case 0: .nan
            case 1: .infinity
            case 2: -.infinity
            case 3: threshold
            case 4: -0.0
            case 5: threshold.nextUp
            case 6: threshold.nextDown
            case 7: row % 24 == 7 ? 1e300 : -.leastNonzeroMagnitude
            default: (random.unit(row) - 0.5) * Double(thresholds + 2) * 0.4
            }
        }
        let (right, left) = (blocks(2, Int8(1)), blocks(2, Int8(1)))
        defer {
            right.deallocate()
            left.deallocate()
        }
        func check(_ values: [Double], _ kernels: TreeKernels) {
            for row in 0..<count {
                let rank = Int8(sorted.count { $0 < values[row] } - 128)
                #expect(right[ForestLayout.byte(row)] == (values[row].isNaN ? 127 : rank))
                #expect(left[ForestLayout.byte(row)] == (values[row].isNaN ? -128 : rank))
            }
            #expect((512..<1024).allSatisfy { right[$0] == 1 && left[$0] == 1 })
        }
        for kernels in Self.variants {
            kernels.rank(count, steps: steps, bounds: bounds, values: values, right: right, left: left)
            check(values, kernels)
            let floats = values.map { Float($0) }
            kernels.rank(count, steps: steps, bounds: bounds, values: floats, right: right, left: left)
            check(floats.map(Double.init), kernels)
            // Doubles that floats hold: none is near a threshold without being on its side as a float.
            kernels.rank(
                count, steps: steps, bounds: bounds, values: floats.map(Double.init), right: right, left: left)
            check(floats.map(Double.init), kernels)
        }
    }

    @Test(arguments: [0, 1, 3])
    func `a block of a set tells which rows it sends right`(groups: Int) {
        let stride = 257
        let table = (0..<groups * stride).map { UInt8(truncatingIfNeeded: random[$0]) }
        let rows = ForestLayout.rows
        let indices = (0..<rows).map { UInt16(random.below(stride, $0 + 5000)) }
        for kernels in Self.variants {
            let columns = blocks(8 * groups + 1, Int8(5))
            defer { columns.deallocate() }
            kernels.sets(groups, tableStride: stride, table: table, indices: indices, columns: columns)
            for set in 0..<8 * groups {
                for row in 0..<rows {
                    let bit = table[set / 8 * stride + Int(indices[row])] >> UInt8(set % 8) & 1
                    #expect(columns[set * rows + ForestLayout.byte(row)] == (bit == 1 ? 0 : -1))
                }
            }
            #expect((0..<rows).allSatisfy { columns[8 * groups * rows + $0] == 5 })
        }
    }

    @Test(arguments: [0, 1, 9, 64, 65, 128, 511, 512], [1, 30])
    func `a mask has the rows whose byte is above its threshold`(count: Int, together: Int) {
        let columns = blocks(3, Int8(0))
        let planes = blocks(10, UInt64(7))
        defer {
            columns.deallocate()
            planes.deallocate()
        }
        for cell in 0..<3 * ForestLayout.rows { columns[cell] = Int8(truncatingIfNeeded: random[cell]) }
        let edges: [Int8] = [-128, 127, 0, -1, 15]
        let masks = (0..<20 * together).map { index in
            ForestMask(
                column: index / together % 3,
                threshold: index % 4 > 0 ? Int8(truncatingIfNeeded: random[index + 9000]) : edges[index / 4 % 5])
        }
        for kernels in Self.variants {
            masks.withUnsafeBufferPointer { kernels.masks(count, masks: $0, columns: columns, planes: planes) }
            for (index, mask) in masks.enumerated() {
                for row in 0..<count {
                    let byte = ForestLayout.byte(row)
                    let bit = planes[ForestLayout.words * index + byte / 64] >> UInt64(byte % 64) & 1
                    #expect((bit == 1) == (columns[ForestLayout.rows * Int(mask.column) + byte] > mask.threshold))
                }
            }
            #expect(planes[ForestLayout.words * masks.count] == 7)
        }
    }

    /// Trees of random splits, and the leaves that the rows of a block reach in them.
    private struct Trees {
        static let masks = 12
        static let firstMask = ForestLayout.firstPath + 2 * 40
        var trees: [ForestTree] = []
        var splits: [ForestSplit] = []
        var leaves = 0
        var reached: [[Int]] = []

        init(_ count: Int, _ masks: [[Bool]], bits: Int, _ random: CounterRandom) {
            let rows = ForestLayout.rows
            for tree in 0..<count {
                var key = tree * 10_000
                func below(_ bound: Int) -> Int {
                    key += 1
                    return random.below(bound, key)
                }
                let first = splits.count
                let paths = [0, 1, 7, 40][tree % 4]
                var planes = [[Bool](repeating: true, count: rows)]
                /// A split of any planes that there are, and the rows in both.
                func split() -> (rows: [Bool], mask: [Bool]) {
                    let (rows, mask) = (below(planes.count), below(Self.masks + 1))
                    // Behind the last mask stands the plane of all rows.
                    splits.append(
                        ForestSplit(rows: rows, mask: mask < Self.masks ? Self.firstMask + mask : ForestLayout.allRows))
                    return (planes[rows], mask < Self.masks ? masks[mask] : planes[ForestLayout.allRows])
                }
                for _ in 0..<paths {
                    let (rows, mask) = split()
                    planes.append(zip(rows, mask).map { $0 && !$1 })
                    planes.append(zip(rows, mask).map { $0 && $1 })
                }
                var flips = [Int](repeating: 0, count: bits)
                var leaf = [Int](repeating: 0, count: rows)
                for bit in (0..<bits).reversed() {
                    flips[bit] = below(9)
                    for _ in 0..<flips[bit] {
                        let (rows, mask) = split()
                        for row in rows.indices where rows[row] && mask[row] { leaf[row] ^= 1 << bit }
                    }
                }
                trees.append(ForestTree(split: first, paths: paths, leaf: leaves, flips: flips))
                leaves += 1 << bits
                // From Gray code.
                reached.append(leaf.map { code in (0..<bits).reduce(0) { $0 ^ code >> $1 } })
            }
        }
    }

    @Test(
        arguments: [(0, 3), (1, 0), (1, 5), (13, 5), (3, 8), (4, 8), (27, 8), (20, 9)],
        [0, 1, 5, 64, 65, 200, 511, 512])
    func `splitting planes adds the leaf that each row reaches`(size: (trees: Int, bits: Int), count: Int) {
        let words = ForestLayout.words
        let bits = (0..<Trees.masks * words).map { random[$0] }
        let masks = (0..<Trees.masks).map { mask in
            (0..<ForestLayout.rows).map { row in
                let byte = ForestLayout.byte(row)
                return bits[mask * words + byte / 64] >> UInt64(byte % 64) & 1 == 1
            }
        }
        let layout = Trees(size.trees, masks, bits: size.bits, random)
        let planes = blocks((Trees.firstMask + Trees.masks + 63) / 64, UInt64(0))
        defer { planes.deallocate() }
        planes.update(repeating: .max, count: words)
        for (index, word) in bits.enumerated() { planes[Trees.firstMask * words + index] = word }
        for width in [1, 2, 3, 10] {
            let values = (0..<layout.leaves * width + ForestLayout.padding).map { random.unit($0 + 9000) - 0.5 }
            // One number a leaf goes to every second sum.
            let stride = width == 1 ? 2 : width
            let start = (0..<count * stride).map { random.unit($0 + 77) }
            var expected = start
            for (tree, leaves) in zip(layout.trees, layout.reached) {
                for row in 0..<count {
                    for output in 0..<width {
                        expected[stride * row + output] += values[width * (Int(tree.leaf) + leaves[row]) + output]
                    }
                }
            }
            for kernels in Self.variants {
                var sums = start
                layout.trees.withUnsafeBufferPointer { trees in
                    if width == 1 {
                        kernels.slice(
                            count, trees: trees, splits: layout.splits, leafValues: values, planes: planes,
                            stride: stride, sums: &sums)
                    } else {
                        kernels.sliceVectors(
                            count, trees: trees, splits: layout.splits, width: width, leafValues: values,
                            planes: planes, sums: &sums)
                    }
                }
                #expect(sums == expected)
            }
        }
    }
}
