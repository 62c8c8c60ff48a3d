/// The pure-Swift twin of `ck_forest.h`.
enum SwiftForest {
    static func rank<Number: BinaryFloatingPoint>(
        _ count: Int, _ steps: Int, _ bounds: UnsafePointer<Double>, _ values: UnsafePointer<Number>,
        _ right: UnsafeMutablePointer<Int8>, _ left: UnsafeMutablePointer<Int8>
    ) {
        let ranks = 1 << steps
        for row in 0..<count {
            let value = Double(values[row])
            var position = 1
            for _ in 0..<steps { position += position + (bounds[position] < value ? 1 : 0) }
            let rank = Int8(truncatingIfNeeded: position - ranks - 128)
            let byte = ForestLayout.byte(row)
            right[byte] = value.isNaN ? .max : rank
            left[byte] = value.isNaN ? .min : rank
        }
    }

    static func sets(
        _ groups: Int, _ tableStride: Int, _ table: UnsafePointer<UInt8>, _ indices: UnsafePointer<UInt16>,
        _ columns: UnsafeMutablePointer<Int8>
    ) {
        for group in 0..<groups {
            for half in 0..<2 {
                var bits = SIMD64<UInt8>()
                for row in 64 * half..<64 * half + 64 {
                    bits[ForestLayout.byte(row) - 64 * half] = table[tableStride * group + Int(indices[row])]
                }
                for bit in 0..<8 {
                    let isClear = (bits & SIMD64(repeating: 1 << UInt8(bit))) .== 0
                    store(SIMD64<Int8>().replacing(with: -1, where: isClear), columns, 2 * (8 * group + bit) + half)
                }
            }
        }
    }

    static func blend(
        _ count: Int, _ trees: UnsafeBufferPointer<ForestTree>, _ nodes: UnsafePointer<ForestNode>,
        _ leafValues: UnsafePointer<Double>, _ columns: UnsafePointer<Int8>, _ slots: UnsafeMutablePointer<UInt8>,
        _ stride: Int, _ sums: UnsafeMutablePointer<Double>
    ) {
        for tree in trees {
            let leaves = reach(tree, nodes, columns, slots)
            let values = leafValues + Int(tree.leaf)
            for row in 0..<count { sums[stride * row] += values[Int(leaves[ForestLayout.byte(row)])] }
        }
    }

    static func blendVectors(
        _ count: Int, _ trees: UnsafeBufferPointer<ForestTree>, _ nodes: UnsafePointer<ForestNode>, _ width: Int,
        _ leafValues: UnsafePointer<Double>, _ columns: UnsafePointer<Int8>, _ slots: UnsafeMutablePointer<UInt8>,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        for tree in trees {
            let leaves = reach(tree, nodes, columns, slots)
            let values = leafValues + width * Int(tree.leaf)
            for row in 0..<count {
                let value = values + width * Int(leaves[ForestLayout.byte(row)])
                for output in 0..<width { sums[width * row + output] += value[output] }
            }
        }
    }

    /// The leaves that the rows of a block reach.
    @inline(__always)
    private static func reach(
        _ tree: ForestTree, _ nodes: UnsafePointer<ForestNode>, _ columns: UnsafePointer<Int8>,
        _ slots: UnsafeMutablePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        // Blocks are two vectors, 64 bytes each; nodes count 8 bytes as 1.
        for node in Int(tree.node)..<Int(tree.node + tree.nodes) {
            let node = nodes[node]
            for half in 0..<2 {
                let isAbove = block(columns, Int(node.column) / 8 + half) .> node.threshold
                let left: SIMD64<UInt8> = block(slots, Int(node.left) / 8 + half)
                let right: SIMD64<UInt8> = block(slots, Int(node.right) / 8 + half)
                store(left.replacing(with: right, where: isAbove), slots, Int(node.out) / 8 + half)
            }
        }
        return UnsafePointer(slots + 8 * Int(tree.result))
    }

    @inline(__always)
    private static func block<Byte>(_ memory: UnsafePointer<Byte>, _ index: Int) -> SIMD64<Byte> {
        UnsafeRawPointer(memory + 64 * index).load(as: SIMD64<Byte>.self)
    }

    @inline(__always)
    private static func store<Byte>(_ block: SIMD64<Byte>, _ memory: UnsafeMutablePointer<Byte>, _ index: Int) {
        UnsafeMutableRawPointer(memory + 64 * index).storeBytes(of: block, as: SIMD64<Byte>.self)
    }
}
