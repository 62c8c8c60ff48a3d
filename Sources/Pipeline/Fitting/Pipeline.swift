import ApusCore

/// Input transforms, a learner and output transforms: what is fitted as one, saved as one and predicts as one.
public struct Pipeline: Sendable {
    /// Applied to the features, in order.
    public var transforms: [any Transform]
    /// Learns from what the transforms leave.
    public var learner: any Learner
    /// Applied to the predictions, in order; fitted on the validation part.
    public var outputTransforms: [any OutputTransform]

    /// A pipeline.
    public init(
        _ transforms: [any Transform] = [], _ learner: any Learner, _ outputTransforms: [any OutputTransform] = []
    ) {
        self.transforms = transforms
        self.learner = learner
        self.outputTransforms = outputTransforms
    }

    /// The pipeline that `learner` needs, by its capabilities: what it does not take as it is, is imputed, turned into
    /// numbers and scaled; vectors of `features` become columns.
    public static func standard(
        for learner: any Learner, features: Schema? = nil, registry: Registry
    ) throws -> Pipeline {
        let capabilities = type(of: learner).descriptor.capabilities
        var ids: [String] = []
        if features?.features.hasVectors == true, !capabilities.contains(.vectors) { ids.append("transform.expand") }
        if !capabilities.contains(.missingValues) { ids.append("transform.impute") }
        if !capabilities.contains(.categories) { ids.append("transform.one_hot") }
        if !capabilities.contains(.scaleInvariant) { ids.append("transform.standardize") }
        return Pipeline(try ids.map { try registry.transform(PluginReference($0)) }, learner)
    }

    /// Kinds of columns that some part of the pipeline takes; of texts and timestamps only where the learner takes them
    /// or a transform turns them into something else.
    public var ability: Set<Capability> {
        let taken = type(of: learner).descriptor.capabilities
        let ability = transforms.reduce(into: taken) { $0.formUnion(type(of: $1).descriptor.capabilities) }
        let left = [(ColumnKind.text, Capability.text), (.timestamp, .timestamps)].filter { reachesLearner($0.0) }
        return ability.subtracting(left.map(\.1)).union(taken)
    }

    /// Whether the transforms leave a column of this kind as it is.
    private func reachesLearner(_ kind: ColumnKind) -> Bool {
        let planned = try? transforms.reduce(Schema([Field("a", kind)])) { try $1.plan($0) }
        return planned?.fields.contains { $0.kind == kind } ?? false
    }

    /// Whether fitting uses a validation part.
    public var wantsValidation: Bool { learner.wantsValidation || !outputTransforms.isEmpty }

    /// The schema that reaches the learner, before anything is fitted. Throws where the pipeline cannot work; where the
    /// learner does not learn the task, the error names those of `registry` that do.
    @discardableResult
    public func plan(_ schema: Schema, task: LearningTask, among registry: Registry = Registry()) throws -> Schema {
        let descriptor = type(of: learner).descriptor
        guard descriptor.tasks.contains(task) else {
            let others = registry.plugins(.model).map { $0.descriptor }.filter { $0.tasks.contains(task) }.map(\.id)
            throw ApusError(
                "\(descriptor.id) does not learn a \(task.rawValue) target",
                remedy: "It learns \(descriptor.tasks.map(\.rawValue).sorted().joined(separator: ", "))."
                    + (others.isEmpty ? "" : " These learn it: \(others.joined(separator: ", "))."), kind: .usage)
        }
        let planned = try transforms.reduce(schema) { schema, transform in
            let taker = type(of: transform).descriptor
            if let field = schema.fields.first(where: { $0.kind == .vector }), !taker.capabilities.contains(.vectors) {
                throw ApusError(
                    "\(taker.id) does not take a vector column", at: "column '\(field.name)'",
                    remedy: "Put it before the transform that makes the vector, or add transform.expand before it.",
                    kind: .usage)
            }
            return try attributed(to: taker.id) { try transform.plan(schema) }
        }
        let refused: [(ColumnKind, Capability, String)] = [
            (.category, .categories, "Add transform.one_hot before it."), (.text, .text, "Ignore the column."),
            (.timestamp, .timestamps, "Ignore the column."),
            (.vector, .vectors, "Add transform.expand before it, or choose a learner that takes vectors."),
        ]
        for (kind, capability, remedy) in refused where !descriptor.capabilities.contains(capability) {
            if let field = planned.fields.first(where: { $0.kind == kind }) {
                throw ApusError(
                    "\(descriptor.id) does not take a \(kind.rawValue) column", at: "column '\(field.name)'",
                    remedy: remedy, kind: .usage)
            }
        }
        return planned
    }

