import ApusCore
import ApusKernels

/// Trees of at most 32 leaves laid out for single rows: all nodes are decided at once, and each that sends the row right
/// strikes out the leaves on its left.
final class DecidedForest: Sendable {
    private let width: Int
    private let numbers: Buffer<DecisionNumber>
    private let bounds: Buffer<Double>
    private let categories: Buffer<DecisionChoice>
    private let indices: Buffer<UInt16>
    private let sets: Buffer<UInt32>
    private let runs: Buffer<DecisionRun>
    private let pairs: Buffer<DecisionPair>
    private let leafValues: Buffer<Double>

    /// Words of sets beyond which a row's would be far from the processor.
    private static let maxSetWords = 1 << 20

    /// Lays out trees, those of a score one after another; nil where a tree has too many leaves, or there are too many
    /// numbers, trees or categories.
    init?(_ trees: [Tree], _ splits: RankedSplits, scores: Int, vectors: [[Double]]?) {
        guard trees.allSatisfy({ $0.nodes.count < 2 * DecisionLayout.leaves }) else { return nil }
        let width = vectors == nil ? 1 : scores
        var layout = DecidedTrees(trees, splits)
        guard layout.places <= DecisionLayout.places else { return nil }
        let treesPerScore = vectors == nil ? trees.count / max(1, scores) : trees.count
        for score in 0..<(vectors == nil ? scores : 1) {
            let last = (score + 1) * treesPerScore
            for first in stride(from: score * treesPerScore, to: last, by: DecisionLayout.lanes) {
                layout.add(first..<min(first + DecisionLayout.lanes, last), score: score)
            }
        }
        guard layout.pairs.count <= DecisionLayout.maxPairs, layout.setWords <= DecidedForest.maxSetWords else {
            return nil
        }
        self.width = width
        numbers = Buffer(layout.numbers)
        bounds = Buffer(layout.bounds)
        let choices = layout.choices
        (categories, indices, sets) = (Buffer(choices.categories), Buffer(choices.indices), Buffer(choices.sets))
        runs = Buffer(layout.runs)
        pairs = Buffer(layout.pairs)
        var leafValues = [Double](repeating: 0, count: trees.count * DecisionLayout.leaves * width)
        for (index, tree) in trees.enumerated() {
            let firstLeaf = tree.firstLeaf
            for (position, node) in tree.nodes.enumerated() where node.isLeaf {
                let target = (DecisionLayout.leaves * index + firstLeaf[position]) * width
                for output in 0..<width {
                    leafValues[target + output] = vectors?[index][position * width + output] ?? node.value
                }
            }
        }
        self.leafValues = Buffer(leafValues)
    }

    /// Adds the trees' values to the scores of one row.
    func addScores(values: UnsafePointer<Double>, scores: UnsafeMutablePointer<Double>, kernels: TreeKernels) {
        let forest = ForestDecisions(
            numbers: UnsafeBufferPointer(start: numbers.unsafePointer, count: numbers.count),
            bounds: bounds.unsafePointer,
            categories: UnsafeBufferPointer(start: categories.unsafePointer, count: categories.count),
            indices: indices.unsafePointer, sets: sets.unsafePointer,
            runs: UnsafeBufferPointer(start: runs.unsafePointer, count: runs.count),
            pairs: UnsafeBufferPointer(start: pairs.unsafePointer, count: pairs.count), width: width,
            leafValues: leafValues.unsafePointer)
        kernels.decide(values, forest: forest, sums: scores)
        withExtendedLifetime(self) {}
    }
}
