import ApusCore
import ApusTrees
import Testing

/// What limits the growth of trees, looked at in the trees that come out.
@Suite struct GrowthTests {
    private func fit(
        _ rows: TrainingRows, trees: Int = 10, in context: RunContext? = nil,
        _ change: (inout GradientBoosting) -> Void
    ) throws -> GradientBoostingModel {
        var learner = GradientBoosting()
        learner.nEstimators = trees
        change(&learner)
        return try Fixture.fit(learner, rows, context)
    }

    private var fiveRows: TrainingRows {
        get throws {
            Fixture.rows(try Table(["x": Column([10, 20, 30, 40, 50])]), Fixture.numbers([1, 2, 3, 6, 8]))
        }
    }

    /// The columns that are split on the way to each leaf.
    private func paths(_ tree: Tree) -> [Set<Int>] {
        var paths = [Set<Int>](repeating: [], count: tree.nodes.count)
        for (position, node) in tree.nodes.enumerated() where !node.isLeaf {
            for child in [node.child, node.child + 1] { paths[child] = paths[position].union([node.column]) }
        }
        return zip(tree.nodes, paths).filter { $0.0.isLeaf }.map(\.1)
    }

    @Test(arguments: GrowPolicy.allCases)
    func `no tree is deeper than asked, and depth-wise ones fill a depth first`(policy: GrowPolicy) throws {
        let (table, score) = try Fixture.mixed(3000)
        let rows = Fixture.rows(table, Fixture.numbers(score))
        for depth in [1, 2, 4] {
            let model = try fit(rows) {
                $0.maxDepth = depth
                $0.growPolicy = policy
            }
            #expect(model.trees.map(\.depth).max() == depth)
        }
        let wide = try fit(rows) {
            $0.growPolicy = policy
            $0.numLeaves = 8
        }
        // Eight leaves of a full tree lie at depth three; leaf-wise trees of this data are lopsided.
        let isFull = wide.trees.allSatisfy { $0.depth == 3 }
        #expect(isFull == (policy == .depthWise))
    }

    @Test func `an L1 penalty shrinks the sums of gradients`() throws {
        // Errors of the right leaf: -2 and -4; 6 less 1 over 2 rows. Of the left leaf: 3 + 2 + 1, less 1, over 3.
        let model = try fit(fiveRows, trees: 1) {
            $0.numLeaves = 2
            $0.minSamplesLeaf = 1
            $0.learningRate = 1
            $0.regAlpha = 1
        }
        let leaves = model.trees[0].nodes.filter(\.isLeaf).map(\.value)
        #expect(abs(leaves[0] + 5.0 / 3) < 1e-12 && abs(leaves[1] - 2.5) < 1e-12)
        let none = try fit(fiveRows, trees: 1) {
            $0.minSamplesLeaf = 1
            $0.regAlpha = 7
        }
        #expect(none.trees.allSatisfy { $0.nodes.count == 1 })
    }

    @Test func `a split must gain what is asked, and leave as much hessian`() throws {
        func splits(_ gain: Double, _ hessian: Double) throws -> Int {
            try fit(fiveRows, trees: 1) {
                $0.numLeaves = 2
                $0.minSamplesLeaf = 1
                $0.minSplitGain = gain
                $0.minChildWeight = hessian
            }.trees.reduce(0) { $0 + $1.nodes.count / 2 }
        }
        // The best split gains 6²/3 + 6²/2 = 30, with two rows on the right; integers round a little.
        #expect(try splits(29.9, 0) == 1 && splits(30.1, 0) == 0)
        #expect(try splits(0, 1.9) == 1 && splits(0, 2.6) == 0)
    }

