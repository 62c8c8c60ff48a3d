import ApusCore
import ApusKernels

/// Trees as tensors, one element a node.
enum TreeState {
    /// The trees, and the bins of category codes that their sets mean.
    static func tensors(_ trees: [Tree], _ binOfCode: [[UInt8]?]) -> [String: Tensor] {
        let count = trees.reduce(0) { $0 + $1.nodes.count }
        func list<Element>() -> [Element] {
            var list: [Element] = []
            list.reserveCapacity(count)
            return list
        }
        var (column, child): ([Int32], [Int32]) = (list(), list())
        var (threshold, gain, value): ([Double], [Double], [Double]) = (list(), list(), list())
        var (missingLeft, rows): ([UInt8], [Int64]) = (list(), list())
        var sets: [Int64] = []
        // In one pass: a checkpoint saves all trees again and again.
        for tree in trees {
            for node in tree.nodes {
                column.append(Int32(node.column))
                threshold.append(node.threshold)
                missingLeft.append(node.missingLeft ? 1 : 0)
                child.append(Int32(node.child))
                gain.append(node.gain)
                rows.append(Int64(node.count))
                value.append(node.value)
                guard let set = node.set else { continue }
                for word in 0..<4 { sets.append(Int64(bitPattern: set[word])) }
            }
        }
        return [
            "tree_nodes": Tensor(trees.map { Int32($0.nodes.count) }),
            "column": Tensor(column),
            "threshold": Tensor(threshold),
            "missing_left": Tensor(missingLeft),
            "child": Tensor(child),
            "gain": Tensor(gain),
            "count": Tensor(rows),
            "value": Tensor(value),
            "sets": Tensor(sets),
            "category_codes": Tensor(binOfCode.map { Int32($0?.count ?? -1) }),
            "category_bins": Tensor(binOfCode.flatMap { $0 ?? [] }),
        ]
    }

    /// What `tensors` saved; every index in it is checked.
    static func restore(_ state: State, _ inputs: Schema) throws -> (trees: [Tree], binOfCode: [[UInt8]?]) {
        let binOfCode = try restoreCategories(state, inputs)
        return (try restoreTrees(state, inputs, binOfCode), binOfCode)
    }

    /// The error for state that cannot be right.
    static func damaged(_ state: State, _ what: String) -> ApusError {
        ApusError("the state of \(state.plugin) is damaged: \(what)", remedy: "Train the model again.")
    }

    private static func restoreCategories(_ state: State, _ inputs: Schema) throws -> [[UInt8]?] {
        let codes = try state.elements("category_codes", as: Int32.self)
        let bins = try state.elements("category_bins", as: UInt8.self)
        guard codes.count == inputs.fields.count else { throw damaged(state, "category columns") }
        var binOfCode: [[UInt8]?] = []
        var start = 0
        for count in codes {
            guard count >= 0 else {
                binOfCode.append(nil)
                continue
            }
            guard start + Int(count) <= bins.count else { throw damaged(state, "category bins") }
            binOfCode.append(Array(bins.slice(start..<start + Int(count))))
            start += Int(count)
        }
        return binOfCode
    }

    private static func restoreTrees(_ state: State, _ inputs: Schema, _ binOfCode: [[UInt8]?]) throws -> [Tree] {
        let sizes = try state.elements("tree_nodes", as: Int32.self)
        let column = try state.elements("column", as: Int32.self)
        let threshold = try state.elements("threshold", as: Double.self)
        let missingLeft = try state.elements("missing_left", as: UInt8.self)
        let child = try state.elements("child", as: Int32.self)
        let gain = try state.elements("gain", as: Double.self)
        let count = try state.elements("count", as: Int64.self)
        let value = try state.elements("value", as: Double.self)
        let sets = try state.elements("sets", as: Int64.self)
        let lengths = [threshold.count, missingLeft.count, child.count, gain.count, count.count, value.count]
        guard lengths.allSatisfy({ $0 == column.count }), sizes.allSatisfy({ $0 > 0 }),
            sizes.reduce(0, { $0 + Int($1) }) == column.count
        else { throw damaged(state, "lengths of tensors") }

        var trees: [Tree] = []
        var base = 0
        var nextSet = 0
        for size in sizes.map(Int.init) {
            var nodes: [Tree.Node] = []
            nodes.reserveCapacity(size)
            var isChild = [Bool](repeating: false, count: size)
            for position in base..<base + size {
                var node = Tree.Node(count: Int(count[position]), value: value[position])
                guard node.value.isFinite else { throw damaged(state, "a leaf's value") }
                if column[position] >= 0 {
                    node.column = Int(column[position])
                    node.child = Int(child[position])
                    node.threshold = threshold[position]
                    node.missingLeft = missingLeft[position] == 1
                    node.gain = gain[position]
                    guard node.column < inputs.fields.count, node.child > position - base, node.child + 1 < size,
                        !node.threshold.isNaN
                    else { throw damaged(state, "a split") }
                    guard !isChild[node.child], !isChild[node.child + 1] else {
                        throw damaged(state, "a child of two nodes")
                    }
                    (isChild[node.child], isChild[node.child + 1]) = (true, true)
                    if binOfCode[node.column] != nil {
                        guard nextSet + 4 <= sets.count else { throw damaged(state, "category sets") }
                        node.set = BinSet(sets.slice(nextSet..<nextSet + 4).map { UInt64(bitPattern: $0) })
                        nextSet += 4
                    }
                }
                nodes.append(node)
            }
            trees.append(Tree(nodes: nodes))
            base += size
        }
        return trees
    }
}
