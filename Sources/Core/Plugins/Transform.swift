/// Turns tables into tables after seeing training rows.
public protocol Transform: Restorable where Fitted == any FittedTransform {
    /// The schema it will deliver for features like these, before anything is fitted; names may hold `*` for what only
    /// fitting tells. Throws where it cannot work on them.
    func plan(_ schema: Schema) throws -> Schema
    /// Learns from training rows. Targets are visible only if the descriptor declares `usesTarget`.
    func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform
}

extension Transform {
    /// A transform.
    public static var kind: PluginKind { .transform }
}

/// A transform that also changes the training rows, such as cross-fitted encoding, resampling or augmentation. The
/// changed rows never reach evaluation.
public protocol RowReplacingTransform: Transform {
    /// Learns, and returns the rows that what follows is fitted on.
    func fitReplacing(_ rows: TrainingRows, in context: RunContext) throws -> (any FittedTransform, TrainingRows)
}

/// A fitted transform. Immutable.
public protocol FittedTransform: Sendable {
    /// The features it was fitted on.
    var inputs: Schema { get }
    /// Exactly the features it delivers.
    var outputs: Schema { get }
    /// The transformed rows. Maps columns by name; throws where one is missing.
    func apply(_ table: Table, in context: RunContext) throws -> Table
    /// What to save.
    func state() throws -> State
}

extension FittedTransform {
    /// As `apply(_:in:)`, with the defaults of a context.
    public func apply(_ table: Table) throws -> Table { try apply(table, in: RunContext()) }
}

/// Turns predictions into predictions, fitted on predictions for rows that the learner has not seen: calibration,
/// threshold, abstention.
public protocol OutputTransform: Restorable where Fitted == any FittedOutputTransform {
    /// Learns from predictions and the truth.
    func fit(_ prediction: Prediction, _ rows: TrainingRows, in context: RunContext) throws -> any FittedOutputTransform
}

extension OutputTransform {
    /// An output transform.
    public static var kind: PluginKind { .output }
}

/// A fitted output transform. Immutable.
public protocol FittedOutputTransform: Sendable {
    /// The transformed predictions, row by row.
    func apply(_ prediction: Prediction) throws -> Prediction
    /// What to save.
    func state() throws -> State
}
