import ApusCore
import ApusPipeline
import Foundation

/// One training run: read, split, fit, evaluate, save.
public struct TrainingRun: Sendable {
    /// What became known during a run, in this order.
    public enum Stage: Sendable {
        /// The data are read.
        case read(TrainReport)
        /// The rows are divided; the model is chosen.
        case split(TrainReport)
        /// Everything is done.
        case finished(TrainReport)
    }

    /// What decides the run.
    public let configuration: Configuration

    /// A run of `configuration`.
    public init(_ configuration: Configuration) { self.configuration = configuration }

    /// What a run in memory returns.
    public struct Result: Sendable {
        /// What predicts, with its description; not yet written to a file.
        public let artifact: Artifact
        /// What was done.
        public let report: TrainReport
    }

    /// Reads the file that the configuration names, fits, and writes the artifact with its record beside it. Tells
    /// `observe` what becomes known. Throws without leaving a file.
    @discardableResult
    public func execute(in context: RunContext, observe: (Stage) throws -> Void = { _ in }) throws -> TrainReport {
        guard let path = configuration.data.path else {
            throw ApusError(
                "no data file is named", remedy: "Give one: apus train people.csv --target income.", kind: .usage)
        }
        let started = Record.now()
        var clock = PhaseClock()
        let (output, result, checkpoints) =
            try configuration.data.stream
            ? executeStream(path, clock: &clock, in: context, observe: observe)
            : executeTable(path, clock: &clock, in: context, observe: observe)
        var report = result.report
        report.artifact = output
        try clock.time("save") { try result.artifact.write(to: output, force: configuration.run.force) }
        try checkpoints?.remove()
        report.phases = clock.seconds
        try Record.write(report, configuration, context, started: started, beside: output)
        try observe(.finished(report))
        if let failed = report.gates.first(where: { !$0.isMet }) {
            let value = failed.value.map { Column.text($0) } ?? "undefined"
            throw ApusError(
                "\(failed.metric) on the test part is \(value), required is \(Column.text(failed.limit))", at: "gate",
                remedy: "The artifact was written all the same: \(output).", kind: .gate)
        }
        return report
    }

    private func executeTable(
        _ path: String, clock: inout PhaseClock, in context: RunContext, observe: (Stage) throws -> Void
    ) throws -> (output: String, result: Result, checkpoints: FileCheckpoints?) {
        let (table, read) = try clock.time("read") {
            try TableFile.read(
                path, reader: configuration.data.reader, parameters: configuration.readerParameters, in: context)
        }
        try context.checkCancellation()
        let output = try outputPath(for: table.schema)
        var context = context
        let checkpoints = try checkpoints(of: table, beside: output, in: context)
        context.checkpoints = checkpoints
        do {
            let result = try fit(table, read: read, output: output, clock: &clock, in: context, observe: observe)
            try context.checkCancellation()
            return (output, result, checkpoints)
        } catch var error as ApusError where checkpoints?.isEmpty == false && context.isStopped {
            error.remedy = "The checkpoint \(checkpoints?.path ?? "") is kept: go on with --resume."
            throw error
        }
    }

    /// Fits and evaluates on a table in memory; writes nothing. Gates are reported, not enforced.
    public func fit(_ table: Table, in context: RunContext) throws -> Result {
        var clock = PhaseClock()
        return try fit(table, read: ReadReport(format: "in memory"), clock: &clock, in: context, observe: { _ in })
    }

