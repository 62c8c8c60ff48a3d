import ApusCore
import ApusPipeline

extension TrainingRun {
    /// Intervals are drawn for held-out parts only: on rows that were fitted on they would promise what they cannot.
    func evaluate(
        _ pipeline: FittedPipeline, _ parts: Split.Parts, in context: RunContext
    ) throws -> [(part: String, evaluation: Evaluation)] {
        var result: [(part: String, evaluation: Evaluation)] = []
        var fitting = [("train", parts.training)]
        if let validation = parts.training.validation { fitting.append(("validation", validation)) }
        for (part, rows) in fitting {
            let prediction = try pipeline.predict(try rows.table, offsets: rows.offsets, in: context)
            result.append(
                (
                    part,
                    try Evaluator.evaluate(
                        prediction, try rows.target, weights: rows.weights,
                        bootstrap: part == "train" ? nil : bootstrap, in: context)
                ))
            try context.checkCancellation()
        }
        let prediction = try pipeline.predict(parts.test.table, offsets: parts.test.offsets, in: context)
        result.append(
            (
                "test",
                try Evaluator.evaluate(
                    prediction, parts.test.target, weights: parts.test.weights, bootstrap: bootstrap, in: context)
            ))
        return result
    }

    /// What the baselines reach on the test part.
    func evaluateBaselines(
        _ parts: Split.Parts, in context: RunContext
    ) throws -> [(id: String, evaluation: Evaluation)] {
        try baselines(parts.training, in: context).map { id, pipeline in
            let prediction = try pipeline.predict(parts.test.table, in: context)
            return (
                id,
                try Evaluator.evaluate(
                    prediction, parts.test.target, weights: parts.test.weights, bootstrap: nil, in: context)
            )
        }
    }

    /// The models to compare with that learn this kind of target, fitted.
    func baselines(
        _ rows: TrainingRows, in context: RunContext
    ) throws -> [(id: String, pipeline: FittedPipeline)] {
        try configuration.evaluation.baselines.compactMap { reference in
            let learner = try context.registry.learner(reference)
            let descriptor = type(of: learner).descriptor
            guard descriptor.tasks.contains(try rows.target.task) else { return nil }
            var quiet = context
            quiet.monitors = []
            quiet.checkpoints = nil
            let pipeline = try Pipeline.standard(for: learner, registry: context.registry)
            return (descriptor.id, try pipeline.fit(rows.withoutOffsets, in: quiet))
        }
    }

    /// The metrics of the learning curve; throws where one does not judge this kind of target.
    func curveMetrics(for target: Target) throws -> [Metric] {
        let metrics = try configuration.evaluation.metrics.map(Metric.named)
        try checkMetrics(metrics, judge: Metric.Target(of: target))
        return metrics
    }

    var bootstrap: Bootstrap? {
        let evaluation = configuration.evaluation
        if evaluation.resamples == 0 { return nil }
        return Bootstrap(
            resamples: evaluation.resamples, level: evaluation.level, seed: UInt64(configuration.run.seed))
    }

    func gates(on test: Evaluation?) throws -> [TrainReport.Gate] {
        try configuration.evaluation.require.sorted { $0.key < $1.key }.map { name, limit in
            let metric = try Metric.named(name)
            let value = test?[name]?.value
            let isMet = value.map { metric.greaterIsBetter ? $0 >= limit : $0 <= limit } ?? false
            return TrainReport.Gate(metric: name, limit: limit, value: value, isMet: isMet)
        }
    }
}
