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
            let columns = columns + 8 * ForestLayout.rows * group
            for row in 0..<ForestLayout.rows {
                let bits = table[tableStride * group + Int(indices[row])]
                let byte = ForestLayout.byte(row)
                for bit in 0..<8 {
                    columns[ForestLayout.rows * bit + byte] = Int8(truncatingIfNeeded: bits >> UInt8(bit) & 1) &- 1
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
        // Nodes name blocks by their distance, 8 bytes being 1; a block is eight vectors.
        for index in Int(tree.node)..<Int(tree.node + tree.nodes) {
            let node = nodes[index]
            let threshold = SIMD16<Int8>(repeating: node.threshold)
            let column = UnsafeRawPointer(columns) + 8 * Int(node.column)
            let slots = UnsafeMutableRawPointer(slots)
            let (left, right, out) = (
                slots + 8 * Int(node.left), slots + 8 * Int(node.right), slots + 8 * Int(node.out)
            )
            for byte in stride(from: 0, to: ForestLayout.rows, by: 16) {
                // A mask is all ones where it is true; choosing by its bits is two instructions, by its lanes sixteen.
                let isAbove = unsafeBitCast(
                    column.load(fromByteOffset: byte, as: SIMD16<Int8>.self) .> threshold, to: SIMD16<UInt8>.self)
                let (ifNot, ifAbove) = (
                    left.load(fromByteOffset: byte, as: SIMD16<UInt8>.self),
                    right.load(fromByteOffset: byte, as: SIMD16<UInt8>.self)
                )
                out.storeBytes(
                    of: ifNot ^ ((ifNot ^ ifAbove) & isAbove), toByteOffset: byte, as: SIMD16<UInt8>.self)
            }
        }
        return UnsafePointer(slots + 8 * Int(tree.result))
    }
}
