import ApusCore
import ApusKernels

/// 100 complete trees over 28 columns of bytes, laid out as selections among planes of bits; each bit of each node has a
/// plane of its own.
struct BenchmarkPlanes: Sendable {
    static let (inputs, trees) = (28, 100)
    private static let firstMask = 2

    private let masks: Buffer<ForestMask>
    private let selects: Buffer<ForestSelect>
    private let forest: Buffer<ForestTree>
    private let leafValues: Buffer<Double>
    private let planes: Int

    /// Trees of so many leaves, a power of two, that compare bytes with 127 thresholds.
    init(leaves: Int) {
        let random = CounterRandom(seed: 2, purpose: "planes")
        let thresholds = 127
        masks = Buffer(
            (0..<Self.inputs * thresholds).map {
                ForestMask(column: $0 / thresholds, threshold: Int8(2 * ($0 % thresholds) - 126))
            })
        let firstSlot = Self.firstMask + masks.count
        let bits = leaves.trailingZeroBitCount
        var (selects, forest): ([ForestSelect], [ForestTree]) = ([], [])
        for tree in 0..<Self.trees {
            let first = selects.count
            // Node k's children are 2 k + 1 and 2 k + 2; the last `leaves` nodes are leaves.
            var planesOfNode = [[Int]](repeating: [], count: leaves - 1)
            for node in (0..<leaves - 1).reversed() {
                let mask = Self.firstMask + random.below(masks.count, tree * leaves + node)
                if 2 * node + 1 < leaves - 1 {
                    for (left, right) in zip(planesOfNode[2 * node + 1], planesOfNode[2 * node + 2]) {
                        let out = firstSlot + bits * node + planesOfNode[node].count
                        selects.append(
                            ForestSelect(mask: UInt16(mask), left: UInt16(left), right: UInt16(right), out: UInt16(out))
                        )
                        planesOfNode[node].append(out)
                    }
                }
                planesOfNode[node].append(mask)
            }
            forest.append(
                ForestTree(
                    select: first, selects: selects.count - first, leaf: leaves * tree,
                    planes: planesOfNode[0].map(UInt16.init)))
        }
        self.selects = Buffer(selects)
        self.forest = Buffer(forest)
        leafValues = Buffer((0..<leaves * Self.trees + ForestLayout.padding).map { random.unit($0) - 0.5 })
        planes = firstSlot + bits * leaves
    }

    /// Sums of a few rows after making the masks of all of them, and adding the trees if so told.
    func run(_ kernels: Kernels, rows: Int, addingTrees: Bool) -> [Double] {
        kernels.sumBlocks(of: rows) { run($0, TreeKernels(kernels.backend), addingTrees, $1) }
    }

    private func run(
        _ blocks: Range<Int>, _ kernels: TreeKernels, _ addingTrees: Bool, _ sums: UnsafeMutablePointer<Double>
    ) {
        let (rows, words) = (ForestLayout.rows, ForestLayout.words)
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: Self.inputs * rows, alignment: 64)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: planes * words * 8, alignment: 64)
        defer {
            bytes.deallocate()
            memory.deallocate()
        }
        let columns = bytes.bindMemory(to: Int8.self, capacity: Self.inputs * rows)
        for cell in 0..<Self.inputs * rows { columns[cell] = Int8(truncatingIfNeeded: cell &* 2_654_435_761 >> 9) }
        let planes = memory.bindMemory(to: UInt64.self, capacity: planes * words)
        planes.update(repeating: 0, count: words)
        (planes + words).update(repeating: .max, count: words)
        for block in blocks {
            masks.withUnsafeBufferPointer {
                kernels.masks(rows, masks: $0, columns: columns, planes: planes + Self.firstMask * words)
            }
            guard addingTrees else {
                for row in 0..<rows { sums[block * rows + row] = Double(planes[words * (Self.firstMask + row)] & 0xFF) }
                continue
            }
            forest.withUnsafeBufferPointer {
                kernels.slice(
                    rows, trees: $0, selects: selects.unsafePointer, leafValues: leafValues.unsafePointer,
                    planes: planes, stride: 1, sums: sums + block * rows)
            }
        }
    }
}
