import ApusCore
import Foundation
import Testing

/// Networks and linear descent through the built binary, on what goes wrong.
@Suite struct DescentTests {
    private func write(_ tool: Tool, rows: Int = 400, shift: Double = 0) throws {
        let random = CounterRandom(seed: 9, purpose: "descent")
        try tool.write(
            "t.csv",
            ["a,b,w,zero,y"]
                + (0..<rows).map { row in
                    let (a, b) = (random.unit(2 * row) - 0.5, random.unit(2 * row + 1) - 0.5)
                    return
                        "\(a),\(row == 30 ? "" : "\(b)"),\(1 + row % 3),0,\(a * a + b + shift > 0.1 ? "yes" : "no")"
                })
    }

    private func train(_ tool: Tool, _ model: String, _ more: [String]) throws -> Tool.Outcome {
        try tool.run(
            [
                try #require(Tool.binary).path, "train", "t.csv", "--target", "y", "--model", model, "--set",
                "features.ignore=[w, zero]", "--set", "evaluation.resamples=0",
            ] + more)
    }

    private func set(_ values: String...) -> [String] { values.flatMap { ["--set", $0] } }

    @Test(arguments: [false, true])
    func `a rate that diverges ends with the place and the remedy, and leaves no file`(isLinear: Bool) throws {
        let tool = try Tool()
        try write(tool)
        let run =
            isLinear
            ? try train(tool, "sgd_linear", set("model.eta0=1e30", "model.batch_size=50"))
            : try train(
                tool, "multilayer_perceptron",
                set("model.learning_rate=1e30", "model.optimizer=sgd", "model.batch_size=50"))
        let finding = "the loss diverged in epoch 1, \(isLinear ? "step" : "iteration") 2"
        let remedy = isLinear ? "Lower eta0" : "Lower the learning rate"
        #expect(run.status == 1)
        #expect(run.error.unwrapped.contains(finding) && run.error.contains(remedy), "\(run.error)")
        #expect(try tool.names() == ["t.csv"])
    }

    @Test(arguments: ["multilayer_perceptron", "sgd_linear"])
    func `what is wrong is named with its remedy`(model: String) throws {
        let tool = try Tool()
        try write(tool)
        let optimizer = model == "sgd_linear" ? "model.loss=objective.logistik" : "model.optimizer=adan"
        let nearest = model == "sgd_linear" ? "logistic" : "adam"
        for (more, words, status) in [
            (set(optimizer), nearest, 2),
            (set("features.transforms=[standardize]"), "does not take missing values", 2),
            (["--weight", "zero"], "all weights are zero", 1),
            (set("model.class_weight={yes: 0, no: 0}"), "all rows weigh nothing", 1),
            (set("model.class_weight={yess: 2}"), "Did you mean 'yes'?", 2),
            (set("model.batch_size=0"), "batch_size", 2),
        ] as [([String], String, Int32)] {
            let run = try train(tool, model, more)
            #expect(run.status == status && run.error.unwrapped.contains(words), "\(more): \(run.status) \(run.error)")
        }
        #expect(try tool.names() == ["t.csv"])
        let large = try train(tool, model, set("model.batch_size=10000", "model.max_iter=3") + ["--json"])
        #expect(large.status == 0, "\(large.error)")
        #expect(large.output.unwrapped.contains("batch_size is 10,000"))
    }

    private let long = [
        "--set", "model.max_iter=400", "--set", "model.n_iter_no_change=400", "--set", "model.dropout=0.1",
    ]

    /// Starts a perceptron with checkpoints and ends it by `signal` once one is there.
    private func interrupt(_ tool: Tool, by signal: Int32, output: String) throws -> (status: Int32, error: String) {
        try tool.interrupt(
            by: signal, output: output,
            [
                "t.csv", "--target", "y", "--model", "multilayer_perceptron", "--set", "features.ignore=[w, zero]",
                "--set", "evaluation.resamples=0", "--set", "run.checkpoint_every=3",
            ] + long)
    }

