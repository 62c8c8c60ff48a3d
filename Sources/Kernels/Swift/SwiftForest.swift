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
            let byte = Int8(truncatingIfNeeded: position - ranks - 128)
            right[row] = value.isNaN ? .max : byte
            left[row] = value.isNaN ? .min : byte
        }
    }

    static func sets(
        _ groups: Int, _ tableStride: Int, _ table: UnsafePointer<UInt8>, _ indices: UnsafePointer<UInt16>,
        _ columns: UnsafeMutablePointer<Int8>
    ) {
        for group in 0..<groups {
            var bits = SIMD64<UInt8>()
            for row in 0..<64 { bits[row] = table[tableStride * group + Int(indices[row])] }
            for bit in 0..<8 {
                let isClear = (bits & SIMD64(repeating: 1 << UInt8(bit))) .== 0
                store(SIMD64<Int8>().replacing(with: -1, where: isClear), columns, 8 * group + bit)
            }
        }
    }

    static func blend(
        _ count: Int, _ trees: UnsafeBufferPointer<ForestTree>, _ nodes: UnsafePointer<ForestNode>,
        _ leafValues: UnsafePointer<Double>, _ columns: UnsafePointer<Int8>, _ slots: UnsafeMutablePointer<UInt8>,
        _ stride: Int, _ sums: UnsafeMutablePointer<Double>
    ) {
        for tree in trees {
            for node in Int(tree.node)..<Int(tree.node + tree.nodes) {
                let node = nodes[node]
                let isAbove = block(columns, Int(node.column)) .> node.threshold
                let left: SIMD64<UInt8> = block(slots, Int(node.left))
                store(left.replacing(with: block(slots, Int(node.right)), where: isAbove), slots, Int(node.out))
            }
            let leaves = slots + 64 * Int(tree.result)
            let values = leafValues + Int(tree.leaf)
            for row in 0..<count { sums[stride * row] += values[Int(leaves[row])] }
        }
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
