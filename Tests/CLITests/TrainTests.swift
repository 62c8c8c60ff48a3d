import ApusCore
import Foundation
import Testing

@Suite struct TrainTests {
    private static let cancer = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Examples/breast_cancer/breast_cancer.csv").path

    @Test func `--json has the documented keys, and stdout holds nothing else`() throws {
        let tool = try Tool()
        let run = try tool.apus("train", TrainTests.cancer, "--target", "diagnosis", "--json")
        #expect(run.status == 0)
        let json = try JSON(parsing: run.output)
        for key in ["data", "split", "model", "metrics", "baselines", "importance", "phases", "artifact", "warnings"] {
            #expect(json[key] != nil, "\(key)")
        }
        for phase in ["read", "split", "transform", "fit", "evaluate", "save"] {
            #expect(json["phases"]?[phase]?.number != nil, "\(phase)")
        }
        for part in ["train", "validation", "test"] {
            #expect(json["metrics"]?[part]?["roc_auc"]?["value"]?.number != nil, "\(part)")
        }
        let auc = try #require(json["metrics"]?["test"]?["roc_auc"])
        let (low, value, high) = (auc["low"]?.number ?? 2, auc["value"]?.number ?? 2, auc["high"]?.number ?? -1)
        #expect(low <= value && value <= high && low < high)
        // scikit-learn's gradient boosting reaches 0.99 on this table.
        #expect(value > 0.97)
        #expect(json["model"]?["id"]?.text == "model.gradient_boosting")
        #expect(json["model"]?["parameters"]?["num_leaves"]?.number == 31)
        #expect(try #require(json["model"]?["trees_built"]?.number) > 5)
        #expect(json["baselines"]?["baseline.zero_rule"]?["accuracy"]?["value"]?.number != nil)
        #expect(try tool.names() == ["diagnosis.apus", "diagnosis.run.json"])
    }

    @Test(arguments: ["gradient_boosting", "logistic_regression"])
    func `the artifact has the same bytes for any number of threads`(model: String) throws {
        let tool = try Tool()
        for threads in ["1", "2", "3"] {
            let run = try tool.apus(
                "train", TrainTests.cancer, "--target", "diagnosis", "--model", model, "--threads", threads, "-o",
                "\(threads).apus", "-q")
            #expect(run.status == 0, "\(run.error)")
        }
        let first = try tool.bytes("1.apus")
        #expect(try tool.bytes("2.apus") == first)
        #expect(try tool.bytes("3.apus") == first)
        _ = try tool.apus(
            "train", TrainTests.cancer, "--target", "diagnosis", "--model", model, "--seed", "1", "-o", "seed.apus",
            "-q")
        #expect(try tool.bytes("seed.apus") != first)
    }

    @Test func `trees have the same bytes on either kernels and any instruction set`() throws {
        let tool = try Tool()
        let binary = try #require(Tool.binary).path
        var files: [[UInt8]] = []
        for (name, prefix, kernels) in [
            ("c", [], "c"), ("swift", [], "swift"), ("baseline", ["APUS_CPU=baseline"], "c"),
            ("v3", ["APUS_CPU=v3"], "c"),
        ] as [(String, [String], String)] {
            let run = try tool.run(
                prefix + [
                    binary, "train", TrainTests.cancer, "--target", "diagnosis", "--kernels", kernels, "-o",
                    "\(name).apus", "-q",
                ])
            #expect(run.status == 0, "\(run.error)")
            files.append(try tool.bytes("\(name).apus"))
        }
        for file in files { #expect(file == files[0]) }
    }

    @Test func `output fits into 80 columns`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(300))
        for arguments in [
            ["train", "people.csv", "--target", "income"], ["inspect", "income.apus"], ["inspect", "people.csv"],
            ["evaluate", "income.apus", "people.csv"], ["plugins"], ["plugins", "describe", "gradient_boosting"],
        ] {
            let run = try tool.run([try #require(Tool.binary).path] + arguments)
            #expect(run.status == 0, "\(run.error)")
            for line in run.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }

    /// Training on `people.csv` that ends only when it is stopped.
    private func endless(in tool: Tool) -> Process {
        let process = Process()
        process.executableURL = Tool.binary
        process.arguments = [
            "train", "people.csv", "--target", "income", "--set", "model.n_estimators=100000", "--set",
            "model.early_stopping=false",
        ]
        process.currentDirectoryURL = tool.folder
        return process
    }

    @Test func `Ctrl-C stops within a second, leaves nothing and says so`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(50_000))
        let process = endless(in: tool)
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try Tool.start(process)
        Thread.sleep(forTimeInterval: 1.5)
        #expect(process.isRunning)
        process.interrupt()
        let asked = ContinuousClock.now
        let error = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // One second is promised; a loaded test machine gets three.
        #expect(ContinuousClock.now - asked < .seconds(3))
        #expect(process.terminationStatus == 130)
        #expect(error.contains("stopped before it was done"))
        #expect(try tool.names() == ["people.csv"])
    }

