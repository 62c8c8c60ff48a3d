import ApusCore

/// `data`: what is read, and what is asked of it. Keys that are not here are parameters of the reader.
public struct DataSection: Configurable {
    /// data
    public static var configurationName: String { "data" }

    /// The file.
    @Parameter("The file to learn from; '-' is standard input.") public var path: String? = nil
    /// The target columns.
    @Parameter(
        "The column to learn: a name, or a position from 1, negative from the end; or a list of columns, or a pattern with *, whose labels hold or do not."
    )
    public var target: ColumnSelector? = nil
    /// The kind of answer.
    @Parameter("The kind of answer; null infers it from the target.") public var task: LearningTask? = nil
    /// The positive label.
    @Parameter("The label of two whose probability is predicted; null takes the last in order.")
    public var positive: String? = nil
    /// The weight column.
    @Parameter("The column that says how much each row counts.") public var weight: String? = nil
    /// The offset columns.
    @Parameter("Columns of numbers that are added to the scores before the link, one a score.")
    public var offset = ColumnSelector([])
    /// The group column.
    @Parameter("The column whose equal values stay on one side of the split.") public var group: String? = nil
    /// The time column.
    @Parameter("The column that orders the rows; the latest are held out.") public var time: String? = nil
    /// The test file.
    @Parameter("A file to evaluate on instead of held-out rows.") public var test: String? = nil
    /// The validation file.
    @Parameter("A file to stop and to choose by instead of a part of the rows.") public var validation: String? = nil
    /// Whether rows are read again and again instead of held in memory.
    @Parameter("Read rows from the file in each pass instead of holding them in memory, for tables larger than it.")
    public var stream = false
    /// The reader.
    @Parameter("The reader's id; null chooses by the file's name.") public var reader: String? = nil

    /// The defaults.
    public init() {}
}

extension LearningTask: ParameterChoice {}

/// `features`: what is learned from.
public struct FeaturesSection: Configurable {
    /// features
    public static var configurationName: String { "features" }

    /// The columns to use.
    @Parameter("Columns to learn from: names, patterns with *, or kinds as in ':number'.")
    public var use = ColumnSelector(["*"])
    /// The columns to leave out.
    @Parameter("Columns to leave out.") public var ignore = ColumnSelector([])
    /// The transforms.
    @Parameter("Transforms in order, ids or maps with an id and parameters; null picks what the model needs.")
    public var transforms: [PluginReference]? = nil

    /// The defaults.
    public init() {}
}

/// `evaluation`: how the model is judged.
public struct EvaluationSection: Configurable {
    /// evaluation
    public static var configurationName: String { "evaluation" }

    /// The models to compare with.
    @Parameter("Models that show what chance and habit reach.")
    public var baselines = [PluginReference("baseline.zero_rule"), PluginReference("baseline.random")]
    /// The level of the intervals.
    @Parameter("Share of bootstrap values inside an interval.", in: .between(0, 1)) public var level = 0.95
    /// How many resamples.
    @Parameter(
        "Bootstrap resamples; null adapts them to the rows, 200 to 1,000; 0 draws none.", in: .from(0, to: 100_000))
    public var resamples: Int? = nil
    /// Metrics of the learning curve.
    @Parameter("Metrics to measure on the training and validation parts while fitting, besides the loss.")
    public var metrics: [String] = []
    /// How often.
    @Parameter("Iterations from one point of the learning curve to the next.", in: .from(1), unit: "iterations")
    public var metricFreq = 1
    /// Gates.
    @Parameter("Gates: a test metric and the worst value it may have; a gate that fails ends with exit code 3.")
    public var require: [String: Double] = [:]

    /// The defaults.
    public init() {}

    /// Gates name metrics that exist.
    public func validate() throws {
        for name in require.keys.sorted() + metrics { _ = try Metric.named(name) }
    }
}

/// `run`: what surrounds the work; none of it but the seed changes what is learned.
public struct RunSection: Configurable {
    /// run
    public static var configurationName: String { "run" }

    /// The seed.
    @Parameter("The key of everything random.", in: .from(0, to: 9_007_199_254_740_991)) public var seed = 0
    /// Threads.
    @Parameter("Threads to use; 0 takes all processors.", in: .from(0, to: 1_024)) public var threads = 0
    /// Kernels.
    @Parameter("The kernels that run: C, or their pure-Swift twins.") public var kernels = Backend.c
    /// The artifact.
    @Parameter("The file to write; null takes the target's name with .apus.") public var output: String? = nil
    /// Overwriting.
    @Parameter("Overwrite the file if it is there.") public var force = false
    /// Checkpoints.
    @Parameter(
        "Save a checkpoint beside the artifact after so many iterations, to go on from if the run ends early.",
        in: .from(1), unit: "iterations")
    public var checkpointEvery: Int? = nil
    /// Going on.
    @Parameter("Go on from the checkpoint of an earlier run with the same data and settings.") public var resume = false
    /// A model to continue.
    @Parameter("The artifact to continue: its transforms stay, its model learns on.") public var from: String? = nil
    /// Snapshots.
    @Parameter(
        "Save the model so far beside the artifact after so many iterations, as NAME.snapshot_iter_N.apus.",
        in: .from(1), unit: "iterations")
    public var snapshotFreq: Int? = nil
    /// A limit.
    @Parameter("Stop with an error after so many seconds.", in: .above(0), unit: "s") public var timeLimit: Double? =
        nil

    /// The defaults.
    public init() {}
}

extension Backend: ParameterChoice {}
