import ApusKernels

/// A tree as it is explained: which splits look at the same input, and which share of rows each node has.
struct ExplainedTree: Sendable {
    /// What a tree adds to one score.
    struct Answer: Sendable {
        /// The score.
        let score: Int
        /// The values of the leaves, in the kernel's order.
        var leafValues: [Double] = []
        /// Their mean over the rows of fitting.
        var mean = 0.0
    }

    /// The tree.
    let tree: Tree
    /// What it adds to each score that it adds to.
    private(set) var answers: [Answer]
    /// What the kernel takes, but for the values of leaves.
    private(set) var kernel: ShapTree
    /// Of each node: the share of its parent's rows that come to it.
    private let share: [Double]
    /// Of each node: the product of such shares over the path's splits by the input that leads to it.
    private let product: [Double]

    /// A smaller share of rows counts as this one, so that no row is impossible.
    private static let leastShare = 0x1p-40

    /// A tree that adds the values of its leaves to `score`.
    init(_ tree: Tree, score: Int) {
        self.init(tree, scores: score..<score + 1) { node, _ in tree.nodes[node].value }
    }

    /// A tree whose leaves have a value for each of `scores`: `value` of node and score.
    init(_ tree: Tree, scores: Range<Int>, value: (_ node: Int, _ score: Int) -> Double) {
        self.tree = tree
        let nodes = tree.nodes
        var parent = [Int](repeating: 0, count: nodes.count)
        var share = [Double](repeating: 1, count: nodes.count)
        var product = share
        var reach = share
        var different = [Int](repeating: 0, count: nodes.count)
        var slots: [Int: Int] = [:]
        var answers = scores.map { Answer(score: $0) }
        kernel = ShapTree(points: 4, splits: [], leaves: [], leafValues: [], inputs: [])
        for (position, node) in nodes.enumerated() {
            guard !node.isLeaf else {
                kernel.leaves.append(UInt32(position))
                for index in answers.indices {
                    let value = value(position, answers[index].score)
                    answers[index].leafValues.append(value)
                    answers[index].mean += reach[position] * value
                }
                continue
            }
            var previous = position
            while previous != 0, nodes[parent[previous]].column != node.column { previous = parent[previous] }
            let slot = slots[node.column, default: slots.count]
            if slot == slots.count {
                slots[node.column] = slot
                kernel.inputs.append(UInt32(node.column))
            }
            kernel.splits.append(
                ShapSplit(
                    node: UInt32(position), child: UInt32(node.child), previous: UInt32(previous), slot: UInt32(slot)))
            let (left, right) = (Double(nodes[node.child].count), Double(nodes[node.child + 1].count))
            let leftShare = left >= 0 && right >= 0 && left + right > 0 ? left / (left + right) : 0.5
            let shares = [leftShare, 1 - leftShare]
            for (child, own) in zip([node.child, node.child + 1], shares) {
                parent[child] = position
                share[child] = min(1, max(ExplainedTree.leastShare, own))
                product[child] = share[child] * (previous == 0 ? 1 : product[previous])
                reach[child] = reach[position] * share[child]
                different[child] = different[position] + (previous == 0 ? 1 : 0)
            }
        }
        self.answers = answers
        self.share = share
        self.product = product
        // Half as many points as different inputs make the rule exact.
        kernel.points = max(1, ((different.max() ?? 0) + 7) / 8) * 4
    }

    /// The kernel's tree for one of the answers.
    func kernel(_ answer: Answer) -> ShapTree {
        var kernel = kernel
        kernel.leafValues = answer.leafValues
        return kernel
    }

    /// Writes the factors of each node, state and point, as `ck_shap_tree` takes them.
    func fill(_ tables: UnsafeMutablePointer<Double>, _ rule: GaussRule) {
        let points = kernel.points
        for split in kernel.splits {
            let before = split.previous == 0 ? 1 : product[Int(split.previous)]
            for child in Int(split.child)...Int(split.child) + 1 {
                let table = tables + 2 * ShapTree.states * points * child
                let own = product[child]
                for (q, t) in rule.points.enumerated() {
                    let met = t + before * (1 - t)
                    let gainBefore = (1 - before) / met
                    table[q] = (t + own * (1 - t)) / met
                    table[points + q] = (1 - own) / (t + own * (1 - t)) - gainBefore
                    table[2 * points + q] = own * (1 - t) / met
                    table[3 * points + q] = -1 / (1 - t) - gainBefore
                    table[4 * points + q] = share[child]
                    table[5 * points + q] = 0
                }
            }
        }
    }
}
