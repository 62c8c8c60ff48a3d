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

    static func masks(
        _ masks: UnsafeBufferPointer<ForestMask>, _ columns: UnsafePointer<Int8>, _ planes: UnsafeMutablePointer<UInt64>
    ) {
        for (index, mask) in masks.enumerated() {
            let column = UnsafeRawPointer(columns + ForestLayout.rows * Int(mask.column))
            let plane = planes + ForestLayout.words * index
            for word in 0..<ForestLayout.words {
                let values = column.load(fromByteOffset: 64 * word, as: SIMD64<Int8>.self)
                let isAbove = unsafeBitCast(values .> SIMD64(repeating: mask.threshold), to: SIMD8<UInt64>.self)
                plane[word] = bits(isAbove)
            }
        }
    }

    /// The lowest bit of each byte, side by side.
    @inline(__always)
    private static func bits(_ bytes: SIMD8<UInt64>) -> UInt64 {
        // The product brings bit 0 of byte k to bit 56 + k.
        let eights = ((bytes & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) &>> 56
        return (eights &<< SIMD8(0, 8, 16, 24, 32, 40, 48, 56)).wrappedSum()
    }

    /// A byte for each bit: 1 or 0.
    @inline(__always)
    private static func bytes(_ bits: UInt64) -> SIMD8<UInt64> {
        let eights = SIMD8(repeating: bits) &>> SIMD8(0, 8, 16, 24, 32, 40, 48, 56) & 0xFF
        let spread = eights &* 0x0101_0101_0101_0101 & 0x8040_2010_0804_0201
        return (spread &+ 0x7F7F_7F7F_7F7F_7F7F) &>> 7 & 0x0101_0101_0101_0101
    }

    /// Row i adds the `width` values of its leaves to the sums from `stride * i` on.
    static func slice(
        _ count: Int, _ trees: UnsafeBufferPointer<ForestTree>, _ selects: UnsafePointer<ForestSelect>,
        _ leafValues: UnsafePointer<Double>, _ planes: UnsafeMutablePointer<UInt64>, _ stride: Int, _ width: Int,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        withUnsafeTemporaryAllocation(byteCount: 2 * ForestLayout.rows, alignment: 64) { leaves in
            guard let low = leaves.baseAddress else { return }
            let high = low + ForestLayout.rows
            for tree in trees {
                choose(tree, selects, planes)
                gather(tree, 0, planes, low)
                if tree.bits > 8 { gather(tree, 8, planes, high) }
                let values = leafValues + width * Int(tree.leaf)
                for row in 0..<count {
                    let byte = ForestLayout.byte(row)
                    var leaf = Int(low.load(fromByteOffset: byte, as: UInt8.self))
                    if tree.bits > 8 { leaf |= Int(high.load(fromByteOffset: byte, as: UInt8.self)) << 8 }
                    for output in 0..<width { sums[stride * row + output] += values[width * leaf + output] }
                }
            }
        }
    }

    private static func choose(
        _ tree: ForestTree, _ selects: UnsafePointer<ForestSelect>, _ planes: UnsafeMutablePointer<UInt64>
    ) {
        let planes = UnsafeMutableRawPointer(planes)
        let bytes = ForestLayout.rows / 8
        for index in Int(tree.select)..<Int(tree.select + tree.selects) {
            let select = selects[index]
            let mask = planes.load(fromByteOffset: bytes * Int(select.mask), as: SIMD8<UInt64>.self)
            let left = planes.load(fromByteOffset: bytes * Int(select.left), as: SIMD8<UInt64>.self)
            let right = planes.load(fromByteOffset: bytes * Int(select.right), as: SIMD8<UInt64>.self)
            planes.storeBytes(
                of: left ^ ((left ^ right) & mask), toByteOffset: bytes * Int(select.out), as: SIMD8<UInt64>.self)
        }
    }

    /// Eight planes, from that of bit `first` of the leaves' numbers on, as a byte a row.
    private static func gather(
        _ tree: ForestTree, _ first: Int, _ planes: UnsafePointer<UInt64>, _ leaves: UnsafeMutableRawPointer
    ) {
        for word in 0..<ForestLayout.words {
            var sum = SIMD8<UInt64>()
            for bit in 0..<min(8, Int(tree.bits) - first) {
                let plane = planes[ForestLayout.words * Int(tree.plane(first + bit)) + word]
                sum |= bytes(plane) &<< UInt64(bit)
            }
            leaves.storeBytes(of: sum, toByteOffset: 64 * word, as: SIMD8<UInt64>.self)
        }
    }
}
