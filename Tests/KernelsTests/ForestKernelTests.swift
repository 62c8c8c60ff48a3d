import ApusCore
import ApusKernels
import Testing

/// Every variant of the batch prediction kernels against a naive definition, bit for bit.
@Suite struct ForestKernelTests {
    private static let variants = TreeKernelTests.variants
    private let random = CounterRandom(seed: 11, purpose: "forest kernels")

    /// Memory for blocks of 64 bytes.
    private func blocks<Byte: BitwiseCopyable>(_ count: Int, _ byte: Byte) -> UnsafeMutablePointer<Byte> {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 64, alignment: 64)
            .bindMemory(to: Byte.self, capacity: count * 64)
        memory.initialize(repeating: byte, count: count * 64)
        return memory
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 100, 128, 200, 255], [1, 9, 63, 64])
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
                #expect(right[row] == (values[row].isNaN ? 127 : rank))
                #expect(left[row] == (values[row].isNaN ? -128 : rank))
            }
            #expect((count..<128).allSatisfy { right[$0] == 1 && left[$0] == 1 })
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
        let indices = (0..<64).map { UInt16(random.below(stride, $0 + 5000)) }
        for kernels in Self.variants {
            let columns = blocks(8 * groups + 1, Int8(5))
            defer { columns.deallocate() }
            kernels.sets(groups, tableStride: stride, table: table, indices: indices, columns: columns)
            for set in 0..<8 * groups {
                for row in 0..<64 {
                    let bit = table[set / 8 * stride + Int(indices[row])] >> UInt8(set % 8) & 1
                    #expect(columns[set * 64 + row] == (bit == 1 ? 0 : -1))
                }
            }
            #expect((0..<64).allSatisfy { columns[8 * groups * 64 + $0] == 5 })
        }
    }

    @Test(arguments: [0, 1, 3, 4, 5, 9], [1, 5, 64])
    func `visiting all nodes adds the leaf that each row reaches`(treeCount: Int, count: Int) {
        let columnCount = 5
        let columns = blocks(columnCount, Int8(0))
        defer { columns.deallocate() }
        for cell in 0..<columnCount * 64 { columns[cell] = Int8(truncatingIfNeeded: random[cell]) }
        var nodes: [ForestNode] = []
        var trees: [ForestTree] = []
        var values: [Double] = []
        var reached: [[Int]] = []
        for tree in 0..<treeCount {
            // Neighbouring slots are joined at random, until one is left; 300 and up are free ones.
            let leaves = [1, 2, 31, 256, 7][tree % 5]
            var open = (0..<leaves).map { (slot: $0, leaves: [Int](repeating: $0, count: 64)) }
            let first = nodes.count
            while open.count > 1 {
                let key = tree * 1000 + nodes.count * 3
                let place = random.below(open.count - 1, key)
                let (left, right) = (open[place], open[place + 1])
                let out = open.count == 2 ? 256 + tree % 4 : max(300 + nodes.count - first, left.slot, right.slot)
                let node = ForestNode(
                    column: UInt32(random.below(columnCount, key + 1)), left: UInt16(left.slot),
                    right: UInt16(right.slot), out: UInt16(out),
                    threshold: Int8(truncatingIfNeeded: random[key + 2]))
                nodes.append(node)
                let chosen = (0..<64).map { row in
                    columns[Int(node.column) * 64 + row] > node.threshold ? right.leaves[row] : left.leaves[row]
                }
                open.replaceSubrange(place...place + 1, with: [(slot: out, leaves: chosen)])
            }
            trees.append(
                ForestTree(
                    node: UInt32(first), nodes: UInt32(nodes.count - first), leaf: UInt32(values.count),
                    result: UInt32(open[0].slot)))
            values += (0..<leaves).map { random.unit($0 + tree * 300) - 0.5 }
            reached.append(open[0].leaves)
        }
        let start = (0..<count * 2).map { random.unit($0 + 77) }
        var expected = start
        for (tree, leaves) in zip(trees, reached) {
            for row in 0..<count { expected[2 * row] += values[Int(tree.leaf) + leaves[row]] }
        }
        for kernels in Self.variants {
            let slots = blocks(600, UInt8(0))
            defer { slots.deallocate() }
            for slot in 0..<256 { (slots + 64 * slot).update(repeating: UInt8(slot), count: 64) }
            var sums = start
            trees.withUnsafeBufferPointer { trees in
                kernels.blend(
                    count, trees: trees, nodes: nodes, leafValues: values, columns: columns, slots: slots, stride: 2,
                    sums: &sums)
            }
            #expect(sums == expected)
        }
    }
}
