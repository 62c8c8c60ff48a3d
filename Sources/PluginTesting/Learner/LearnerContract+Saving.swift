import ApusCore
import ApusPipeline

extension LearnerContract {
    static let saving: [Check<LearnerSubject>] = [
        Check(
            Rule(
                "model 21", "answers the same after saving",
                "A model restored from its state gives the same answers and saves the same state, bit for bit.")
        ) { subject in
            let state = try attempt("save") { try subject.model.state() }
            let restored = try attempt("restore from the saved state") {
                try type(of: subject.learner).restoring(state)
            }
            try subject.requireSameAnswers(restored, "predict after restoring")
            try requireEqual(Difference.between(state, try restored.state()), "save, restore and save")
        },
        Check(
            Rule(
                "model 22", "refuses damaged state",
                "State that lacks a tensor, has one cut or of another type, has no or half of its JSON, or is of a newer "
                    + "version is refused by an error.")
        ) { subject in
            for damaged in try DamagedState.refusable(try subject.model.state()) {
                try requireRefusal("restore \(damaged.damage)") {
                    try type(of: subject.learner).restoring(damaged.state)
                }
            }
        },
        Check(
            Rule(
                "model 23", "survives hostile state",
                "State whose tensors and JSON hold other numbers is refused by an error, or restored to a model that "
                    + "answers or refuses by an error; it never traps.")
        ) { subject in
            for hostile in try DamagedState.survivable(try subject.model.state()) {
                let attempted = "restore and predict \(hostile.damage)"
                _ = try answerOrRefusal(attempted) {
                    try type(of: subject.learner).restoring(hostile.state).predict(subject.probe, in: subject.context())
                }
            }
        },
        Check(
            Rule(
                "model 24", "goes through a pipeline and an artifact",
                "Where the registry has the transforms of the standard pipeline, columns of every kind with missing "
                    + "values are learned from, and the artifact answers like the pipeline that wrote it.")
        ) { subject in
            guard let pipeline = try? Pipeline.standard(for: subject.learner, registry: subject.registry) else {
                return
            }
            let samples = SampleRows(
                capabilities: subject.samples.capabilities.intersection([.vectors]).union([.missingValues, .categories]
                ),
                isPositive: subject.samples.isPositive)
            let rows = try samples.training(
                subject.task, 0..<120, validation: samples.training(subject.task, 120..<160))
            let table = try samples.table(160..<200)
            let fitted = try attempt("fit the standard pipeline") { try pipeline.fit(rows, in: subject.context()) }
            let answers = try attempt("predict by the standard pipeline") {
                try fitted.predict(table, in: subject.context())
            }
            var registry = subject.registry
            try? registry.register(type(of: subject.learner))
            let read = try attempt("write the artifact and read it") {
                let description = Artifact.Description(
                    target: TargetColumns(names: ["y"], task: subject.task), pipeline: pipeline,
                    data: .init(rows: 120, columns: 7, digest: nil), split: nil,
                    apus: "test")
                let artifact = Artifact(
                    fitted, description, reference: try ReferenceStatistics(rows.table))
                return try Artifact.read(bytes: artifact.bytes(), registry: registry)
            }
            try requireEqual(
                Difference.between(answers, try read.pipeline.predict(table, in: subject.context())),
                "predict by the artifact")
        },
    ]
}