    private func fit(
        _ table: Table, read: ReadReport, output: String? = nil, clock: inout PhaseClock, in context: RunContext,
        observe: (Stage) throws -> Void
    ) throws -> Result {
        let warnings = WarningCollector()
        var context = context
        context.monitors.append(warnings)
        context.scoring = context.scoring ?? MetricSource()
        let question = try question(for: table.schema)
        let continued = try configuration.run.from.map {
            try ContinuedModel($0, asked: configuration.model, configuration.features, in: context)
        }
        let choice = continued?.choice ?? ModelChoice(configuration.model)
        let pipeline = try makePipeline(choice, continued, table.schema, in: context)
        let (data, parts, testNotes) = try clock.time("split") {
            let schema = try selectingFeatures(of: table.schema, keeping: question)
            var data = try Dataset(
                Table(schema, table.columns, rowCount: table.rowCount), question, ability: pipeline.ability)
            if let continued { data = try continued.checked(data, question) }
            try pipeline.plan(data.table.schema.features, task: data.target.task, among: context.registry)
            if context.checkpoints != nil { try refuseUnlessResumable(type(of: pipeline.learner)) }
            let (parts, notes) = try split(data, pipeline, question, table.schema, in: context)
            return (data, parts, notes)
        }
        var report = TrainReport(
            data: describe(table, read, data), split: parts.report,
            model: TrainReport.ModelFacts(
                id: type(of: pipeline.learner).descriptor.id, parameters: pipeline.learner.parameterValues,
                reason: choice.reason, transforms: pipeline.transforms.map { type(of: $0).descriptor.id }))
        report.warnings = read.allNotes + data.notes + parts.report.notes + testNotes
        try observe(.read(report))
        try observe(.split(report))
        try context.checkCancellation()

        let (fitted, rows) = try clock.time("transform") {
            try continued?.transform(parts.training, in: context) ?? pipeline.fitTransforms(parts.training, in: context)
        }
        let inputs = try continued?.artifact.pipeline.inputs ?? parts.training.table.schema
        let reference = ReferenceStatistics(try parts.training.table)
        var description = Artifact.Description(
            target: data.targetColumns, weight: question.weight, offsets: question.offsets, pipeline: pipeline,
            data: Artifact.Description.Data(
                rows: data.count, columns: table.columns.count, digest: table.contentDigest), split: parts.report,
            apus: ApusVersion.text)
        let curve = CurveRecorder(
            try curveMetrics(for: data.target), every: configuration.evaluation.metricFreq, in: context)
        try (context.checkpoints as? FileCheckpoints)?.keep(curve, as: "learning_curve")
        let snapshots = configuration.run.snapshotFreq.flatMap { every in
            output.map { output in
                SnapshotWriter(every: every, beside: output) { [description] model in
                    Artifact(
                        pipeline.unfinished(model, transforms: fitted, inputs: inputs, offsets: question.offsets),
                        description, reference: reference)
                }
            }
        }
        let result = try clock.time("fit") {
            var heard = context
            heard.monitors += [curve] + (snapshots.map { [$0] } ?? [])
            return try pipeline.fitLearner(
                rows, transforms: fitted, inputs: inputs, from: continued?.artifact.pipeline.model,
                offsets: question.offsets, in: heard)
        }
        try snapshots?.check()
        report.curve = curve.curve
        if snapshots != nil || !configuration.evaluation.metrics.isEmpty, report.curve.iterations.isEmpty {
            report.warnings.append(
                "There is no learning curve: \(report.model.id) tells of no iterations, or of fewer than metric_freq.")
        }
        try context.checkCancellation()
        try clock.time("evaluate") {
            report.metrics = try evaluate(result, parts, in: context)
            report.baselines = try evaluateBaselines(parts, in: context)
            describe(result.model, in: &report)
            report.gates = try gates(on: report.test)
        }
        report.warnings += warnings.messages
        description.metrics = .object(
            Dictionary(uniqueKeysWithValues: report.metrics.map { ($0.part, $0.evaluation.json) }))
        let artifact = Artifact(result, description, reference: reference)
        report.phases = clock.seconds
        return Result(artifact: artifact, report: report)
    }

    /// Where the record of a run stands: `income.apus` → `income.run.json`.
    public static func recordPath(beside artifact: String) -> String { Record.path(beside: artifact) }

    func question(for schema: Schema) throws -> Dataset.Question {
        /// The column that is named, else the one that the reader gave this role.
        func name(_ given: String?, _ role: Role) throws -> String? {
            guard let given else { return schema.fields.first { $0.role == role }?.name }
            return try TableFile.columnName(given, in: schema, role: role.rawValue)
        }
        let data = configuration.data
        let targets =
            try data.target.map { try TableFile.columnNames($0, in: schema, role: "target") }
            ?? schema.fields.filter { $0.role == .target }.map(\.name)
        guard !targets.isEmpty else {
            throw ApusError(
                "no target is named", remedy: "Say which column to learn: --target NAME.", kind: .usage)
        }
        return Dataset.Question(
            targets: targets, task: data.task, positive: data.positive, weight: try name(data.weight, .weight),
            offsets: data.offset.patterns.isEmpty
                ? schema.fields.filter { $0.role == .offset }.map(\.name)
                : try data.offset.patterns.map { try TableFile.columnName($0, in: schema, role: "offset") },
            group: try name(data.group, .group), time: try name(data.time, .time))
    }

