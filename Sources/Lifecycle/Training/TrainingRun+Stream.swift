import ApusCore
import ApusPipeline

/// Training from a stream of rows: for tables larger than memory.
extension TrainingRun {
    /// Rows that transforms and baselines are fitted on, and cells of them: memory that does not grow with the table.
    private static let mostSampleRows = 200_000
    private static let mostSampleCells = 20_000_000
    /// Held-out rows that are judged.
    private static let mostTestRows = 1_000_000
    private static let batchRows = 16_384

    func executeStream(
        _ path: String, clock: inout PhaseClock, in context: RunContext, observe: (Stage) throws -> Void
    ) throws -> (output: String, result: Result, checkpoints: FileCheckpoints?) {
        try refuseWhatNeedsATable()
        let stream = try clock.time("read") {
            try TableFile.stream(
                path, reader: configuration.data.reader, parameters: configuration.readerParameters, in: context)
        }
        let output = try outputPath(for: stream.schema)
        let result = try fit(stream, clock: &clock, in: context, observe: observe)
        try context.checkCancellation()
        return (output, result, nil)
    }

    private func refuseWhatNeedsATable() throws {
        let (data, run) = (configuration.data, configuration.run)
        let asked: [(String, Bool)] = [
            ("data.offset", !data.offset.patterns.isEmpty), ("data.validation", data.validation != nil),
            ("evaluation.metrics", !configuration.evaluation.metrics.isEmpty), ("run.from", run.from != nil),
            ("run.resume", run.resume), ("run.checkpoint_every", run.checkpointEvery != nil),
            ("run.snapshot_freq", run.snapshotFreq != nil),
        ]
        guard let (key, _) = asked.first(where: \.1) else { return }
        throw ApusError(
            "it does not go together with a stream", at: key, remedy: "Leave it out, or leave --stream out.",
            kind: .usage)
    }

    /// The pipeline, which has to learn from streams.
    private func streamingPipeline(_ choice: ModelChoice, in context: RunContext) throws -> Pipeline {
        let pipeline = try makePipeline(choice, nil, nil, in: context)
        let descriptor = type(of: pipeline.learner).descriptor
        guard descriptor.capabilities.contains(.streaming) else {
            let others = context.registry.plugins(.model).map { $0.descriptor }.filter {
                $0.capabilities.contains(.streaming)
            }
            throw ApusError(
                "\(descriptor.id) needs all rows in memory", at: "data.stream",
                remedy: "Leave --stream out, or choose a model that learns from streams: "
                    + "\(others.map(\.id).joined(separator: ", ")).", kind: .usage)
        }
        if let transform = pipeline.transforms.first(where: { $0 is any RowReplacingTransform }) {
            throw ApusError(
                "\(type(of: transform).descriptor.id) changes training rows, which a stream does not hold",
                at: "features.transforms", remedy: "Leave it out, or leave --stream out.", kind: .usage)
        }
        return pipeline
    }