    @Test func `a terminal that closes stops the run once, unless nohup holds it`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(2_000))
        let process = endless(in: tool)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try Tool.start(process)
        Thread.sleep(forTimeInterval: 1)
        // The shell and the kernel may both tell of it.
        for _ in 0..<3 { kill(process.processIdentifier, SIGHUP) }
        process.waitUntilExit()
        #expect(process.terminationStatus == 129)
        #expect(try tool.names() == ["people.csv"])

        let held = endless(in: tool)
        held.arguments = ["nohup", try #require(Tool.binary).path] + (held.arguments ?? [])
        held.executableURL = URL(filePath: "/usr/bin/env")
        held.standardError = FileHandle.nullDevice
        held.standardOutput = FileHandle.nullDevice
        try Tool.start(held)
        Thread.sleep(forTimeInterval: 1)
        kill(held.processIdentifier, SIGHUP)
        Thread.sleep(forTimeInterval: 0.5)
        #expect(held.isRunning)
        held.terminate()
        held.waitUntilExit()
        #expect(held.terminationStatus == 143)
    }

    @Test func `names of one letter are names`() throws {
        let tool = try Tool()
        try tool.write("t", Fixture.people(300))
        #expect(try tool.apus("train", "t", "--target", "income", "-o", "m", "-q").status == 0)
        #expect(try tool.apus("predict", "m", "t", "-o", "p", "-q").status == 0)
        #expect(try tool.names() == ["m", "m.run.json", "p", "t"])
        let nowhere = try tool.apus("train", "t", "--target", "income", "-o", "x/m")
        #expect(nowhere.error.unwrapped.contains("x/m: there is no folder 'x'. Make it first."))
    }

    @Test func `a signal ends the run however early it comes`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(2_000))
        for milliseconds in stride(from: 0, to: 60, by: 3) {
            let process = endless(in: tool)
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try Tool.start(process)
            usleep(UInt32(milliseconds) * 1_000)
            process.terminate()
            process.waitUntilExit()
            // Before the handler stands, the signal itself ends the process.
            #expect([143, SIGTERM].contains(process.terminationStatus), "after \(milliseconds) ms")
        }
        #expect(try tool.names() == ["people.csv"])
    }

    @Test func `output that cannot be written is an error`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(300))
        let binary = try #require(Tool.binary).path
        for arguments in ["train people.csv --target income --force", "inspect people.csv", "plugins"] {
            let run = try tool.run(["sh", "-c", "\(binary) \(arguments) > /dev/full"])
            #expect(run.status == 1, "\(arguments)")
            #expect(run.error.contains("standard output: it cannot be written"), "\(run.error)")
        }
    }

    @Test func `an output never replaces an input, a full file system leaves nothing`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(300))
        let over = try tool.apus("train", "people.csv", "--target", "income", "-o", "people.csv", "--force")
        #expect(over.error.contains("it is the input 'people.csv' itself"))
        let binary = try #require(Tool.binary).path
        let limited = try tool.run(["sh", "-c", "ulimit -f 1; exec \(binary) train people.csv --target income -q"])
        #expect(limited.status == 1, "\(limited.error)")
        #expect(try tool.names() == ["people.csv"])
    }

    @Test func `a weight column weighs the evaluation as well`() throws {
        let tool = try Tool()
        let lines = Fixture.people(400)
        try tool.write(
            "weighted.csv", lines.enumerated().map { $1 + ($0 == 0 ? ",w" : ",\($0 % 5 + 1)") })
        let train = try tool.apus(
            "train", "weighted.csv", "--target", "income", "--weight", "w", "--test", "weighted.csv", "--json")
        let evaluate = try tool.apus("evaluate", "income.apus", "weighted.csv", "--json")
        let (first, second) = (try JSON(parsing: train.output), try JSON(parsing: evaluate.output))
        #expect(first["metrics"]?["test"]?["log_loss"] == second["metrics"]?["log_loss"])
        #expect(train.output.contains("400 test rows have the features of a row that was fitted on."))
        try tool.write("plain.csv", lines)
        #expect(try tool.apus("evaluate", "income.apus", "plain.csv").output.contains("weight column 'w'"))
    }

    @Test func `a gate that fails ends with 3 and keeps the artifact`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(300))
        let run = try tool.apus(
            "train", "people.csv", "--target", "income", "--set", "evaluation.require.roc_auc=1.01", "-q")
        #expect(run.status == 3)
        #expect(run.error.contains("required is 1.01"))
        #expect(try tool.names().contains("income.apus"))
    }

    @Test func `a configuration that init wrote trains the same model as none`() throws {
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(300))
        let yaml = try tool.apus("init", "people.csv", "--target", "income")
        try tool.write("apus.yaml", Array(yaml.output.utf8))
        #expect(try tool.apus("train", "apus.yaml", "-o", "a.apus", "-q").status == 0)
        #expect(try tool.apus("train", "people.csv", "--target", "income", "-o", "b.apus", "-q").status == 0)
        #expect(try tool.bytes("a.apus") == tool.bytes("b.apus"))
    }

    @Test func `predictions from standard input equal those from a file`() throws {
        let tool = try Tool()
        let lines = Fixture.people(300)
        try tool.write("people.csv", lines)
        #expect(try tool.apus("train", "people.csv", "--target", "income", "-q").status == 0)
        let fromFile = try tool.apus("predict", "income.apus", "people.csv", "-q")
        let fromInput = try tool.apus("predict", "income.apus", "-q", input: lines.joined(separator: "\n"))
        #expect(fromFile.output == fromInput.output)
        #expect(fromFile.output.hasPrefix("age,hours,trade,income,prediction,probability=low\n"))
        #expect(fromFile.output.split(separator: "\n").count == 301)
        let record = try tool.bytes("income.run.json")
        #expect(try JSON(parsing: String(decoding: record, as: UTF8.self))["kernels"]?.text == "c")
    }
}
