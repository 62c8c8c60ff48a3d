import ApusCore

/// What gradient boosting learned, as it is saved; a model compiles it for prediction.
struct BoostedTrees {
    let inputs: Schema
    let outputs: Prediction.Schema
    let link: Link
    /// The scores before the first tree.
    let initialScores: [Double]
    /// The trees, iteration by iteration, one a score.
    var trees: [Tree]
    /// The bins of each category input's codes.
    let binOfCode: [[UInt8]?]

    /// How many scores a row has.
    var scoreCount: Int { initialScores.count }
}