    @Test func `a perceptron has a learning curve and snapshots`() throws {
        let tool = try Tool()
        try write(tool)
        let run = try train(
            tool, "multilayer_perceptron",
            set("model.max_iter=20", "evaluation.metrics=[roc_auc]", "run.snapshot_freq=10") + [
                "-o", "m.apus", "--json",
            ])
        #expect(run.status == 0, "\(run.error)")
        let curve = try JSON(parsing: run.output)["curve"]
        #expect(curve?["iteration"] == Array(1...20).json)
        for part in ["train", "validation"] {
            let values = try ["loss", "roc_auc"].map { try #require(curve?[part]?[$0]?.list).compactMap(\.number) }
            #expect(values.map(\.count) == [20, 20])
            #expect(values[0][19] < values[0][0] && values[1][19] > values[1][0])
        }
        #expect(
            try tool.names().filter { $0.contains("snapshot") } == [
                "m.snapshot_iter_10.apus", "m.snapshot_iter_20.apus",
            ])
        #expect(try tool.apus("evaluate", "m.snapshot_iter_10.apus", "t.csv").status == 0)
    }

    @Test func `settings of a continued run are those of its model`() throws {
        let tool = try Tool()
        try write(tool)
        let constant = set("model.learning_rate=constant", "model.tol=0", "model.eta0=0.01")
        for (name, epochs) in [("whole", 9), ("half", 4)] {
            let run = try train(
                tool, "sgd_linear", constant + set("model.max_iter=\(epochs)") + ["-o", "\(name).apus"])
            #expect(run.status == 0, "\(run.error)")
        }
        let run = try tool.apus(
            "train", "t.csv", "--target", "y", "--from", "half.apus", "--set", "model.max_iter=5", "--set",
            "features.ignore=[w, zero]", "-o", "both.apus")
        #expect(run.status == 0, "\(run.error)")
        let answers = try ["whole.apus", "both.apus"].map { try tool.apus("predict", $0, "t.csv").output }
        #expect(answers[0] == answers[1] && answers[0].count > 400)
    }

    @Test(arguments: [SIGKILL, SIGINT])
    func `a perceptron that was stopped goes on to the bytes of one that was left alone`(signal: Int32) throws {
        let tool = try Tool()
        try write(tool, rows: 3_000)
        #expect(try train(tool, "multilayer_perceptron", long + ["-o", "whole.apus"]).status == 0)
        let stopped = try interrupt(tool, by: signal, output: "m.apus")
        #expect(stopped.status == (signal == SIGKILL ? SIGKILL : 130))
        if signal == SIGINT { #expect(stopped.error.unwrapped.contains("m.checkpoint is kept")) }
        let resumed = try train(
            tool, "multilayer_perceptron", long + ["-o", "m.apus", "--resume", "--threads", "1"])
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(try tool.bytes("m.apus") == tool.bytes("whole.apus"))
    }

    @Test func `a checkpoint of other layers or other data is refused by name`() throws {
        let tool = try Tool()
        try write(tool, rows: 3_000)
        _ = try interrupt(tool, by: SIGKILL, output: "m.apus")
        let layers = try train(
            tool, "multilayer_perceptron",
            long + ["-o", "m.apus", "--resume", "--set", "model.hidden_layer_sizes=[7]"])
        #expect(layers.status == 1)
        #expect(
            layers.error.unwrapped.contains("m.checkpoint: model.hidden_layer_sizes was not set"), "\(layers.error)")
        try write(tool, rows: 3_000, shift: 0.2)
        let data = try train(tool, "multilayer_perceptron", long + ["-o", "m.apus", "--resume"])
        #expect(data.status == 1)
        #expect(data.error.unwrapped.contains("m.checkpoint: it was made from other data"), "\(data.error)")
    }
}
