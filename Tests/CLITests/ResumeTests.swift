import ApusCore
import Foundation
import Testing

/// Interrupted runs that go on from their checkpoint.
@Suite struct ResumeTests {
    /// Enough rows that an iteration takes about a millisecond, with a category and gaps.
    private func write(_ tool: Tool, _ name: String = "t.csv", rows: Int = 6_000, shift: Int = 0) throws {
        try tool.write(
            name,
            ["a,b,c,y"]
                + (0..<rows).map { row in
                    let (a, b) = ((row * 7919 + shift) % 1009, row * 104_729 % 997)
                    return
                        "\(row % 11 == 0 ? "" : "\(a)"),\(b),\(["x", "y", "z"][row % 3]),\((a * b) % 1013 + row % 3 * 100)"
                })
    }

    private let settings = [
        "--target", "y", "--task", "regression", "--set", "model.n_estimators=600", "--set",
        "model.n_iter_no_change=600",
        "--set", "evaluation.resamples=0",
    ]

    private func train(_ tool: Tool, _ more: [String], settings: [String]? = nil) throws -> Tool.Outcome {
        try tool.run([try #require(Tool.binary).path, "train", "t.csv"] + (settings ?? self.settings) + more)
    }

    /// Starts a run with checkpoints and ends it by `signal` once the file is there.
    private func interrupt(
        _ tool: Tool, by signal: Int32, output: String, _ more: [String] = []
    ) throws -> (status: Int32, error: String) {
        try tool.interrupt(
            by: signal, output: output, ["t.csv"] + settings + ["--set", "run.checkpoint_every=20"] + more)
    }

    @Test func `a killed and resumed run ends with the bytes of one that was left alone`() throws {
        let tool = try Tool()
        try write(tool)
        let metrics = ["--set", "evaluation.metrics=[r2]"]
        let whole = try train(tool, ["-o", "whole.apus"] + metrics)
        #expect(whole.status == 0, "\(whole.error)")
        let killed = try interrupt(tool, by: SIGKILL, output: "killed.apus", metrics)
        #expect(killed.status == SIGKILL)
        #expect(try !tool.names().contains("killed.apus"))
        #expect(try tool.names().contains("killed.checkpoint"))
        let resumed = try train(tool, ["-o", "killed.apus", "--resume", "--threads", "1"] + metrics)
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(try tool.bytes("killed.apus") == tool.bytes("whole.apus"))
        #expect(try !tool.names().contains("killed.checkpoint"), "it is removed once the work is done")
        let curves = try ["killed", "whole"].map {
            try JSON(parsing: String(decoding: tool.bytes("\($0).run.json"), as: UTF8.self))["report"]?["curve"]
        }
        #expect(curves[0]?["iteration"]?.list?.count == 600)
        #expect(curves[0] == curves[1], "with the points from before it was killed")
    }

    @Test func `an interrupted run saves a last checkpoint and says how to go on`() throws {
        let tool = try Tool()
        try write(tool)
        let stopped = try interrupt(tool, by: SIGINT, output: "m.apus")
        #expect(stopped.status == 130)
        #expect(stopped.error.unwrapped.contains("The checkpoint m.checkpoint is kept: go on with --resume."))
        #expect(try train(tool, ["-o", "m.apus", "--resume"]).status == 0)
        #expect(try train(tool, ["-o", "whole.apus"]).status == 0)
        #expect(try tool.bytes("m.apus") == tool.bytes("whole.apus"))
    }

    @Test func `a checkpoint of other data, other settings or none at all is refused by name`() throws {
        let tool = try Tool()
        try write(tool)
        _ = try interrupt(tool, by: SIGKILL, output: "m.apus")
        let other = try train(tool, ["-o", "m.apus", "--resume", "--set", "model.num_leaves=7"])
        #expect(other.status == 1)
        #expect(
            other.error.unwrapped.contains("m.checkpoint: model.num_leaves was not set when it was made and is 7 now"),
            "\(other.error)")
        let seed = try train(tool, ["-o", "m.apus", "--resume", "--seed", "5"])
        #expect(seed.error.unwrapped.contains("m.checkpoint: run.seed was 0 when it was made and is 5 now"))
        let again = try train(tool, ["-o", "m.apus", "--set", "run.checkpoint_every=20"])
        #expect(again.status == 1)
        #expect(again.error.unwrapped.contains("a checkpoint of an earlier run stands here"))
        try write(tool, shift: 1)
        let moved = try train(tool, ["-o", "m.apus", "--resume"])
        #expect(moved.error.unwrapped.contains("m.checkpoint: it was made from other data"))
        let none = try train(tool, ["-o", "n.apus", "--resume"])
        #expect(none.error.unwrapped.contains("n.checkpoint: there is no checkpoint to resume from"))
        let bytes = try tool.bytes("m.checkpoint")
        try tool.write("m.checkpoint", Array(bytes.prefix(bytes.count / 2)))
        let cut = try train(tool, ["-o", "m.apus", "--resume"])
        #expect(cut.status == 1)
        #expect(cut.error.unwrapped.contains("m.checkpoint: the artifact is corrupt: it is cut"))
        #expect(cut.error.unwrapped.contains("remove it and start again without --resume."))
        let model = try train(
            tool, ["--set", "run.checkpoint_every=2", "--model", "linear_regression"], settings: ["--target", "y"])
        #expect(model.status == 2)
        #expect(model.error.unwrapped.contains("model.linear_regression cannot be resumed"))
        let resumed = try train(
            tool, ["--model", "linear_regression", "--resume"], settings: ["--target", "y", "--task", "regression"])
        #expect(resumed.error.unwrapped.contains("run.resume: model.linear_regression cannot be resumed"))
    }
}
