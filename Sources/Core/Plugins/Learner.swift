/// A model plugin's configuration. Fitting never changes it.
public protocol Learner: Restorable where Fitted == any Model {
    /// Learns a model from training rows; from `model` onward where that is given and supported. Throws `.cancelled`
    /// soon after the context is cancelled.
    func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model
    /// Whether the fit will look at a validation part; the split then keeps one.
    var wantsValidation: Bool { get }
}

extension Learner {
    /// A model.
    public static var kind: PluginKind { .model }
    /// As the descriptor says.
    public var wantsValidation: Bool { Self.descriptor.capabilities.contains(.validation) }
}

/// What a learner returns. Immutable; predicts on any thread.
public protocol Model: Sendable {
    /// The features it was fitted on.
    var inputs: Schema { get }
    /// What it answers.
    var outputs: Prediction.Schema { get }
    /// One answer a row. Maps columns by name with `inputs.align`; throws where one is missing.
    func predict(_ table: Table, in context: RunContext) throws -> Prediction
    /// What to save.
    func state() throws -> State
}

extension Model {
    /// As `predict(_:in:)`, with the defaults of a context.
    public func predict(_ table: Table) throws -> Prediction { try predict(table, in: RunContext()) }
}

/// A learner that continues with new rows: the same as one longer fit.
public protocol IncrementalLearner: Learner {
    /// The model after seeing `rows` as well.
    func update(_ model: any Model, with rows: TrainingRows, in context: RunContext) throws -> any Model
}

/// A learner that saves checkpoints to the context's store and continues from one, bit for bit.
public protocol ResumableLearner: Learner {
    /// The model that the interrupted fit would have returned.
    func resume(_ rows: TrainingRows, from checkpoint: State, in context: RunContext) throws -> any Model
}

/// A model that tells what it holds.
public protocol Inspectable: Model {
    /// How much each feature matters, by its kinds of measure (`gain`, `split`, `coefficient`), in the inputs' order.
    var importance: [String: [Double]] { get }
    /// The measure to show first.
    var mainImportance: String { get }
    /// What else is worth seeing, for instance how many trees there are.
    var facts: [String: JSON] { get }
}

/// A model that explains single answers.
public protocol Explainable: Model {
    /// Contributions of each feature, a vector as a whole, to each row's raw score, and the base value last:
    /// `(rows, features + 1)` for each output.
    func contributions(_ table: Table, in context: RunContext) throws -> [Matrix<Double>]
}

/// A model that tells the numbers of a vector apart.
public protocol ElementExplainable: Explainable, Inspectable {
    /// The elements of vectors that matter most by the main measure, at most `count` of them, the greatest first.
    func leadingElements(_ count: Int) -> [(name: String, importance: Double)]
    /// Contributions of the entries of one of `rows`, which are the vector column at `position` of the inputs, for each
    /// output: parts of the column's contributions, of which its zeros make up the rest.
    func contributions(ofEntries rows: SparseRows, row: Int, at position: Int) -> [[Double]]
}

extension Inspectable {
    /// The main measure of each feature; in place of a vector, where the model tells its elements apart, that of the 50
    /// that matter most. Empty where there is no such measure.
    public var namedImportance: [(name: String, importance: Double)] {
        guard let values = importance[mainImportance] else { return [] }
        let features = zip(inputs.names, values).map { (name: $0, importance: $1) }
        guard inputs.hasVectors, let model = self as? any ElementExplainable else { return features }
        let columns = zip(inputs.fields, features).filter { $0.0.kind != .vector }.map(\.1)
        return columns + model.leadingElements(50)
    }
}

/// A model that can add what rows bring with them to its scores.
public protocol OffsetPredicting: Model {
    /// One answer a row, with `offsets`, `(rows, scores)`, added to the scores before the link.
    func predict(_ table: Table, offsets: Matrix<Double>, in context: RunContext) throws -> Prediction
}

/// A model that answers for one row without allocating: the serving path. It is asked only where none of its inputs is
/// a vector.
public protocol RowPredicting: Model {
    /// Reads features in the inputs' order (numbers, flags as 0 and 1, categories as codes, NaN for missing) and writes
    /// the outputs.
    func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>)
}
