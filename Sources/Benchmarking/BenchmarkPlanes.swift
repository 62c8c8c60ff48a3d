import ApusCore
import ApusKernels

/// 100 complete trees over 28 columns of bytes, laid out as splits of planes of bits.
struct BenchmarkPlanes: Sendable {
    static let (inputs, trees) = (28, 100)

    private let masks: Buffer<ForestMask>
    private let splits: Buffer<ForestSplit>
    private let forest: Buffer<ForestTree>
    private let leafValues: Buffer<Double>
    private let firstMask: Int
    private let planes: Int

    /// Trees of so many leaves, a power of two, that compare bytes with 127 thresholds.
    init(leaves: Int) {
        let random = CounterRandom(seed: 2, purpose: "planes")
        let thresholds = 127
        let masks = Buffer(
            (0..<Self.inputs * thresholds).map {
                ForestMask(column: $0 / thresholds, threshold: Int8(2 * ($0 % thresholds) - 126))
            })
        self.masks = masks
        let bits = leaves.trailingZeroBitCount
        let firstMask = ForestLayout.firstPath + leaves
        self.firstMask = firstMask
        var (splits, forest): ([ForestSplit], [ForestTree]) = ([], [])
        for tree in 0..<Self.trees {
            let first = splits.count
            // Node k's children are 2 k + 1 and 2 k + 2; the last `leaves` nodes are leaves. Its rows are in plane k.
            let all = (0..<leaves - 1).map { node in
                ForestSplit(rows: node, mask: firstMask + random.below(masks.count, tree * leaves + node))
            }
            splits += all.prefix(leaves / 2 - 1)
            // The nodes of a level flip the same bit.
            splits += all
            forest.append(
                ForestTree(
                    split: first, paths: leaves / 2 - 1, leaf: leaves * tree,
                    flips: (0..<bits).map { leaves >> ($0 + 1) }))
        }
        self.splits = Buffer(splits)
        self.forest = Buffer(forest)
        leafValues = Buffer((0..<leaves * Self.trees + ForestLayout.padding).map { random.unit($0) - 0.5 })
        planes = firstMask + masks.count
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
        planes.update(repeating: .max, count: words)
        for block in blocks {
            masks.withUnsafeBufferPointer {
                kernels.masks(rows, masks: $0, columns: columns, planes: planes + firstMask * words)
            }
            guard addingTrees else {
                for row in 0..<rows { sums[block * rows + row] = Double(planes[words * (firstMask + row)] & 0xFF) }
                continue
            }
            forest.withUnsafeBufferPointer {
                kernels.slice(
                    rows, trees: $0, splits: splits.unsafePointer, leafValues: leafValues.unsafePointer,
                    planes: planes, stride: 1, sums: sums + block * rows)
            }
        }
    }
}
