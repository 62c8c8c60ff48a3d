import ApusKernels

/// Trees as lists of selections among planes: one of zeros, one of ones, then slots for what nodes select, then the
/// masks of the run that a tree belongs to.
struct SlicedTrees {
    /// Trees whose masks are made together.
    struct Run: Sendable {
        var masks: Range<Int>
        var trees: Range<Int>
    }

    /// Masks beyond which the planes of a run would leave the second-level cache.
    private static let maxMasks = 8192
    /// The planes of constant bits.
    private static let (zero, one) = (UInt16(0), UInt16(1))
    private static let firstSlot = 2

    private let splits: RankedSplits
    /// Bits of a leaf's number.
    private let bits: Int
    private(set) var runs: [Run] = []
    private(set) var masks: [ForestMask] = []
    private(set) var trees: [ForestTree] = []
    private(set) var selects: [ForestSelect] = []
    private(set) var leafValues: [Double] = []

    /// The plane of a run's first mask. Of two children the one with more leaves is visited first, so that each bit
    /// needs as many slots as a tree that doubles its leaves has levels.
    var firstMask: Int { SlicedTrees.firstSlot + bits * (bits + 1) }

    /// Lays out trees of at most `leaves` leaves, each of which answers the node's value, or where `vectors` is given
    /// its `width` numbers there.
    init(_ trees: [Tree], _ splits: RankedSplits, leaves: Int, vectors: [[Double]]?, width: Int) {
        self.splits = splits
        bits = Int.bitWidth - (leaves - 1).leadingZeroBitCount
        let comparisons = trees.map { tree in tree.nodes.map { $0.isLeaf ? 0 : splits.key($0) } }
        var first = 0
        while first < trees.count {
            var keys: Set<UInt32> = []
            var last = first
            while last < trees.count {
                let more = Set(zip(trees[last].nodes, comparisons[last]).lazy.filter { !$0.0.isLeaf }.map(\.1))
                    .subtracting(keys)
                guard last == first || keys.count + more.count <= SlicedTrees.maxMasks else { break }
                keys.formUnion(more)
                last += 1
            }
            // Masks of a column stand side by side, so that its bytes are read once.
            let sorted = keys.sorted()
            runs.append(Run(masks: masks.count..<masks.count + sorted.count, trees: first..<last))
            masks += sorted.map { ForestMask(column: Int($0 >> 8), threshold: Int8(truncatingIfNeeded: $0)) }
            let planes = Dictionary(uniqueKeysWithValues: zip(sorted, (firstMask...).lazy.map(UInt16.init)))
            for index in first..<last {
                add(trees[index], comparisons[index].map { planes[$0] ?? 0 }, vectors: vectors?[index], width: width)
            }
            first = last
        }
    }

    /// Lays out one more tree, whose nodes go by the planes in `masks`.
    private mutating func add(_ tree: Tree, _ masks: [UInt16], vectors: [Double]?, width: Int) {
        let (firstSelect, firstLeaf) = (selects.count, leafValues.count / width)
        let numbers = tree.leafNumbers
        let leaves = (tree.nodes.count + 1) / 2
        leafValues += [Double](repeating: 0, count: leaves * width)
        // The planes of each node's bits.
        var planes = [UInt16](repeating: SlicedTrees.zero, count: tree.nodes.count * bits)
        var slots = PlaneSlots(first: SlicedTrees.firstSlot)
        for position in tree.largerFirst {
            let node = tree.nodes[position]
            guard !node.isLeaf else {
                let number = numbers[position]
                for bit in 0..<bits where number >> bit & 1 == 1 { planes[position * bits + bit] = SlicedTrees.one }
                for output in 0..<width {
                    leafValues[(firstLeaf + number) * width + output] =
                        vectors?[position * width + output] ?? node.value
                }
                continue
            }
            let firstOfNode = selects.count
            for bit in 0..<bits {
                let (left, right) = (planes[node.child * bits + bit], planes[(node.child + 1) * bits + bit])
                planes[position * bits + bit] =
                    left == right
                    ? left : select(masks[position], left, right, since: firstOfNode, slots: &slots)
            }
        }
        trees.append(
            ForestTree(
                select: firstSelect, selects: selects.count - firstSelect, leaf: firstLeaf,
                planes: Array(planes.prefix(bits))))
    }

    /// The plane that holds `right` where the mask is set, else `left`.
    private mutating func select(
        _ mask: UInt16, _ left: UInt16, _ right: UInt16, since firstOfNode: Int, slots: inout PlaneSlots
    ) -> UInt16 {
        if (left, right) == (SlicedTrees.zero, SlicedTrees.one) { return mask }
        let same = selects[firstOfNode...].first { $0.left == left && $0.right == right }
        slots.release(left)
        slots.release(right)
        if let same {
            slots.retain(same.out)
            return same.out
        }
        let out = slots.take()
        selects.append(ForestSelect(mask: mask, left: left, right: right, out: out))
        return out
    }
}

/// Slots of planes, each in use as often as it stands for a bit of a node.
private struct PlaneSlots {
    private let first: UInt16
    private var uses: [Int] = []
    private var free: [UInt16] = []

    init(first: Int) { self.first = UInt16(first) }

    mutating func take() -> UInt16 {
        let slot = free.popLast() ?? first + UInt16(uses.count)
        if slot - first == uses.count { uses.append(0) }
        uses[Int(slot - first)] = 1
        return slot
    }

    mutating func retain(_ plane: UInt16) { uses[Int(plane - first)] += 1 }

    /// Gives a slot back; constants and masks have none.
    mutating func release(_ plane: UInt16) {
        guard plane >= first, plane - first < uses.count else { return }
        uses[Int(plane - first)] -= 1
        if uses[Int(plane - first)] == 0 { free.append(plane) }
    }
}