    @Test(arguments: [MonotoneDirection.increasing, .decreasing])
    func `predictions never go against a monotone constraint`(direction: MonotoneDirection) throws {
        let (table, score) = try Fixture.mixed(2000)
        let rows = Fixture.rows(table, Fixture.numbers(score))
        let sign = direction == .increasing ? 1.0 : -1
        func violations(_ model: GradientBoostingModel) throws -> Int {
            var violations = 0
            for row in 0..<20 {
                let grid = stride(from: -6.0, through: 6, by: 0.05).map { $0 }
                let same = try table.rows(Array(repeating: row * 97, count: grid.count))
                var columns = same.columns
                columns[0] = Column(grid)
                let prediction = try model.predict(Table(table.schema, columns))
                for step in 1..<grid.count where sign * (prediction.value(step) - prediction.value(step - 1)) < 0 {
                    violations += 1
                }
            }
            return violations
        }
        let free = try fit(rows, trees: 40) { _ in }
        #expect(try violations(free) > 0)
        let bound = try fit(rows, trees: 40) { $0.monotoneConstraints = ["a": direction] }
        #expect(try violations(bound) == 0)
        #expect(bound.trees.contains { $0.nodes.contains { $0.column == 0 } })
    }

    @Test func `columns of different interaction sets never meet on a path`() throws {
        let (table, score) = try Fixture.mixed(3000)
        let model = try fit(Fixture.rows(table, Fixture.numbers(score)), trees: 20) {
            $0.interactionConstraints = [ColumnSelector(["a", "d"]), ColumnSelector(["b", "d"])]
        }
        // a 0, b 1, c 2, d 3, e 4, f 5; what is in no set makes one.
        let sets: [Set<Int>] = [[0, 3], [1, 3], [2, 4, 5, 6]]
        let found = Set(model.trees.flatMap(paths))
        #expect(found.allSatisfy { path in sets.contains { path.isSubset(of: $0) } })
        #expect(found.contains([0, 3]))
        let free = try fit(Fixture.rows(table, Fixture.numbers(score)), trees: 20) { _ in }
        #expect(!free.trees.flatMap(paths).allSatisfy { path in sets.contains { path.isSubset(of: $0) } })
    }

    @Test func `trees of a sample hold its rows only, and score the others too`() throws {
        let (table, score) = try Fixture.mixed(4000)
        let rows = Fixture.rows(table, Fixture.numbers(score))
        let change: (inout GradientBoosting) -> Void = {
            $0.subsample = 0.4
            $0.colsampleBytree = 0.5
        }
        let model = try fit(rows, trees: 12, change)
        for tree in model.trees {
            // 4000 draws with probability 0.4: a deviation of 31.
            #expect(abs(tree.nodes[0].count - 1600) < 160)
            #expect(tree.nodes.filter(\.isLeaf).map(\.count).reduce(0, +) == tree.nodes[0].count)
            #expect(paths(tree).reduce(Set()) { $0.union($1) }.count <= 3)
        }
        #expect(Set(model.trees.map { $0.nodes[0].count }).count > 1)
        let bytes = try Fixture.bytes(model)
        #expect(try Fixture.bytes(fit(rows, trees: 12, in: Fixture.context(threads: 1), change)) == bytes)
        #expect(try Fixture.bytes(fit(rows, trees: 12, in: Fixture.context(backend: .swift), change)) == bytes)
        // Later trees are fitted to the scores of all rows: continuing from the saved trees gives the same ones.
        var learner = GradientBoosting()
        learner.nEstimators = 7
        change(&learner)
        let continued = try learner.fit(rows, from: fit(rows, trees: 5, change), in: Fixture.context())
        #expect(try Fixture.bytes(continued) == bytes)
    }

