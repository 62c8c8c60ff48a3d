import Synchronization

/// What surrounds a piece of work. None of it but the seed changes what is learned.
public struct RunContext: Sendable {
    /// The key of everything random.
    public var seed: UInt64
    /// How many threads may be used; 0 means all.
    public var threads: Int
    /// Which kernels run.
    public var backend: Backend
    /// Set from outside to stop the work.
    public var cancellation: Cancellation
    /// When the work has to be over.
    public var deadline: ContinuousClock.Instant?
    /// Who hears the events.
    public var monitors: [any MonitorSession]
    /// The plugins at hand.
    public var registry: Registry
    /// Where checkpoints go, if anywhere.
    public var checkpoints: (any CheckpointStore)?
    /// Sums over the processes that share the rows.
    public var communicator: any Communicator
    /// The metrics, by name; nil where there are none but the loss.
    public var scoring: (any ScoringSource)?

    /// A context of one process without monitors.
    public init(
        seed: UInt64 = 0, threads: Int = 0, backend: Backend = .c, cancellation: Cancellation = Cancellation(),
        deadline: ContinuousClock.Instant? = nil, monitors: [any MonitorSession] = [], registry: Registry = Registry(),
        checkpoints: (any CheckpointStore)? = nil, communicator: any Communicator = LocalCommunicator(),
        scoring: (any ScoringSource)? = nil
    ) {
        self.seed = seed
        self.threads = threads
        self.backend = backend
        self.cancellation = cancellation
        self.deadline = deadline
        self.monitors = monitors
        self.registry = registry
        self.checkpoints = checkpoints
        self.communicator = communicator
        self.scoring = scoring
    }

    /// Throws `.cancelled` once the work is cancelled, `.input` once its deadline has passed. Cheap: call it often.
    public func checkCancellation() throws {
        if cancellation.isCancelled {
            throw ApusError("stopped before it was done", remedy: "No file was left half written.", kind: .cancelled)
        }
        if let deadline, ContinuousClock.now >= deadline {
            throw ApusError("the time limit passed before it was done", remedy: "Raise run.time_limit.")
        }
    }

    /// Whether `checkCancellation` would throw.
    public var isStopped: Bool {
        cancellation.isCancelled || deadline.map { ContinuousClock.now >= $0 } ?? false
    }

    /// Tells all monitors; returns what they raise.
    @discardableResult
    public func send(_ event: some Event) -> [Alert] { monitors.flatMap { $0.receive(event) } }

    /// Random numbers for one purpose under this context's seed.
    public func random(_ purpose: String) -> CounterRandom { CounterRandom(seed: seed, purpose: purpose) }
}

/// A flag that stops work; any thread may set it, a signal handler's thread included.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Not cancelled.
    public init() {}

    /// Asks the work to stop.
    public func cancel() { flag.store(true, ordering: .relaxed) }

    /// Whether it was asked to stop.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// Keeps snapshots of unfinished work.
///
/// A learner saves one each `interval` iterations and once more before it throws because it was cancelled, under the id
/// of its descriptor; the pipeline loads it and calls `ResumableLearner.resume`.
public protocol CheckpointStore: Sendable {
    /// Iterations from one checkpoint to the next.
    var interval: Int { get }
    /// Replaces the checkpoint of this name.
    func save(_ state: State, as name: String) throws
    /// The checkpoint of this name to continue from, if there is one.
    func load(_ name: String) throws -> State?
}
