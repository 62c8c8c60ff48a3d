import ApusCore
import ApusKernels

/// Trees laid out for walking down without a branch: an input's value is compared in the form that sends a missing one
/// to its side, a category through what its sets say of it.
final class WalkedForest: Sendable {
    private let scores: Int
    private let width: Int
    private let trees: Int
    /// Numbers that a row becomes.
    let places: Int
    private let inputs: Buffer<UInt32>
    private let categories: Buffer<ForestCategory>
    private let indices: Buffer<UInt16>
    private let tables: Buffer<UInt8>
    private let steps: Buffer<ForestStep>
    private let leafValues: Buffer<Double>
    private let roots: Buffer<UInt32>
    private let depths: Buffer<UInt32>

    /// Lays out trees, those of a score one after another; nil where a row would become too many numbers.
    init?(_ trees: [Tree], _ splits: RankedSplits, scores: Int, vectors: [[Double]]?) {
        // Place 0 is for leaves; behind it stand the inputs as the blocks of a batch do.
        places = splits.columnCount + 1
        guard places <= ForestLayout.maxPlaces else { return nil }
        self.scores = scores
        self.trees = trees.count
        width = vectors == nil ? 1 : scores
        inputs = Buffer(splits.numbers.map { UInt32($0.input) })
        var indices: [UInt16] = []
        categories = Buffer(
            splits.categories.map { category in
                defer { indices += Array(category.indexOfCode) }
                return ForestCategory(
                    input: UInt32(category.input), place: UInt32(category.column + 1), groups: UInt32(category.groups),
                    table: UInt32(category.table), first: UInt32(indices.count),
                    known: UInt32(category.indexOfCode.count))
            })
        self.indices = Buffer(indices)
        tables = Buffer(splits.tables)
        var steps: [ForestStep] = []
        var roots: [UInt32] = []
        for tree in trees {
            let base = steps.count
            roots.append(UInt32(base))
            for node in tree.nodes {
                guard !node.isLeaf else {
                    steps.append(ForestStep(threshold: .infinity, place: 0, child: UInt32(steps.count)))
                    continue
                }
                steps.append(
                    ForestStep(
                        threshold: node.set == nil ? node.threshold : 0.5,
                        place: UInt32(splits.comparison(node).column + 1), child: UInt32(base + node.child)))
            }
        }
        self.steps = Buffer(steps)
        leafValues = Buffer(vectors.map { $0.flatMap(\.self) } ?? trees.flatMap { $0.nodes.map(\.value) })
        self.roots = Buffer(roots)
        depths = Buffer(trees.map { UInt32($0.depth) })
    }

    private var walk: ForestWalk {
        ForestWalk(
            trees: trees, scores: scores, width: width, places: places, inputs: inputs.unsafePointer,
            inputCount: inputs.count, categories: categories.unsafePointer, categoryCount: categories.count,
            indices: indices.unsafePointer, tables: tables.unsafePointer, steps: steps.unsafePointer,
            leafValues: leafValues.unsafePointer, roots: roots.unsafePointer, depths: depths.unsafePointer)
    }

    /// Adds the trees' values to the scores of one row.
    func addScores(
        values: UnsafePointer<Double>, scores: UnsafeMutablePointer<Double>, kernels: TreeKernels
    ) {
        kernels.walk(values, forest: walk, sums: scores)
        withExtendedLifetime(self) {}
    }

    /// Adds the trees' values to the scores of `count` rows of `width` values each, `(count, scores)` row-major;
    /// `expanded` has room for `places` numbers a row.
    func addScores(
        _ count: Int, width: Int, values: UnsafePointer<Double>, expanded: UnsafeMutablePointer<Double>,
        scores: UnsafeMutablePointer<Double>, kernels: TreeKernels
    ) {
        kernels.walk(count, rowStride: width, values: values, forest: walk, expanded: expanded, sums: scores)
        withExtendedLifetime(self) {}
    }
}
