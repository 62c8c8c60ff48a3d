import CKernels

/// How the kernel that decides all nodes of a row at once lays out its data; the contract stands in `ck_forest.h`.
package enum DecisionLayout {
    /// Leaves of a tree, at most.
    package static let leaves = 32
    /// Trees side by side.
    package static let lanes = 16
    /// Thresholds between two of those that are looked at first.
    package static let stride = 16
    /// Ranks that a pair chooses from.
    package static let chunk = 64
    /// Places for ranks; also the place of one that is not read.
    package static let places = 256
    /// Pairs of nodes, at most.
    package static let maxPairs = 2048
    /// What stands for a node that no rank sends right.
    package static let never = Int16.max
}

/// An input that is compared with thresholds; laid out as `ck_forest_number`, where the fields are explained.
package struct DecisionNumber: Sendable, BitwiseCopyable {
    let input: UInt32
    let bounds: UInt32
    let right: UInt16
    let left: UInt16

    /// An input.
    package init(input: Int, bounds: Int, right: Int, left: Int) {
        self.input = UInt32(input)
        self.bounds = UInt32(bounds)
        self.right = UInt16(right)
        self.left = UInt16(left)
    }
}

/// An input whose values are codes; laid out as `ck_forest_choice`, where the fields are explained.
package struct DecisionChoice: Sendable, BitwiseCopyable {
    let input: UInt32
    let first: UInt32
    let known: UInt32
    let missing: UInt32
    let sets: UInt32

    /// An input.
    package init(input: Int, first: Int, known: Int, missing: Int, sets: Int) {
        self.input = UInt32(input)
        self.first = UInt32(first)
        self.known = UInt32(known)
        self.missing = UInt32(missing)
        self.sets = UInt32(sets)
    }
}

/// Two nodes of each of 16 trees; laid out as `ck_forest_pair`.
package struct DecisionPair: Sendable, BitwiseCopyable {
    var tests = SIMD32<Int16>(repeating: DecisionLayout.never)
    var keepFirst = SIMD16<UInt32>(repeating: .max)
    var keepSecond = SIMD16<UInt32>(repeating: .max)

    /// Nodes that send no row right.
    package init() {}

    /// Sets one of the 32 nodes, the leaves that remain to rows that go right being the bits of `keep`.
    package mutating func set(_ node: Int, test: Int16, keep: UInt32) {
        tests[node] = test
        if node < DecisionLayout.lanes {
            keepFirst[node] = keep
        } else {
            keepSecond[node - DecisionLayout.lanes] = keep
        }
    }
}

/// Pairs that follow one another; laid out as `ck_forest_run`, where the fields are explained.
package struct DecisionRun: Sendable, BitwiseCopyable {
    let pairs: UInt32
    let score: UInt32
    let chunk: UInt16
    let trees: UInt16

    /// Pairs.
    package init(pairs: Int, chunk: Int, trees: Int, score: Int) {
        self.pairs = UInt32(pairs)
        self.score = UInt32(score)
        self.chunk = UInt16(chunk)
        self.trees = UInt16(trees)
    }
}

/// Trees whose nodes are decided at once, as `ck_forest_decisions` describes them; pointers into memory that the caller
/// keeps alive.
package struct ForestDecisions {
    let numbers: UnsafeBufferPointer<DecisionNumber>
    let bounds: UnsafePointer<Double>
    let categories: UnsafeBufferPointer<DecisionChoice>
    let indices: UnsafePointer<UInt16>
    let sets: UnsafePointer<UInt32>
    let runs: UnsafeBufferPointer<DecisionRun>
    let pairs: UnsafeBufferPointer<DecisionPair>
    let width: Int
    let leafValues: UnsafePointer<Double>

    /// Trees whose leaves answer `width` numbers each.
    package init(
        numbers: UnsafeBufferPointer<DecisionNumber>, bounds: UnsafePointer<Double>,
        categories: UnsafeBufferPointer<DecisionChoice>, indices: UnsafePointer<UInt16>, sets: UnsafePointer<UInt32>,
        runs: UnsafeBufferPointer<DecisionRun>, pairs: UnsafeBufferPointer<DecisionPair>, width: Int,
        leafValues: UnsafePointer<Double>
    ) {
        self.numbers = numbers
        self.bounds = bounds
        self.categories = categories
        self.indices = indices
        self.sets = sets
        self.runs = runs
        self.pairs = pairs
        self.width = width
        self.leafValues = leafValues
    }
}

extension TreeKernels {
    /// Whether deciding all nodes of a row is faster than walking down: it takes 512-bit vectors.
    package var prefersDeciding: Bool { backend == .swift || level == CK_CPU_V4 }

    /// Adds to `sums[score]` what the trees answer for one row.
    package func decide(
        _ values: UnsafePointer<Double>, forest: ForestDecisions, sums: UnsafeMutablePointer<Double>
    ) {
        guard backend == .c else { return SwiftForest.decide(values, forest, sums) }
        var decisions = ck_forest_decisions(
            numbers: forest.numbers.count, categories: forest.categories.count, runs: forest.runs.count,
            pairs: forest.pairs.count, width: forest.width,
            number: UnsafeRawPointer(forest.numbers.baseAddress)?.assumingMemoryBound(to: ck_forest_number.self),
            bounds: forest.bounds,
            category: UnsafeRawPointer(forest.categories.baseAddress)?.assumingMemoryBound(to: ck_forest_choice.self),
            indices: forest.indices, sets: forest.sets,
            run: UnsafeRawPointer(forest.runs.baseAddress)?.assumingMemoryBound(to: ck_forest_run.self),
            pair: UnsafeRawPointer(forest.pairs.baseAddress)?.assumingMemoryBound(to: ck_forest_pair.self),
            leaf_values: forest.leafValues)
        ck_forest_decide_row(level, &decisions, values, sums)
    }
}