    /// Where the artifact goes; refused before any work where it may not be written.
    func outputPath(for schema: Schema) throws -> String {
        let targets = try question(for: schema).targets
        let title = targets[0] + (targets.count > 1 ? "-and-\(targets.count - 1)-more" : "")
        let safe = String(title.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
        let path = configuration.run.output ?? "\(safe).apus"
        let inputs = [
            configuration.data.path, configuration.data.test, configuration.data.validation, configuration.run.from,
        ].compactMap(\.self)
        guard path != "-" else {
            throw ApusError(
                "an artifact does not go to standard output", at: "-o -", remedy: "Name a file.", kind: .usage)
        }
        for file in [path, Record.path(beside: path)] {
            try Record.refuseReplacing(inputs, by: file)
            try Record.refuseOverwriting(file, force: configuration.run.force)
        }
        return path
    }

    /// Where checkpoints go, if they are asked for; those of an earlier run if this one goes on from it.
    private func checkpoints(
        of table: Table, beside artifact: String, in context: RunContext
    ) throws -> FileCheckpoints? {
        let run = configuration.run
        guard run.resume || run.checkpointEvery != nil else { return nil }
        if configuration.model.id != Configuration.automaticModel {
            try refuseUnlessResumable(context.registry.find(configuration.model.id, kind: .model))
        }
        let path = FileCheckpoints.path(beside: artifact)
        let identity = FileCheckpoints.identity(of: configuration, digest: table.contentDigest)
        if run.resume {
            return try FileCheckpoints(resuming: path, interval: run.checkpointEvery, identity: identity)
        }
        if !run.force, FileManager.default.fileExists(atPath: path) {
            throw ApusError(
                "a checkpoint of an earlier run stands here", at: path,
                remedy: "Go on from it with --resume, or start again with --force.")
        }
        return FileCheckpoints(path, interval: run.checkpointEvery ?? 1, identity: identity)
    }

    private func refuseUnlessResumable(_ learner: any Plugin.Type) throws {
        guard !(learner is any ResumableLearner.Type) else { return }
        throw ApusError(
            "\(learner.descriptor.id) cannot be resumed",
            at: configuration.run.resume ? "run.resume" : "run.checkpoint_every",
            remedy: "Leave checkpoints off; it runs to its end or not at all.", kind: .usage)
    }

    func makePipeline(
        _ choice: ModelChoice, _ continued: ContinuedModel?, _ schema: Schema?, in context: RunContext
    ) throws -> Pipeline {
        let learner = try context.registry.learner(choice.reference)
        if let continued {
            // They are fitted already; here they say what they take.
            let transforms = continued.artifact.description.transforms
            return Pipeline(try transforms.map { try context.registry.transform(PluginReference($0)) }, learner)
        }
        guard let transforms = configuration.features.transforms else {
            return try Pipeline.standard(for: learner, features: schema, registry: context.registry)
        }
        return Pipeline(try transforms.map { try context.registry.transform($0) }, learner)
    }

    /// The schema with the features that the configuration leaves out set aside.
    func selectingFeatures(of schema: Schema, keeping question: Dataset.Question) throws -> Schema {
        let features = configuration.features
        let kept = Set(
            question.targets + [question.weight, question.group, question.time].compactMap(\.self) + question.offsets)
        for pattern in features.use.patterns + features.ignore.patterns
        where !pattern.contains("*") && !pattern.hasPrefix(":") {
            do {
                _ = try schema.position(of: pattern)
            } catch let error as ApusError {
                throw error.at("features")
            }
        }
        return try Schema(
            schema.fields.map { field in
                guard field.role == .feature, !kept.contains(field.name) else { return field }
                var field = field
                if !features.use.selects(field) || features.ignore.selects(field) { field.role = .ignored }
                return field
            })
    }

    private func split(
        _ data: Dataset, _ pipeline: Pipeline, _ question: Dataset.Question, _ schema: Schema, in context: RunContext
    ) throws -> (Split.Parts, [String]) {
        func heldOut(_ path: String?, _ part: String) throws -> (rows: HeldOutRows, notes: [String])? {
            try path.map {
                try self.heldOut(
                    $0, part, features: data.table.schema.features, target: data.targetColumns, question, schema,
                    in: context)
            }
        }
        if configuration.data.validation != nil, !pipeline.wantsValidation {
            throw ApusError(
                "\(type(of: pipeline.learner).descriptor.id) looks at no validation part", at: "data.validation",
                remedy: "Leave it out, or turn early stopping on.", kind: .usage)
        }
        let test = try heldOut(configuration.data.test, "test")
        let validation = try heldOut(configuration.data.validation, "validation")
        let parts = try configuration.split.divide(
            data, test: test?.rows, validation: pipeline.wantsValidation, validationRows: validation?.rows,
            seed: context.seed)
        return (parts, (test?.notes ?? []) + (validation?.notes ?? []))
    }

    /// The rows of a file of their own.
    func heldOut(
        _ path: String, _ part: String, features: Schema, target: TargetColumns, _ question: Dataset.Question,
        _ schema: Schema, in context: RunContext
    ) throws -> (rows: HeldOutRows, notes: [String]) {
        let (table, _) = try TableFile.read(
            path, reader: configuration.data.reader, parameters: configuration.readerParameters, schema: schema,
            in: context)
        do {
            return try HeldOut.rows(
                of: table, features: features, target: target, weight: question.weight, offsets: question.offsets,
                part: part)
        } catch let error as ApusError {
            throw error.at(path)
        }
    }
}