    /// Fits and evaluates on a stream; writes nothing.
    func fit(
        _ stream: any TableStream, clock: inout PhaseClock, in context: RunContext, observe: (Stage) throws -> Void
    ) throws -> Result {
        let warnings = WarningCollector()
        var context = context
        context.monitors.append(warnings)
        let question = try question(for: stream.schema)
        let choice = ModelChoice(configuration.model)
        let pipeline = try streamingPipeline(choice, in: context)
        let (data, test, testNotes) = try clock.time("split") {
            let data = try StreamedDataset(
                stream, question, schema: selectingFeatures(of: stream.schema, keeping: question),
                ability: pipeline.ability, split: configuration.split, hasTest: configuration.data.test != nil,
                in: context)
            try pipeline.plan(data.features, task: data.target.task, among: context.registry)
            let held = try configuration.data.test.map {
                try heldOut(
                    $0, "test", features: data.features, target: data.targetColumns, question, stream.schema,
                    in: context)
            }
            return (data, held?.rows, held?.notes ?? [])
        }
        var report = TrainReport(
            data: describe(data.target, stream.schema, missing: data.missing, stream.report), split: data.report,
            model: TrainReport.ModelFacts(
                id: type(of: pipeline.learner).descriptor.id, parameters: pipeline.learner.parameterValues,
                reason: choice.reason, transforms: pipeline.transforms.map { type(of: $0).descriptor.id }))
        report.data.rows = data.rowCount
        report.data.target = data.targetColumns.title
        report.data.reason = data.reason
        report.data.features = data.features.fields.count
        if let test { report.split.test = test.count }
        report.warnings = stream.report.allNotes + data.notes + data.report.notes + testNotes
        try observe(.read(report))
        try observe(.split(report))

        let (sample, fitted) = try clock.time("transform") {
            let most = max(1000, min(Self.mostSampleRows, Self.mostSampleCells / max(1, data.features.fields.count)))
            let sample = try data.sample(most, seed: context.seed)
            return (sample, try pipeline.fitTransforms(sample, in: context).fitted)
        }
        if sample.count < report.split.train {
            report.warnings.append(
                "Transforms and baselines were fitted on \(sample.count.grouped) of the \(report.split.train.grouped) training rows, drawn evenly; the model learned from all, and 'train' below is measured on these."
            )
        }
        let curve = CurveRecorder([], every: configuration.evaluation.metricFreq, in: context)
        let rows = data.trainingRows().over(fitted, in: context)
        let result = try clock.time("fit") {
            var heard = context
            heard.monitors += [curve]
            return try pipeline.fitLearner(rows, transforms: fitted, inputs: data.features, in: heard)
        }
        report.curve = curve.curve
        try clock.time("evaluate") {
            let train = try result.predict(try sample.table, in: context)
            report.metrics = [
                (
                    "train",
                    try Evaluator.evaluate(
                        train, try sample.target, weights: sample.weights, bootstrap: nil, in: context)
                )
            ]
            try evaluate(result, baselines(sample, in: context), on: test, data, in: context, into: &report)
            describe(result.model, in: &report)
            report.gates = try gates(on: report.test)
        }
        report.warnings += warnings.messages
        var description = Artifact.Description(
            target: data.targetColumns, weight: question.weight, pipeline: pipeline,
            data: Artifact.Description.Data(
                rows: data.target.count, columns: stream.schema.fields.count, digest: data.digest),
            split: report.split, apus: ApusVersion.text)
        description.metrics = .object(
            Dictionary(uniqueKeysWithValues: report.metrics.map { ($0.part, $0.evaluation.json) }))
        let artifact = Artifact(result, description, reference: ReferenceStatistics(try sample.table))
        report.phases = clock.seconds
        return Result(artifact: artifact, report: report)
    }

    /// Judges the model and what it is compared with on the held-out rows, in one pass over the stream.
    private func evaluate(
        _ model: FittedPipeline, _ baselines: [(id: String, pipeline: FittedPipeline)], on file: HeldOutRows?,
        _ data: StreamedDataset, in context: RunContext, into report: inout TrainReport
    ) throws {
        let pipelines = [model] + baselines.map(\.pipeline)
        let (target, weights): (Target, Buffer<Double>?)
        let predictions: [Prediction]
        if let file {
            (target, weights) = (file.target, file.weights)
            predictions = try pipelines.map { try $0.predict(file.table, in: context) }
        } else {
            let rows = data.testRows(Self.mostTestRows, seed: context.seed)
            (target, weights) = (rows.target, rows.weights)
            if target.count < report.split.test {
                report.warnings.append(
                    "The model is judged on \(target.count.grouped) of the \(report.split.test.grouped) test rows, drawn evenly."
                )
            }
            predictions = try predict(pipelines, rows.stream, in: context)
        }
        for (index, prediction) in predictions.enumerated() {
            let evaluation = try Evaluator.evaluate(
                prediction, target, weights: weights, bootstrap: index == 0 ? bootstrap : nil, in: context)
            if index == 0 {
                report.metrics.append(("test", evaluation))
            } else {
                report.baselines.append((baselines[index - 1].id, evaluation))
            }
        }
    }

    /// One answer a row and pipeline; rows are in memory batch by batch.
    private func predict(
        _ pipelines: [FittedPipeline], _ stream: any TableStream, in context: RunContext
    ) throws -> [Prediction] {
        var values = pipelines.map { _ in [Double]() }
        try stream.rewind()
        while let batch = try stream.next(columns: nil, rows: Self.batchRows) {
            try context.checkCancellation()
            for (index, pipeline) in pipelines.enumerated() {
                values[index] += try pipeline.predict(batch, in: context).values.elements
            }
        }
        return try zip(pipelines, values).map { pipeline, values in
            let width = pipeline.outputs.outputs
            return try Prediction(
                pipeline.outputs, Matrix(Buffer(values), rows: values.count / max(1, width), columns: width))
        }
    }
}
