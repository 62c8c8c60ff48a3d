import ApusCore
import ApusKernels

/// Saving and restoring: trees as tensors, one element a node.
extension GradientBoostingModel {
    private struct Header: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var link: Link
        var initialScores: [Double]
    }

    package func state() throws -> State {
        let nodes = trees.flatMap(\.nodes)
        let codes = binOfCode.map { Int32($0?.count ?? -1) }
        return try State(
            of: GradientBoosting.self,
            Header(inputs: inputs, outputs: outputs, link: link, initialScores: initialScores),
            tensors: [
                "tree_nodes": Tensor(trees.map { Int32($0.nodes.count) }),
                "column": Tensor(nodes.map { Int32($0.column) }),
                "threshold": Tensor(nodes.map(\.threshold)),
                "missing_left": Tensor(nodes.map { UInt8($0.missingLeft ? 1 : 0) }),
                "child": Tensor(nodes.map { Int32($0.child) }),
                "gain": Tensor(nodes.map(\.gain)),
                "count": Tensor(nodes.map { Int64($0.count) }),
                "value": Tensor(nodes.map(\.value)),
                "sets": Tensor(
                    nodes.compactMap(\.set).flatMap { set in (0..<4).map { Int64(bitPattern: set[$0]) } }),
                "category_codes": Tensor(codes),
                "category_bins": Tensor(binOfCode.flatMap { $0 ?? [] }),
            ])
    }

    /// The model that `state` was saved from; every index in it is checked.
    init(restoring state: State) throws {
        let header = try state.decode(Header.self)
        func damaged(_ what: String) -> ApusError {
            ApusError("the state of \(state.plugin) is damaged: \(what)", remedy: "Train the model again.")
        }
        guard !header.initialScores.isEmpty, header.initialScores.allSatisfy(\.isFinite) else {
            throw damaged("initial scores")
        }
        guard let scores = header.link.scores(for: header.outputs), scores == header.initialScores.count else {
            throw damaged("outputs")
        }

        let binOfCode = try Self.restoreCategories(state, header.inputs, damaged)
        let trees = try Self.restoreTrees(state, header.inputs, binOfCode, damaged)
        guard trees.count % scores == 0 else { throw damaged("number of trees") }
        self.init(
            inputs: header.inputs, outputs: header.outputs, link: header.link, initialScores: header.initialScores,
            trees: trees, binOfCode: binOfCode)
    }

    private static func restoreCategories(
        _ state: State, _ inputs: Schema, _ damaged: (String) -> ApusError
    ) throws -> [[UInt8]?] {
        let codes = try state.elements("category_codes", as: Int32.self)
        let bins = try state.elements("category_bins", as: UInt8.self)
        guard codes.count == inputs.fields.count else { throw damaged("category columns") }
        var binOfCode: [[UInt8]?] = []
        var start = 0
        for count in codes {
            guard count >= 0 else {
                binOfCode.append(nil)
                continue
            }
            guard start + Int(count) <= bins.count else { throw damaged("category bins") }
            binOfCode.append(Array(bins.slice(start..<start + Int(count))))
            start += Int(count)
        }
        return binOfCode
    }

    private static func restoreTrees(
        _ state: State, _ inputs: Schema, _ binOfCode: [[UInt8]?], _ damaged: (String) -> ApusError
    ) throws -> [Tree] {
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
        else { throw damaged("lengths of tensors") }

        var trees: [Tree] = []
        var base = 0
        var nextSet = 0
        for size in sizes.map(Int.init) {
            var nodes: [Tree.Node] = []
            nodes.reserveCapacity(size)
            var isChild = [Bool](repeating: false, count: size)
            for position in base..<base + size {
                var node = Tree.Node(count: Int(count[position]), value: value[position])
                guard node.value.isFinite else { throw damaged("a leaf's value") }
                if column[position] >= 0 {
                    node.column = Int(column[position])
                    node.child = Int(child[position])
                    node.threshold = threshold[position]
                    node.missingLeft = missingLeft[position] == 1
                    node.gain = gain[position]
                    guard node.column < inputs.fields.count, node.child > position - base, node.child + 1 < size,
                        !node.threshold.isNaN
                    else { throw damaged("a split") }
                    guard !isChild[node.child], !isChild[node.child + 1] else { throw damaged("a child of two nodes") }
                    (isChild[node.child], isChild[node.child + 1]) = (true, true)
                    if binOfCode[node.column] != nil {
                        guard nextSet + 4 <= sets.count else { throw damaged("category sets") }
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