    @Test func `splits searched on a sample make trees whose leaves hold all rows`() throws {
        let (table, score) = try Fixture.mixed(4000)
        let rows = Fixture.rows(table, Fixture.numbers(score))
        let change: (inout GradientBoosting) -> Void = { $0.searchRows = 300 }
        let tree = try fit(rows, trees: 1, change)
        #expect(try Fixture.bytes(tree) != Fixture.bytes(fit(rows, trees: 1) { $0.searchRows = 0 }))
        // With the squared loss a leaf's value is the mean of what its rows lack, times the rate.
        let answers = Array(try tree.predict(table).values.elements)
        let mean = score.reduce(0, +) / Double(score.count)
        let leaves = Dictionary(grouping: answers.indices) { answers[$0] }
        for (answer, rows) in leaves {
            let lack = rows.reduce(0) { $0 + score[$1] - mean } / Double(rows.count)
            #expect(abs(answer - mean - 0.1 * lack) < 1e-6)
        }
        let nodes = tree.trees[0].nodes
        #expect(nodes[0].count == 4000)
        #expect(nodes.filter(\.isLeaf).map(\.count).sorted() == leaves.values.map { $0.count }.sorted())
        for node in nodes where !node.isLeaf {
            #expect(node.count == nodes[node.child].count + nodes[node.child + 1].count)
        }

        let model = try fit(rows, trees: 12, change)
        for tree in model.trees { #expect(tree.nodes.allSatisfy { $0.count >= 20 }) }
        let bytes = try Fixture.bytes(model)
        #expect(try Fixture.bytes(fit(rows, trees: 12, in: Fixture.context(threads: 1), change)) == bytes)
        #expect(try Fixture.bytes(fit(rows, trees: 12, in: Fixture.context(backend: .swift), change)) == bytes)
    }

    @Test func `trees of all classes are searched on the sample that one of them needs`() throws {
        let (table, score) = try Fixture.mixed(4000)
        let sorted = score.sorted()
        let codes = score.map { score in [sorted[400], sorted[2000]].filter { score >= $0 }.count }
        let rows = Fixture.rows(table, Fixture.classes(codes, ["low", "middle", "high"]))
        let change: (inout GradientBoosting) -> Void = { $0.searchRows = 500 }
        let bytes = try Fixture.bytes(fit(rows, trees: 9, change))
        #expect(try Fixture.bytes(fit(rows, trees: 9) { $0.searchRows = 0 }) != bytes)
        #expect(try Fixture.bytes(fit(rows, trees: 9, in: Fixture.context(threads: 1), change)) == bytes)
        #expect(try Fixture.bytes(fit(rows, trees: 9, in: Fixture.context(threads: 3), change)) == bytes)
        #expect(try Fixture.bytes(fit(rows, trees: 9, in: Fixture.context(backend: .swift), change)) == bytes)
    }

    @Test func `where few rows carry the gradient, all are searched`() throws {
        let (table, score) = try Fixture.mixed(4000)
        let limit = score.sorted()[3960]
        let rare = Fixture.rows(table, Fixture.classes(score.map { $0 >= limit ? 1 : 0 }, ["no", "yes"]))
        let searched = try fit(rare, trees: 3) { $0.searchRows = 300 }
        #expect(try Fixture.bytes(searched) == Fixture.bytes(fit(rare, trees: 3) { $0.searchRows = 0 }))
    }

    @Test func `each level splits its share of the columns`() throws {
        let (table, score) = try Fixture.mixed(4000)
        let model = try fit(Fixture.rows(table, Fixture.numbers(score)), trees: 20) {
            $0.colsampleBylevel = 0.2
            $0.maxDepth = 3
        }
        for tree in model.trees {
            var depths = [Int](repeating: 0, count: tree.nodes.count)
            var columns: [Int: Set<Int>] = [:]
            for (position, node) in tree.nodes.enumerated() where !node.isLeaf {
                for child in [node.child, node.child + 1] { depths[child] = depths[position] + 1 }
                columns[depths[position], default: []].insert(node.column)
            }
            // A fifth of six columns that can be split is one.
            #expect(columns.values.allSatisfy { $0.count == 1 })
        }
        #expect(Set(model.trees.flatMap(\.nodes).map(\.column)).count > 3)
    }

    @Test func `constraints on what is not there, or has no order, are refused by name`() throws {
        let (table, score) = try Fixture.mixed(200)
        let rows = Fixture.rows(table, Fixture.numbers(score))
        let category = #expect(throws: ApusError.self) {
            _ = try fit(rows) { $0.monotoneConstraints = ["e": .increasing] }
        }
        #expect(category?.description.contains("'e' is a category and has no order") == true)
        let unknown = #expect(throws: ApusError.self) {
            _ = try fit(rows) { $0.interactionConstraints = [ColumnSelector(["a", "constnt"])] }
        }
        #expect(unknown?.description.contains("Did you mean 'constant'?") == true)
    }
}
