/// The rows that transforms and learners are fitted on. Only a split makes them, so nothing can be fitted on rows that
/// are held out: there is no public initialiser.
public struct TrainingRows: Sendable {
    /// Where the features come from.
    public enum Features: Sendable {
        /// All rows in memory.
        case table(Table)
        /// Batches that can be read again and again, for data larger than memory.
        case stream(any TableStream)
    }

    /// The features: columns of role feature, without target, weight, group or time.
    public let features: Features
    private let visibleTargets: [Target]?
    /// How much each row counts; nil if all count the same. Finite, not negative, not all zero.
    public let weights: Buffer<Double>?
    /// The group of each row, if groups were given.
    public let groups: Column?
    /// The time of each row, if times were given.
    public let times: Column?
    /// What is added to each row's raw score before the link, `(rows, outputs)`.
    public let offsets: Matrix<Double>?
    /// The position of each row in the data that was split; the key of everything random about a row.
    public let rowIDs: Buffer<Int64>
    private let heldBack: [TrainingRows]

    package init(
        _ features: Features, targets: [Target]?, weights: Buffer<Double>? = nil, groups: Column? = nil,
        times: Column? = nil, offsets: Matrix<Double>? = nil, rowIDs: Buffer<Int64>, validation: TrainingRows? = nil
    ) {
        self.features = features
        visibleTargets = targets
        self.weights = weights
        self.groups = groups
        self.times = times
        self.offsets = offsets
        self.rowIDs = rowIDs
        heldBack = validation.map { [$0] } ?? []
    }

    /// The number of rows.
    public var count: Int { rowIDs.count }

    /// Rows that are kept from fitting, to stop or to choose by; nil if the split made none.
    public var validation: TrainingRows? { heldBack.first }

    /// All features in memory; throws for a stream.
    public var table: Table {
        get throws {
            if case .table(let table) = features { return table }
            throw ApusError(
                "this learner needs all rows in memory, the data come as a stream",
                remedy: "Choose a learner with the capability 'streaming'.", kind: .usage)
        }
    }

    /// What is learned, one a target column. Throws for a transform whose descriptor does not declare `usesTarget`.
    public var targets: [Target] {
        get throws {
            if let visibleTargets { return visibleTargets }
            throw ApusError(
                "the target is hidden from a transform that does not declare it",
                remedy: "Add 'usesTarget' to the capabilities of its descriptor.", kind: .plugin)
        }
    }

    /// The only target; throws where there are several, or where it is hidden.
    public var target: Target {
        get throws {
            let targets = try targets
            guard targets.count == 1 else {
                throw ApusError(
                    "there are \(targets.count) targets, one is expected",
                    remedy: "Choose a learner with the capability 'multipleTargets'.", kind: .usage)
            }
            return targets[0]
        }
    }

    /// The same rows with other features, as a transform leaves them.
    public func replacing(features table: Table, validation: TrainingRows? = nil) throws -> TrainingRows {
        guard table.rowCount == count else {
            throw ApusError("a transform turned \(count) rows into \(table.rowCount)", kind: .plugin)
        }
        return TrainingRows(
            .table(table), targets: visibleTargets, weights: weights, groups: groups, times: times, offsets: offsets,
            rowIDs: rowIDs, validation: validation ?? self.validation)
    }

    /// The same rows with features from another stream.
    package func replacing(stream: any TableStream) -> TrainingRows {
        TrainingRows(
            .stream(stream), targets: visibleTargets, weights: weights, groups: groups, times: times, offsets: offsets,
            rowIDs: rowIDs, validation: validation)
    }

    /// The rows at `indices`, in that order, without the validation part: for resampling and for parts of an ensemble.
    public func rows(_ indices: [Int]) throws -> TrainingRows {
        TrainingRows(
            .table(try table.rows(indices)), targets: visibleTargets?.map { $0.rows(indices) },
            weights: weights.map { weights in Buffer(indices.map { weights[$0] }) }, groups: groups?.rows(indices),
            times: times?.rows(indices),
            offsets: offsets?.rows(indices), rowIDs: Buffer(indices.map { rowIDs[$0] }))
    }

    /// The same rows with the targets hidden.
    package var withoutTargets: TrainingRows {
        TrainingRows(
            features, targets: nil, weights: weights, groups: groups, times: times, offsets: offsets, rowIDs: rowIDs,
            validation: validation?.withoutTargets)
    }

    /// The same rows without offsets, for what does not know them.
    package var withoutOffsets: TrainingRows {
        TrainingRows(
            features, targets: visibleTargets, weights: weights, groups: groups, times: times, rowIDs: rowIDs,
            validation: validation?.withoutOffsets)
    }

    /// The same rows with other weights.
    package func with(weights: Buffer<Double>?) -> TrainingRows {
        TrainingRows(
            features, targets: visibleTargets, weights: weights, groups: groups, times: times, offsets: offsets,
            rowIDs: rowIDs, validation: validation)
    }

    /// The same rows with another validation part.
    package func with(validation: TrainingRows?) -> TrainingRows {
        TrainingRows(
            features, targets: visibleTargets, weights: weights, groups: groups, times: times, offsets: offsets,
            rowIDs: rowIDs, validation: validation)
    }

    /// The same rows with these targets shown again.
    package func showing(_ targets: [Target]) -> TrainingRows {
        TrainingRows(
            features, targets: targets, weights: weights, groups: groups, times: times, offsets: offsets,
            rowIDs: rowIDs, validation: validation)
    }
}
