import ApusCore
import ApusPipeline
import Foundation
import Testing

/// Training from a file that is read again in each pass.
@Suite struct StreamTests {
    private func write(_ tool: Tool, _ name: String, rows: Range<Int>) throws {
        let random = CounterRandom(seed: 4, purpose: "stream")
        try tool.write(
            name,
            ["a,b,c,w,y"]
                + rows.map { row in
                    let (a, b) = (random.unit(2 * row), random.unit(2 * row + 1))
                    let c = ["red", "green", "blue"][row % 3]
                    let y = a - b + (row % 3 == 0 ? 0.4 : 0) > 0.1 ? "yes" : "no"
                    return "\(row % 13 == 0 ? "" : "\(a * 7)"),\(b),\(row % 17 == 0 ? "" : c),\(1 + row % 2),\(y)"
                })
    }

    private let settings = [
        "train", "t.csv", "--target", "y", "--weight", "w", "--model", "sgd_linear", "--set", "model.max_iter=6",
    ]

    private func train(_ tool: Tool, _ more: [String]) throws -> Tool.Outcome {
        try tool.run([try #require(Tool.binary).path] + settings + more)
    }

    @Test func `a streamed fit is the fit in memory, where rows are visited in their order`() throws {
        let tool = try Tool()
        try write(tool, "t.csv", rows: 0..<3_000)
        try write(tool, "test.csv", rows: 3_000..<3_500)
        let plain = ["--test", "test.csv", "--set", "model.shuffle=false", "--set", "model.batch_size=1"]
        for (name, more) in [("stream", ["--stream"]), ("memory", [])] {
            let run = try train(tool, plain + more + ["-o", "\(name).apus"])
            #expect(run.status == 0, "\(run.error)")
        }
        let (one, other) = try (artifact(tool, "stream"), artifact(tool, "memory"))
        #expect(try one.pipeline.model.state().tensors == other.pipeline.model.state().tensors)
        #expect(try one.pipeline.model.state().json == other.pipeline.model.state().json)
        for (left, right) in zip(one.pipeline.transforms, other.pipeline.transforms) {
            #expect(try left.state().json == right.state().json)
        }
        #expect(one.description.data == other.description.data)
        #expect(one.description.metrics["test"] == other.description.metrics["test"])
        #expect(one.reference == other.reference)
    }

    private func artifact(_ tool: Tool, _ name: String) throws -> Artifact {
        try Artifact.read(tool.folder.appending(path: "\(name).apus").path, registry: Registry.builtin())
    }

    @Test func `rows are divided without being compared, equal ones to one side, whatever the threads`() throws {
        let tool = try Tool()
        try write(tool, "t.csv", rows: 0..<2_000)
        let lines = try #require(String(bytes: tool.bytes("t.csv"), encoding: .utf8)).split(separator: "\n")
        // Every row twice: of a row that was fitted on, none is left to be judged on.
        try tool.write("t.csv", (lines + lines.dropFirst()).map(String.init))
        for threads in ["1", "3"] {
            let run = try train(tool, ["--stream", "--threads", threads, "-o", "\(threads).apus", "--json"])
            #expect(run.status == 0, "\(run.error)")
            let split = try JSON(parsing: run.output)["split"]
            #expect(split?["strategy"]?.text == "hash")
            let (train, test) = (split?["train"]?.number ?? 0, split?["test"]?.number ?? 0)
            #expect(train + test == 4_000 && abs(test - 800) < 150)
            #expect(Int(train) % 2 == 0 && Int(test) % 2 == 0)
            #expect(try JSON(parsing: run.output)["metrics"]?["test"]?["accuracy"]?["value"]?.number ?? 0 > 0.8)
        }
        #expect(try tool.bytes("1.apus") == tool.bytes("3.apus"))
    }

    @Test func `what a stream cannot do is refused with the remedy`() throws {
        let tool = try Tool()
        try write(tool, "t.csv", rows: 0..<200)
        for (more, words) in [
            (["--model", "gradient_boosting"], "choose a model that learns from streams: model.sgd_linear"),
            (["--time", "b"], "a stream cannot be divided by time"),
            (["--set", "run.checkpoint_every=2"], "it does not go together with a stream"),
            (["--target", "z"], "there is no column 'z'"),
        ] {
            let run = try tool.run(
                [
                    try #require(Tool.binary).path, "train", "t.csv", "--target", "y", "--model", "sgd_linear",
                    "--stream",
                ] + more)
            #expect(run.status != 0 && run.error.unwrapped.contains(words), "\(run.error)")
        }
        let input = try tool.run(
            [try #require(Tool.binary).path, "train", "-", "--target", "y", "--model", "sgd_linear", "--stream"],
            input: "a,y\n1,2\n")
        #expect(input.status == 2 && input.error.unwrapped.contains("it can be read only once"), "\(input.error)")
        #expect(try tool.names() == ["t.csv"])
    }

    @Test func `sparse rows are streamed as they are learned in memory`() throws {
        let tool = try Tool()
        let random = CounterRandom(seed: 5, purpose: "sparse stream")
        for (name, rows) in [("t.svm", 0..<2_000), ("test.svm", 2_000..<2_300)] {
            try tool.write(
                name,
                rows.map { row in
                    let places = (0..<6).map { 500 * $0 + random.below(500, 6 * row + $0) }
                    let isPositive = places[0] < 250 || places[3] > 1_900
                    return "\(isPositive ? 1 : 0) " + places.map { "\($0):1" }.joined(separator: " ")
                })
        }
        for (name, more) in [("stream", ["--stream"]), ("memory", [])] {
            let run = try tool.run(
                [
                    try #require(Tool.binary).path, "train", "t.svm", "--test", "test.svm", "--model", "sgd_linear",
                    "--set", "model.max_iter=6", "--set", "model.shuffle=false", "-o", "\(name).apus", "--set",
                    "data.task=binary",
                ] + more)
            #expect(run.status == 0, "\(run.error)")
        }
        let (one, other) = try (artifact(tool, "stream"), artifact(tool, "memory"))
        #expect(try one.pipeline.model.state().tensors == other.pipeline.model.state().tensors)
        #expect(one.description.metrics["test"] == other.description.metrics["test"])
        #expect(one.description.data == other.description.data)
    }

    /// 12 MB of rows, which come in two parts, and the same in two files.
    @Test func `rows of a long table are predicted part by part as those of short ones`() throws {
        let tool = try Tool()
        try write(tool, "t.csv", rows: 0..<2_000)
        #expect(try train(tool, ["-o", "m.apus"]).status == 0)
        let random = CounterRandom(seed: 6, purpose: "long")
        let lines = (0..<250_000).map { row in
            "\(random.unit(2 * row)),\(random.unit(2 * row + 1)),\(["red", "pink", ""][row % 3]),\(row)"
        }
        let header = "a,b,c,row"
        try tool.write("all.csv", [header] + lines)
        try tool.write("one.csv", [header] + lines[..<100_000])
        try tool.write("two.csv", [header] + lines[100_000...])
        var outputs: [[UInt8]] = []
        for name in ["all", "one", "two"] {
            let run = try tool.run(
                [try #require(Tool.binary).path, "predict", "m.apus", "\(name).csv", "-o", "\(name).out"])
            #expect(run.status == 0, "\(run.error)")
            if name == "all" { #expect(run.error.unwrapped.contains("83,333 values were never seen"), "\(run.error)") }
            outputs.append(try Array(tool.bytes("\(name).out")))
        }
        let head = try #require(outputs[2].firstIndex(of: 0x0A)) + 1
        #expect(outputs[0] == outputs[1] + outputs[2][head...])
        // A mistake in the last row leaves no file behind.
        try tool.write("bad.csv", [header] + lines + ["x,1,red,0"])
        let run = try tool.run([try #require(Tool.binary).path, "predict", "m.apus", "bad.csv", "-o", "bad.out"])
        #expect(run.status != 0 && run.error.unwrapped.contains("bad.csv: column 'a' row 250,001"), "\(run.error)")
        #expect(try !tool.names().contains("bad.out"))
    }
}
