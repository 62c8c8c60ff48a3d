import ApusCore
import ApusKernels

extension KernelCases {
    /// Kernels of prediction by 100 complete trees of 32 leaves on 28 numbers: ranks of values, masks of comparisons,
    /// splitting planes of bits (also 256 leaves), walking down, and deciding all nodes of a row. Their work is
    /// comparisons and table look-ups, so they are held against the bandwidth of memory.
    static func forests(rows: Int) -> [KernelCase] {
        let forest = BenchmarkForest(rows: rows)
        let cells = rows * BenchmarkForest.inputs
        let (planes, deepPlanes) = (BenchmarkPlanes(leaves: 32), BenchmarkPlanes(leaves: 256))
        return [
            KernelCase(
                kernel: "forest_rank", size: "\(rows)×\(BenchmarkForest.inputs)", operations: 0,
                bytes: Double(cells * 8), tolerance: 0
            ) { forest.run($0, parts: [.rank]) },
            KernelCase(
                kernel: "forest_masks", size: "\(rows)×\(BenchmarkPlanes.inputs)", operations: 0,
                bytes: Double(rows * 8), tolerance: 0
            ) { planes.run($0, rows: rows, addingTrees: false) },
            KernelCase(
                kernel: "forest_slice", size: "\(rows)×\(BenchmarkPlanes.trees)", operations: 0,
                bytes: Double(rows * 8), tolerance: 0
            ) { planes.run($0, rows: rows, addingTrees: true) },
            KernelCase(
                kernel: "forest_slice", size: "\(rows)×\(BenchmarkPlanes.trees)×256", operations: 0,
                bytes: Double(rows * 8), tolerance: 0
            ) { deepPlanes.run($0, rows: rows, addingTrees: true) },
            KernelCase(
                kernel: "forest_walk", size: "\(rows)×\(BenchmarkForest.trees)", operations: 0,
                bytes: Double(cells * 8), tolerance: 0
            ) { forest.run($0, parts: [.walk]) },
            KernelCase(
                kernel: "forest_decide", size: "\(rows)×\(BenchmarkForest.trees)", operations: 0,
                bytes: Double(cells * 8), tolerance: 0
            ) { forest.run($0, parts: [.decide]) },
        ]
    }
}

/// Complete trees over random numbers, in the layouts for single rows.
private struct BenchmarkForest: Sendable {
    static let (inputs, trees, leaves, steps) = (28, 100, 32, 7)

    enum Part { case rank, walk, decide }

    private let rows: Int
    private let columns: [Buffer<Double>]
    private let table: Buffer<Double>
    private let bounds: Buffer<Double>
    private let steps: Buffer<ForestStep>
    private let nodeValues: Buffer<Double>
    private let roots: Buffer<UInt32>
    private let depths: Buffer<UInt32>
    private let inputs: Buffer<UInt32>
    private let decisions: BenchmarkDecisions

    init(rows: Int) {
        let random = CounterRandom(seed: 2, purpose: "forests")
        let (inputs, trees, leaves, ranks) = (Self.inputs, Self.trees, Self.leaves, 1 << Self.steps)
        self.rows = rows
        let columns = (0..<inputs).map { input in Buffer((0..<rows).map { random.unit(rows * input + $0) }) }
        self.columns = columns
        table = Buffer((0..<rows * inputs).map { columns[$0 % inputs][$0 / inputs] })
        // Thresholds k / ranks, level by level.
        var bounds = [Double](repeating: .infinity, count: ranks)
        for level in 0..<Self.steps {
            for place in 0..<1 << level {
                bounds[1 << level + place] = Double(2 * place + 1) / Double(2 << level)
            }
        }
        self.bounds = Buffer(bounds)
        let values = (0..<leaves * trees).map { random.unit($0) - 0.5 }
        var (steps, roots): ([ForestStep], [UInt32]) = ([], [])
        for tree in 0..<trees {
            roots.append(UInt32(steps.count))
            let base = steps.count
            let splits = (0..<leaves - 1).map { node in
                (
                    input: random.below(inputs, tree * 100 + 2 * node),
                    rank: random.below(ranks - 1, tree * 100 + 2 * node + 1)
                )
            }
            for (node, split) in splits.enumerated() {
                steps.append(
                    ForestStep(
                        threshold: Double(split.rank + 1) / Double(ranks), place: UInt32(2 * split.input + 1),
                        child: UInt32(base + 2 * node + 1)))
            }
            for _ in 0..<leaves {
                steps.append(ForestStep(threshold: .infinity, place: 0, child: UInt32(steps.count)))
            }
        }
        decisions = BenchmarkDecisions(
            steps, trees: trees, leaves: leaves, inputs: inputs, ranks: ranks, leafValues: values)
        self.steps = Buffer(steps)
        self.roots = Buffer(roots)
        nodeValues = Buffer(
            (0..<trees).flatMap { tree in
                [Double](repeating: 0, count: leaves - 1) + values[leaves * tree..<leaves * (tree + 1)]
            })
        depths = Buffer(repeating: 5, count: trees)
        self.inputs = Buffer((0..<inputs).map(UInt32.init))
    }

    /// Sums of a few rows after running some kernels on all of them.
    func run(_ kernels: Kernels, parts: Set<Part>) -> [Double] {
        kernels.sumBlocks(of: rows) { run($0, parts, TreeKernels(kernels.backend), $1) }
    }

    private func run(
        _ blocks: Range<Int>, _ parts: Set<Part>, _ kernels: TreeKernels, _ sums: UnsafeMutablePointer<Double>
    ) {
        let (block, places) = (ForestLayout.rows, 2 * Self.inputs + 1)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: 2 * Self.inputs * block + places * block * 8, alignment: 64)
        defer { memory.deallocate() }
        let bytes = memory.bindMemory(to: Int8.self, capacity: 2 * Self.inputs * block)
        let expanded = (memory + 2 * Self.inputs * block).bindMemory(to: Double.self, capacity: places * block)
        for index in blocks {
            let first = index * block
            if parts.contains(.rank) {
                for input in 0..<Self.inputs {
                    let target = bytes + 2 * input * block
                    kernels.rank(
                        block, steps: Self.steps, bounds: bounds.unsafePointer,
                        values: columns[input].unsafePointer + first, right: target, left: target + block)
                }
                for row in 0..<block { sums[first + row] = Double(bytes[row]) }
            }
            if parts.contains(.decide) {
                for row in first..<first + block {
                    decisions.run(table.unsafePointer + Self.inputs * row, kernels, sums + row)
                }
            }
            if parts.contains(.walk) {
                let walk = ForestWalk(
                    trees: Self.trees, scores: 1, width: 1, places: places, inputs: inputs.unsafePointer,
                    inputCount: Self.inputs, categories: BenchmarkForest.noCategories.unsafePointer, categoryCount: 0,
                    indices: BenchmarkForest.noIndices.unsafePointer, tables: BenchmarkForest.noTables.unsafePointer,
                    steps: steps.unsafePointer, leafValues: nodeValues.unsafePointer, roots: roots.unsafePointer,
                    depths: depths.unsafePointer)
                kernels.walk(
                    block, rowStride: Self.inputs, values: table.unsafePointer + Self.inputs * first, forest: walk,
                    expanded: expanded, sums: sums + first)
            }
        }
    }

    private static let noCategories = Buffer<ForestCategory>([])
    private static let noIndices = Buffer<UInt16>([])
    private static let noTables = Buffer<UInt8>([])
}
