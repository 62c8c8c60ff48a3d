import ApusCore
import ApusKernels

/// Trees as pairs of nodes, 16 trees side by side. A number has a place for its rank for each side that its missing
/// values are sent to; pairs read from 64 places, a chunk, and a tree's nodes are sorted by chunk.
struct DecidedTrees {
    /// A node that looks at categories, and the bit that it decides.
    private struct CategoryNode {
        var set: BinSet
        var missingLeft: Bool
        var pair: Int
        var bit: Int
    }

    private let trees: [Tree]
    private let splits: RankedSplits
    private let placeOfColumn: [Int: Int]
    private var categoryNodes: [Int: [CategoryNode]] = [:]
    private(set) var numbers: [DecisionNumber] = []
    private(set) var bounds: [Double] = []
    private(set) var runs: [DecisionRun] = []
    private(set) var pairs: [DecisionPair] = []

    /// Places for ranks.
    var places: Int { placeOfColumn.count }

    /// A layout of no trees yet.
    init(_ trees: [Tree], _ splits: RankedSplits) {
        self.trees = trees
        self.splits = splits
        let columns = Set(
            trees.lazy.flatMap(\.nodes).filter { !$0.isLeaf && $0.set == nil }.map { splits.comparison($0).column })
        let places = Dictionary(uniqueKeysWithValues: columns.sorted().enumerated().map { ($1, $0) })
        placeOfColumn = places
        for number in splits.numbers {
            numbers.append(
                DecisionNumber(
                    input: number.input, bounds: bounds.count,
                    right: places[number.column] ?? DecisionLayout.places,
                    left: places[number.column + 1] ?? DecisionLayout.places))
            addBounds(splits.thresholds[number.input] ?? [])
        }
    }

    private mutating func addBounds(_ thresholds: [Double]) {
        let stride = DecisionLayout.stride
        let padded =
            thresholds
            + [Double](repeating: .infinity, count: (thresholds.count / stride + 1) * stride - thresholds.count)
        for block in 0..<stride {
            let last = (block + 1) * stride - 1
            bounds.append(last < padded.count ? padded[last] : .infinity)
        }
        bounds += padded
    }

    /// Lays out at most 16 trees, which add to the scores from `score` on.
    mutating func add(_ group: Range<Int>, score: Int) {
        // Of each tree, its nodes by chunk; those that look at categories read none.
        var nodes = [[[Int]]](repeating: [[]], count: group.count)
        for (lane, tree) in group.enumerated() {
            for (position, node) in trees[tree].nodes.enumerated() where !node.isLeaf {
                let chunk = node.set == nil ? place(node) / DecisionLayout.chunk : 0
                while nodes[lane].count <= chunk { nodes[lane].append([]) }
                nodes[lane][chunk].append(position)
            }
        }
        let chunks = nodes.map(\.count).max() ?? 1
        for chunk in 0..<chunks {
            let most = nodes.map { chunk < $0.count ? $0[chunk].count : 0 }.max() ?? 0
            let isLast = chunk == chunks - 1
            guard most > 0 || isLast else { continue }
            let first = pairs.count
            pairs += [DecisionPair](repeating: DecisionPair(), count: (most + 1) / 2)
            runs.append(
                DecisionRun(pairs: (most + 1) / 2, chunk: chunk, trees: isLast ? group.count : 0, score: score))
            for (lane, tree) in group.enumerated() where chunk < nodes[lane].count {
                set(nodes[lane][chunk], of: trees[tree], lane: lane, first: first)
            }
        }
    }

    private mutating func set(_ positions: [Int], of tree: Tree, lane: Int, first: Int) {
        let firstLeaf = tree.firstLeaf
        for (index, position) in positions.enumerated() {
            let node = tree.nodes[position]
            let (pair, bit) = (first + index / 2, DecisionLayout.lanes * (index % 2) + lane)
            // Leaf 0 is the highest bit.
            let left = (UInt32.max >> UInt32(firstLeaf[position])) & ~(.max >> UInt32(firstLeaf[node.child + 1]))
            var test = DecisionLayout.never
            if let set = node.set {
                categoryNodes[node.column, default: []].append(
                    CategoryNode(set: set, missingLeft: node.missingLeft, pair: pair, bit: bit))
            } else {
                let rank = Int(splits.comparison(node).threshold) + 128
                test = Int16(rank * DecisionLayout.chunk + place(node) % DecisionLayout.chunk)
            }
            pairs[pair].set(bit, test: test, keep: ~left)
        }
    }

    private func place(_ node: Tree.Node) -> Int { placeOfColumn[splits.comparison(node).column] ?? 0 }

    /// Words that tell for each category of each input which nodes it sends right.
    var setWords: Int { splits.categories.reduce(0) { $0 + ($1.lastIndex + 2) * pairs.count } }

    /// What categories decide: the inputs, the row of each code, and a word a pair in each row.
    var choices: (categories: [DecisionChoice], indices: [UInt16], sets: [UInt32]) {
        var (categories, indices): ([DecisionChoice], [UInt16]) = ([], [])
        var sets = [UInt32](repeating: 0, count: setWords)
        var first = 0
        for category in splits.categories {
            let missing = category.lastIndex + 1
            categories.append(
                DecisionChoice(
                    input: category.input, first: indices.count, known: category.indexOfCode.count, missing: missing,
                    sets: first))
            indices += Array(category.indexOfCode)
            for node in categoryNodes[category.input] ?? [] {
                for row in 0...missing where !(row == missing ? node.missingLeft : node.set.contains(row)) {
                    sets[first + row * pairs.count + node.pair] |= 1 << UInt32(node.bit)
                }
            }
            first += (missing + 1) * pairs.count
        }
        return (categories, indices, sets)
    }
}

extension RankedSplits.Category {
    /// The greatest index of its codes.
    fileprivate var lastIndex: Int { Int(indexOfCode.max() ?? 0) }
}
