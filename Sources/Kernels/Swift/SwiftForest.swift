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
        withUnsafeTemporaryAllocation(byteCount: ForestLayout.rows, alignment: 64) { block in
            guard let bytes = block.bindMemory(to: UInt8.self).baseAddress else { return }
            let eights = UnsafeRawPointer(bytes)
            for (index, mask) in masks.enumerated() {
                let column = columns + ForestLayout.rows * Int(mask.column)
                let threshold = mask.threshold
                for byte in 0..<ForestLayout.rows { bytes[byte] = column[byte] > threshold ? 1 : 0 }
                let plane = planes + ForestLayout.words * index
                for word in 0..<ForestLayout.words {
                    var bits: UInt64 = 0
                    for group in 0..<8 {
                        // The product brings bit 0 of byte k to bit 56 + k.
                        let eight = eights.load(fromByteOffset: 64 * word + 8 * group, as: UInt64.self)
                        bits |= ((eight &* 0x0102_0408_1020_4080) &>> 56) &<< UInt64(8 * group)
                    }
                    plane[word] = bits
                }
            }
        }
    }

    /// Row i adds the `width` values of its leaves to the sums from `stride * i` on.
    static func slice(
        _ count: Int, _ trees: UnsafeBufferPointer<ForestTree>, _ splits: UnsafePointer<ForestSplit>,
        _ leafValues: UnsafePointer<Double>, _ planes: UnsafeMutablePointer<UInt64>, _ stride: Int, _ width: Int,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        let blockWords = ForestLayout.rows / 8
        let numberWords = ForestLayout.maxBits * ForestLayout.words
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * blockWords + numberWords) { memory in
            guard let low = memory.baseAddress else { return }
            let (high, number) = (low + blockWords, low + 2 * blockWords)
            let (lowBytes, highBytes) = (UnsafeRawPointer(low), UnsafeRawPointer(high))
            for tree in trees {
                find(tree, splits, planes, number)
                gather(tree, 0, number, low)
                if tree.bits > 8 { gather(tree, 8, number, high) }
                let values = leafValues + width * Int(tree.leaf)
                for row in 0..<count {
                    let byte = ForestLayout.byte(row)
                    var leaf = Int(lowBytes.load(fromByteOffset: byte, as: UInt8.self))
                    if tree.bits > 8 { leaf |= Int(highBytes.load(fromByteOffset: byte, as: UInt8.self)) << 8 }
                    if width == 1 {
                        sums[stride * row] += values[leaf]
                    } else {
                        for output in 0..<width { sums[stride * row + output] += values[width * leaf + output] }
                    }
                }
            }
        }
    }

    /// The planes of the bits of the numbers of the leaves that rows reach.
    private static func find(
        _ tree: ForestTree, _ splits: UnsafePointer<ForestSplit>, _ planes: UnsafeMutablePointer<UInt64>,
        _ number: UnsafeMutablePointer<UInt64>
    ) {
        let words = ForestLayout.words
        var split = splits + Int(tree.split)
        var path = planes + words * ForestLayout.firstPath
        for _ in 0..<tree.paths {
            let (rows, mask) = (planes + words * split.pointee.rows, planes + words * split.pointee.mask)
            for word in 0..<words {
                path[word] = rows[word] & ~mask[word]
                path[words + word] = rows[word] & mask[word]
            }
            split += 1
            path += 2 * words
        }
        for bit in (0..<Int(tree.bits)).reversed() {
            let plane = number + words * bit
            for word in 0..<words { plane[word] = bit + 1 < tree.bits ? plane[words + word] : 0 }
            for _ in 0..<tree.flips(bit) {
                let (rows, mask) = (planes + words * split.pointee.rows, planes + words * split.pointee.mask)
                for word in 0..<words { plane[word] ^= rows[word] & mask[word] }
                split += 1
            }
        }
    }

    /// The bits of each byte, a byte each.
    private static let spread: [UInt64] = (0..<256).map { byte in
        (0..<8).reduce(0) { $0 | UInt64(byte >> $1 & 1) << UInt64(8 * $1) }
    }

    /// Up to eight planes, from that of bit `first` of the leaves' numbers on, as a byte a row.
    private static func gather(
        _ tree: ForestTree, _ first: Int, _ number: UnsafePointer<UInt64>, _ leaves: UnsafeMutablePointer<UInt64>
    ) {
        leaves.initialize(repeating: 0, count: ForestLayout.rows / 8)
        spread.withUnsafeBufferPointer { spread in
            for bit in 0..<min(8, Int(tree.bits) - first) {
                let plane = number + ForestLayout.words * (first + bit)
                for word in 0..<ForestLayout.words {
                    let bits = plane[word]
                    for group in 0..<8 {
                        leaves[8 * word + group] |= spread[Int(bits &>> UInt64(8 * group) & 0xff)] &<< UInt64(bit)
                    }
                }
            }
        }
    }
}
