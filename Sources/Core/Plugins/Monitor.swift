/// Hears events and may raise alerts.
public protocol Monitor: Plugin {
    /// A session that hears the events of one run or one served model.
    func start() throws -> any MonitorSession
}

extension Monitor {
    /// A monitor.
    public static var kind: PluginKind { .monitor }
}

/// A monitor at work. Safe to call from any thread.
public protocol MonitorSession: Sendable {
    /// Takes one event; events of names it does not know are ignored.
    func receive(_ event: any Event) -> [Alert]
    /// All that is needed to continue.
    func snapshot() throws -> State
    /// Continues from a snapshot.
    func restore(_ state: State) throws
}

/// Something that happened: open, named, versioned.
public protocol Event: Sendable {
    /// The name, such as `progress`.
    static var name: String { get }
    /// The version of the payload.
    static var version: Int { get }
    /// What happened, for monitors that do not know the type.
    var payload: JSON { get }
}

/// Long work went on.
public struct Progress: Event {
    /// progress
    public static var name: String { "progress" }
    /// 1
    public static var version: Int { 1 }
    /// What is being done: `fit`.
    public let phase: String
    /// Steps done.
    public let completed: Int
    /// Steps in all, if that is known.
    public let total: Int?
    /// Losses and the like after this step.
    public let metrics: [String: Double]

    /// A step of `phase`.
    public init(_ phase: String, completed: Int, total: Int? = nil, metrics: [String: Double] = [:]) {
        self.phase = phase
        self.completed = completed
        self.total = total
        self.metrics = metrics
    }

    /// All of it.
    public var payload: JSON {
        [
            "phase": .text(phase), "completed": completed.json, "total": total.json,
            "metrics": .object(metrics.mapValues(\.json)),
        ]
    }
}

/// A fit finished an iteration: what the model would be, and answer, if it ended here. Nothing of it is computed before
/// a monitor asks, which it may do only while it receives the event.
public struct Iteration: Event {
    /// Rows that the fit knows, and what it would answer for them.
    public struct Part: Sendable {
        /// `train` or `validation`.
        public let name: String
        /// The truth.
        public let target: Target
        /// How much each row counts.
        public let weights: Buffer<Double>?
        /// The mean loss.
        public let loss: Double
        /// The answers.
        public let predict: @Sendable () throws -> Prediction

        /// Rows of a fit.
        public init(
            _ name: String, _ target: Target, weights: Buffer<Double>?, loss: Double,
            predict: @escaping @Sendable () throws -> Prediction
        ) {
            self.name = name
            self.target = target
            self.weights = weights
            self.loss = loss
            self.predict = predict
        }
    }

    /// iteration
    public static var name: String { "iteration" }
    /// 1
    public static var version: Int { 1 }
    /// Finished iterations.
    public let number: Int
    /// The training rows, and the validation part if there is one.
    public let parts: [Part]
    /// The model so far.
    public let model: @Sendable () throws -> any Model

    /// A finished iteration.
    public init(_ number: Int, _ parts: [Part], model: @escaping @Sendable () throws -> any Model) {
        self.number = number
        self.parts = parts
        self.model = model
    }

    /// The number and the losses.
    public var payload: JSON {
        [
            "number": number.json,
            "loss": .object(Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0.loss.json) })),
        ]
    }
}

/// Something the user should know, a sentence.
public struct Warning: Event {
    /// warning
    public static var name: String { "warning" }
    /// 1
    public static var version: Int { 1 }
    /// The sentence.
    public let message: String

    /// A warning.
    public init(_ message: String) { self.message = message }

    /// The sentence.
    public var payload: JSON { ["message": .text(message)] }
}

/// Rows were predicted.
public struct PredictionBatch: Event {
    /// prediction_batch
    public static var name: String { "prediction_batch" }
    /// 1
    public static var version: Int { 1 }
    /// The rows as they came.
    public let table: Table
    /// The answers.
    public let prediction: Prediction

    /// A batch.
    public init(_ table: Table, _ prediction: Prediction) {
        self.table = table
        self.prediction = prediction
    }

    /// The number of rows; the rows themselves only for monitors that know the type.
    public var payload: JSON { ["rows": prediction.count.json] }
}

/// What a monitor found.
public struct Alert: Sendable, Equatable {
    /// How much it matters.
    public enum Severity: String, Sendable, Codable, Comparable, CaseIterable {
        /// Worth knowing.
        case notice
        /// Worth looking at.
        case warning
        /// Needs action.
        case critical

        /// By weight.
        public static func < (left: Severity, right: Severity) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    /// The id of the monitor.
    public let monitor: String
    /// How much it matters.
    public let severity: Severity
    /// A sentence.
    public let message: String
    /// The figures behind it.
    public let details: JSON

    /// An alert.
    public init(_ monitor: String, _ severity: Severity, _ message: String, details: JSON = [:]) {
        self.monitor = monitor
        self.severity = severity
        self.message = message
        self.details = details
    }
}
