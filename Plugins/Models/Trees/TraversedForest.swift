import ApusCore
import ApusKernels

/// Trees laid out for walking down with raw values, whatever the number of thresholds and of sets of categories.
final class TraversedForest: Sendable {
    private let scores: Int
    private let treesPerScore: Int
    private let hasVectors: Bool
    private let nodes: Buffer<TreeNode>
    private let values: Buffer<Double>
    private let sets: Buffer<UInt64>
    private let roots: Buffer<UInt32>
    private let depths: Buffer<UInt32>

    /// Lays out trees, those of a score one after another.
    init(_ trees: [Tree], scores: Int, binOfCode: [[UInt8]?], vectors: [[Double]]?) {
        self.scores = scores
        hasVectors = vectors != nil
        treesPerScore = hasVectors ? trees.count : trees.count / max(1, scores)
        var nodes: [TreeNode] = []
        var sets: [UInt64] = [0]
        var roots: [UInt32] = []
        for tree in trees {
            let base = nodes.count
            roots.append(UInt32(base))
            for node in tree.nodes {
                guard !node.isLeaf else {
                    nodes.append(.leaf(at: nodes.count))
                    continue
                }
                var column = UInt32(node.column) | (node.missingLeft ? TreeNode.missingLeft : 0)
                var threshold = node.threshold
                if let set = node.set {
                    column |= TreeNode.category
                    threshold = Double(sets.count)
                    sets += TraversedForest.words(set, binOfCode[node.column] ?? [])
                }
                nodes.append(TreeNode(threshold: threshold, column: column, child: UInt32(base + node.child)))
            }
        }
        self.nodes = Buffer(nodes)
        values = Buffer(vectors.map { $0.flatMap(\.self) } ?? trees.flatMap { $0.nodes.map(\.value) })
        self.sets = Buffer(sets)
        self.roots = Buffer(roots)
        depths = Buffer(trees.map { UInt32($0.depth) })
    }

    /// How many codes, then a bit a code.
    private static func words(_ set: BinSet, _ binOfCode: [UInt8]) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: 1 + (binOfCode.count + 63) / 64)
        words[0] = UInt64(binOfCode.count)
        for (code, bin) in binOfCode.enumerated() where set.contains(Int(bin)) {
            words[1 + (code >> 6)] |= 1 << UInt64(code & 63)
        }
        return words
    }

    /// Adds the trees' values to the scores of `count` rows of `width` values each; `(count, scores)` row-major.
    func addScores(
        _ count: Int, width: Int, values row: UnsafePointer<Double>, scores target: UnsafeMutablePointer<Double>,
        kernels: TreeKernels
    ) {
        for score in 0..<(hasVectors ? 1 : scores) {
            let first = score * treesPerScore
            let forest = TreeForest(
                trees: treesPerScore, nodes: nodes.unsafePointer, leafValues: values.unsafePointer,
                sets: sets.unsafePointer, roots: roots.unsafePointer + first, depths: depths.unsafePointer + first)
            guard !hasVectors else {
                kernels.traverseVectors(
                    count, forest: forest, rowStride: width, width: scores, values: row, sums: target)
                break
            }
            kernels.traverse(count, forest: forest, rowStride: width, values: row, stride: scores, sums: target + score)
        }
        withExtendedLifetime(self) {}
    }
}
