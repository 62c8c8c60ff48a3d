import ApusCore

/// The columns that one tree may split: a share of all, and at each depth a share of those.
struct ColumnSample: Sendable {
    private var masks: [[Bool]] = []
    private var draw: (@Sendable (Int) -> [Bool])?
    private var whole: [Bool]?

    /// All columns.
    init() {}

    /// Draws for tree number `tree` from `count` columns.
    init(_ count: Int, byTree: Double, byLevel: Double, tree: Int, _ context: RunContext) {
        guard byTree < 1 || byLevel < 1, count > 0 else { return }
        let chosen = ColumnSample.draw(byTree, of: Array(0..<count), context.random("trees.columns.\(tree)"))
        let mask = (0..<count).map(Set(chosen).contains)
        whole = mask
        guard byLevel < 1 else { return }
        draw = { depth in
            let part = ColumnSample.draw(byLevel, of: chosen, context.random("trees.columns.\(tree).\(depth)"))
            return (0..<count).map(Set(part).contains)
        }
    }

    /// The columns that leaves of this depth may split; nil for all.
    mutating func mask(depth: Int) -> [Bool]? {
        guard let draw else { return whole }
        while masks.count <= depth { masks.append(draw(masks.count)) }
        return masks[depth]
    }

    /// At least one of them.
    private static func draw(_ share: Double, of columns: [Int], _ random: CounterRandom) -> [Int] {
        let count = max(1, Int((share * Double(columns.count)).rounded()))
        return random.permutation(columns.count).prefix(count).map { columns[$0] }
    }
}