    /// Transforms fitted one after another, and the rows that they leave for the learner.
    public func fitTransforms(
        _ rows: TrainingRows, in context: RunContext
    ) throws -> (fitted: [any FittedTransform], rows: TrainingRows) {
        var rows = rows
        let targets = try rows.targets
        var fitted: [any FittedTransform] = []
        for transform in transforms {
            try context.checkCancellation()
            let descriptor = type(of: transform).descriptor
            let seesTarget = descriptor.capabilities.contains(.usesTarget)
            let visible = seesTarget ? rows : rows.withoutTargets
            try attributed(to: descriptor.id) {
                let result: any FittedTransform
                var replaced: TrainingRows?
                if let replacing = transform as? any RowReplacingTransform {
                    (result, replaced) = try replacing.fitReplacing(visible, in: context)
                } else {
                    result = try transform.fit(visible, in: context)
                }
                let validation = try rows.validation.map { part in
                    try part.replacing(features: try result.apply(part.table, in: context))
                }
                if let replaced {
                    rows = (seesTarget ? replaced : replaced.showing(targets)).with(validation: validation)
                } else {
                    rows = try rows.replacing(
                        features: try result.apply(rows.table, in: context), validation: validation)
                }
                fitted.append(result)
            }
        }
        return (fitted, rows)
    }

    /// The learner fitted on transformed rows, with the output transforms; `transforms` are those that made the rows.
    public func fitLearner(
        _ rows: TrainingRows, transforms fitted: [any FittedTransform], inputs: Schema, from model: (any Model)? = nil,
        offsets: [String] = [], in context: RunContext
    ) throws -> FittedPipeline {
        let descriptor = type(of: learner).descriptor
        if rows.weights != nil, descriptor.weights == .none {
            throw ApusError(
                "\(descriptor.id) does not take weights", remedy: "Leave the weight column out.", kind: .usage)
        }
        if rows.offsets != nil, !descriptor.capabilities.contains(.offsets) {
            throw ApusError(
                "\(descriptor.id) does not take offsets",
                remedy: "Leave data.offset out; a file of initial scores beside the table has to be moved away.",
                kind: .usage)
        }
        // What a stream lacks shows when it is read: there the learner itself looks.
        if !descriptor.capabilities.contains(.missingValues), case .table = rows.features {
            try refuseMissing(in: rows, descriptor.id)
        }
        let model = try attributed(to: descriptor.id) {
            if let learner = learner as? any ResumableLearner,
                let checkpoint = try context.checkpoints?.load(descriptor.id)
            {
                return try learner.resume(rows, from: checkpoint, in: context)
            }
            return try learner.fit(rows, from: model, in: context)
        }
        var outputs: [any FittedOutputTransform] = []
        if !outputTransforms.isEmpty {
            guard let held = rows.validation else {
                throw ApusError("output transforms need a validation part", at: "split", kind: .usage)
            }
            var prediction = try model.predict(held.table, adding: held.offsets, in: context)
            for transform in outputTransforms {
                let result = try transform.fit(prediction, held, in: context)
                prediction = try result.apply(prediction)
                outputs.append(result)
            }
        }
        return FittedPipeline(
            inputs: inputs, transforms: fitted, model: model, outputTransforms: outputs, offsets: offsets)
    }

    /// The pipeline with a model that is not done yet, without output transforms.
    package func unfinished(
        _ model: any Model, transforms fitted: [any FittedTransform], inputs: Schema, offsets: [String]
    ) -> FittedPipeline {
        FittedPipeline(inputs: inputs, transforms: fitted, model: model, outputTransforms: [], offsets: offsets)
    }

    /// Both in one: transforms, then the learner.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> FittedPipeline {
        let table = try rows.table
        try plan(table.schema, task: try rows.target.task)
        let (fitted, transformed) = try fitTransforms(rows, in: context)
        return try fitLearner(transformed, transforms: fitted, inputs: table.schema, in: context)
    }

    private func refuseMissing(in rows: TrainingRows, _ id: String) throws {
        let table = try rows.table
        for (field, column) in zip(table.schema.fields, table.columns) where column.missingCount > 0 {
            let row = (0..<column.count).first { column.isMissing($0) } ?? 0
            throw ApusError(
                "\(id) does not take missing values",
                at: "column '\(field.name)' row \((rows.rowIDs[row] + 1).grouped)",
                remedy: "Add transform.impute before it.", kind: .usage)
        }
    }
}

/// Names the plugin in errors that pass through.
func attributed<Result>(to id: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as ApusError where error.kind == .input && !error.place.contains(id) {
        throw error.at(id)
    }
}
