import ApusCore
import ApusKernels
import Testing

/// Every variant of the batch prediction kernels against a naive definition, bit for bit.
@Suite struct ForestKernelTests {
    private static let variants = TreeKernelTests.variants
    private let random = CounterRandom(seed: 11, purpose: "forest kernels")

    /// Memory for blocks.
    private func blocks<Byte: BitwiseCopyable>(_ count: Int, _ byte: Byte) -> UnsafeMutablePointer<Byte> {
        let bytes = count * ForestLayout.rows
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: Byte.self, capacity: bytes)
        memory.initialize(repeating: byte, count: bytes)
        return memory
    }

    @Test func `a block holds each row once`() {
        #expect(Set((0..<ForestLayout.rows).map(ForestLayout.byte)) == Set(0..<ForestLayout.rows))
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 100, 128, 200, 255], [0, 1, 9, 63, 64, 65, 127, 128])
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
            switch row % 8 {
            case 0: .nan
            case 1: .infinity
            case 2: -.infinity
            case 3: sorted.isEmpty ? -0.0 : sorted[random.below(thresholds, row)]
            case 4: -0.0
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
            #expect((128..<256).allSatisfy { right[$0] == 1 && left[$0] == 1 })
        }
        for kernels in Self.variants {
            kernels.rank(count, steps: steps, bounds: bounds, values: values, right: right, left: left)
            check(values, kernels)
            let floats = values.map { Float($0) }
            kernels.rank(count, steps: steps, bounds: bounds, values: floats, right: right, left: left)
            check(floats.map(Double.init), kernels)
        }
    }

    @Test(arguments: [0, 1, 3])
    func `a block of a set tells which rows it sends right`(groups: Int) {
        let stride = 257
        let table = (0..<groups * stride).map { UInt8(truncatingIfNeeded: random[$0]) }
        let indices = (0..<128).map { UInt16(random.below(stride, $0 + 5000)) }
        for kernels in Self.variants {
            let columns = blocks(8 * groups + 1, Int8(5))
            defer { columns.deallocate() }
            kernels.sets(groups, tableStride: stride, table: table, indices: indices, columns: columns)
            for set in 0..<8 * groups {
                for row in 0..<128 {
                    let bit = table[set / 8 * stride + Int(indices[row])] >> UInt8(set % 8) & 1
                    #expect(columns[set * 128 + ForestLayout.byte(row)] == (bit == 1 ? 0 : -1))
                }
            }
            #expect((0..<128).allSatisfy { columns[8 * groups * 128 + $0] == 5 })
        }
    }

    /// Trees of random shapes, and the leaves that the rows of a block reach in them.
    private struct Trees {
        var trees: [ForestTree] = []
        var nodes: [ForestNode] = []
        var leaves = 0
        var reached: [[Int]] = []

        init(_ count: Int, _ columns: UnsafePointer<Int8>, of columnCount: Int, _ random: CounterRandom) {
            for tree in 0..<count {
                // Neighbouring slots are joined at random, until one is left; 300 and up are free ones.
                let treeLeaves = [1, 2, 31, 256, 7, 32, 33, 16][tree % 8]
                var open = (0..<treeLeaves).map {
                    (slot: $0, leaves: [Int](repeating: $0, count: ForestLayout.rows))
                }
                let first = nodes.count
                while open.count > 1 {
                    let key = tree * 1000 + nodes.count * 3
                    let place = random.below(open.count - 1, key)
                    let (left, right) = (open[place], open[place + 1])
                    let out = open.count == 2 ? 256 + tree % 4 : max(300 + nodes.count - first, left.slot, right.slot)
                    let column = random.below(columnCount, key + 1)
                    let node = ForestNode(
                        column: column, left: left.slot, right: right.slot, out: out,
                        threshold: Int8(truncatingIfNeeded: random[key + 2]))
                    nodes.append(node)
                    let chosen = (0..<ForestLayout.rows).map { row in
                        columns[column * ForestLayout.rows + ForestLayout.byte(row)] > node.threshold
                            ? right.leaves[row] : left.leaves[row]
                    }
                    open.replaceSubrange(place...place + 1, with: [(slot: out, leaves: chosen)])
                }
                trees.append(
                    ForestTree(node: first, nodes: nodes.count - first, leaf: leaves, result: open[0].slot))
                leaves += treeLeaves
                reached.append(open[0].leaves)
            }
        }
    }

    @Test(arguments: [0, 1, 3, 4, 5, 13, 24], [0, 1, 5, 64, 127, 128])
    func `visiting all nodes adds the leaf that each row reaches`(treeCount: Int, count: Int) {
        let columnCount = 5
        let columns = blocks(columnCount, Int8(0))
        defer { columns.deallocate() }
        for cell in 0..<columnCount * ForestLayout.rows { columns[cell] = Int8(truncatingIfNeeded: random[cell]) }
        let layout = Trees(treeCount, columns, of: columnCount, random)
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
                let slots = blocks(600, UInt8(0))
                defer { slots.deallocate() }
                for slot in 0..<256 {
                    (slots + ForestLayout.rows * slot).update(repeating: UInt8(slot), count: ForestLayout.rows)
                }
                var sums = start
                layout.trees.withUnsafeBufferPointer { trees in
                    if width == 1 {
                        kernels.blend(
                            count, trees: trees, nodes: layout.nodes, leafValues: values, columns: columns,
                            slots: slots, stride: stride, sums: &sums)
                    } else {
                        kernels.blendVectors(
                            count, trees: trees, nodes: layout.nodes, width: width, leafValues: values,
                            columns: columns, slots: slots, sums: &sums)
                    }
                }
                #expect(sums == expected)
            }
        }
    }
}
