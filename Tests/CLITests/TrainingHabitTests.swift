import ApusCore
import Foundation
import Testing

/// Objectives, offsets, validation files, learning curves, snapshots and continued training through the tool.
@Suite struct TrainingHabitTests {
    /// Counts whose rate depends on `a` and `c`, with an exposure.
    private static func lines(_ rows: Range<Int>, columns: [String] = ["a", "c", "exposure", "n"]) -> [String] {
        let random = CounterRandom(seed: 8, purpose: "habits")
        return [columns.joined(separator: ",")]
            + rows.map { row in
                let a = Int(random.unit(4 * row) * 10)
                let c = ["x", "y", "z"][Int(random.unit(4 * row + 1) * 3)]
                let exposure = (random.unit(4 * row + 2) * 4 - 2).rounded()
                let rate = DeterministicMath.exp(Double(a) / 6 + exposure) * (c == "y" ? 2 : 1)
                let count = (rate * (0.5 + random.unit(4 * row + 3))).rounded()
                let values = ["a": "\(a)", "c": c, "exposure": "\(Int(exposure))", "n": "\(Int(count))"]
                return columns.map { values[$0] ?? "0" }.joined(separator: ",")
            }
    }

    private func apus(_ tool: Tool, _ arguments: [String]) throws -> Tool.Outcome {
        try tool.run([try #require(Tool.binary).path] + arguments)
    }

    private let poisson = [
        "--target", "n", "--task", "regression", "--set", "model.objective=poisson", "--set", "model.n_estimators=40",
        "--set", "evaluation.resamples=0",
    ]

    @Test func `an offset column is used in training, evaluation and prediction, and missed where it is not there`()
        throws
    {
        let tool = try Tool()
        try tool.write("t.csv", Self.lines(0..<800))
        let run = try apus(tool, ["train", "t.csv", "--offset", "exposure", "--json"] + poisson)
        #expect(run.status == 0, "\(run.error)")
        let r2 = try JSON(parsing: run.output)["metrics"]?["test"]?["r2"]?["value"]?.number ?? 0
        #expect(r2 > 0.6)
        try tool.write("zero.csv", ["a,c,exposure", "5,x,0", "5,y,1"])
        let predicted = try apus(tool, ["predict", "n.apus", "zero.csv", "--only-predictions"])
        #expect(predicted.status == 0, "\(predicted.error)")
        let values = predicted.output.split(separator: "\n").dropFirst().compactMap { Double($0) }
        #expect(values.count == 2)
        try tool.write("one.csv", ["a,c,exposure", "5,x,1"])
        let scaled = try apus(tool, ["predict", "n.apus", "one.csv", "--only-predictions"]).output.split(
            separator: "\n")
        // The mean is e^(score + offset): one more in the offset is e times the answer.
        #expect(abs((Double(scaled[1]) ?? 0) / values[0] / DeterministicMath.exp(1) - 1) < 1e-12)
        try tool.write("without.csv", Self.lines(0..<20, columns: ["a", "c", "n"]))
        for verb in ["predict", "evaluate"] {
            let missing = try apus(tool, [verb, "n.apus", "without.csv"])
            #expect(missing.status == 1)
            #expect(
                missing.error.unwrapped.contains(
                    "the model was trained with offsets, and there is no column 'exposure'. Add it; zeros add nothing"),
                "\(missing.error)")
        }
        #expect(try apus(tool, ["evaluate", "n.apus", "t.csv"]).status == 0)
        let linear = try apus(
            tool,
            ["train", "t.csv", "--offset", "exposure", "--target", "n", "--model", "linear_regression", "-o", "l.apus"])
        #expect(linear.status == 2)
        #expect(linear.error.unwrapped.contains("model.linear_regression does not take offsets"))
        try tool.write("gap.csv", ["a,c,exposure,n", "1,x,0,2", "2,y,,3", "3,x,1,4", "4,y,1,5"])
        let gap = try apus(tool, ["train", "gap.csv", "--offset", "exposure", "-o", "g.apus"] + poisson)
        #expect(gap.error.unwrapped.contains("offset column 'exposure' row 2: found a missing value"), "\(gap.error)")
    }

    @Test func `initial scores in a file beside the table count as those in a column`() throws {
        let tool = try Tool()
        try tool.write("t.csv", Self.lines(0..<600))
        let all = Self.lines(0..<600).dropFirst().map { $0.split(separator: ",").map(String.init) }
        try tool.write("side.csv", ["a,c,n"] + all.map { "\($0[0]),\($0[1]),\($0[3])" })
        try tool.write("side.csv.init", all.map { $0[2] })
        let inside = try apus(tool, ["train", "t.csv", "--offset", "exposure", "-o", "inside.apus"] + poisson)
        let beside = try apus(tool, ["train", "side.csv", "-o", "beside.apus"] + poisson)
        #expect(inside.status == 0 && beside.status == 0, "\(inside.error) \(beside.error)")
        let columns = try apus(tool, ["predict", "inside.apus", "t.csv", "--only-predictions"]).output
        let files = try apus(tool, ["predict", "beside.apus", "side.csv", "--only-predictions"])
        #expect(files.status == 0, "\(files.error)")
        #expect(columns == files.output && columns.count > 600)
        #expect(try apus(tool, ["evaluate", "beside.apus", "side.csv"]).status == 0)
        try tool.write("side.csv.init", ["1", "2"])
        for arguments in [["train", "side.csv", "-o", "b.apus"] + poisson, ["predict", "beside.apus", "side.csv"]] {
            let refused = try apus(tool, arguments)
            #expect(refused.status == 1)
            #expect(refused.error.contains("side.csv.init"), "\(refused.error)")
        }
    }

    @Test func `a validation file stops the fit, and one with other columns is refused`() throws {
        let tool = try Tool()
        try tool.write("t.csv", Self.lines(0..<500))
        try tool.write("v.csv", Self.lines(500..<700))
        let run = try apus(tool, ["train", "t.csv", "--validation", "v.csv", "--json"] + poisson)
        #expect(run.status == 0, "\(run.error)")
        let report = try JSON(parsing: run.output)
        #expect(report["split"]?["validation"] == 200)
        #expect(report["split"]?["train"] == 400)
        #expect(report["metrics"]?["validation"]?["r2"]?["value"]?.number != nil)
        try tool.write("other.csv", ["b,n", "1,2", "2,3"])
        let other = try apus(tool, ["train", "t.csv", "--validation", "other.csv", "-o", "o.apus"] + poisson)
        #expect(other.status == 1)
        #expect(other.error.contains("other.csv"), "\(other.error)")
        let unused = try apus(
            tool,
            [
                "train", "t.csv", "--validation", "v.csv", "--target", "n", "--model", "linear_regression", "-o",
                "l.apus",
            ])
        #expect(unused.status == 2)
        #expect(
            unused.error.unwrapped.contains("data.validation: model.linear_regression looks at no validation part"),
            "\(unused.error)")
    }

    @Test func `the learning curve has the metrics asked for, and ends where the report does`() throws {
        let tool = try Tool()
        try tool.write("t.csv", Self.lines(0..<500))
        let run = try apus(
            tool,
            [
                "train", "t.csv", "--json", "--set", "evaluation.metrics=[r2, mean_absolute_error]", "--set",
                "evaluation.metric_freq=5", "--set", "model.n_iter_no_change=100",
            ]
                + poisson)
        #expect(run.status == 0, "\(run.error)")
        let report = try JSON(parsing: run.output)
        let curve = try #require(report["curve"])
        #expect(curve["iteration"] == [5, 10, 15, 20, 25, 30, 35, 40])
        for part in ["train", "validation"] {
            for metric in ["loss", "r2", "mean_absolute_error"] {
                #expect(curve[part]?[metric]?.list?.count(where: { $0.number != nil }) == 8, "\(part) \(metric)")
            }
            let losses = curve[part]?["loss"]?.list?.compactMap(\.number) ?? []
            #expect(losses[7] < losses[0])
        }
        let record = try JSON(parsing: String(decoding: tool.bytes("n.run.json"), as: UTF8.self))
        #expect(record["report"]?["curve"] == curve)
        let none = try apus(
            tool,
            [
                "train", "t.csv", "--force", "--json", "--set", "model.early_stopping=false", "--set",
                "evaluation.metrics=[r2]",
            ] + poisson)
        let whole = try JSON(parsing: none.output)
        #expect(whole["curve"]?["train"]?["r2"]?.list?.last == whole["metrics"]?["train"]?["r2"]?["value"])
        let wrong = try apus(tool, ["train", "t.csv", "--force", "--set", "evaluation.metrics=[roc_auc]"] + poisson)
        #expect(wrong.status == 2)
        #expect(wrong.error.unwrapped.contains("roc_auc judges classes"))
        let unknown = try apus(tool, ["train", "t.csv", "--force", "--set", "evaluation.metrics=[r3]"] + poisson)
        #expect(unknown.error.unwrapped.contains("there is no metric 'r3'. Did you mean 'r2'?"))
    }

    @Test func `early stopping goes by the metric that is asked for`() throws {
        let tool = try Tool()
        try tool.write(
            "t.csv",
            ["a,b,y"] + (0..<800).map { "\($0 * 7919 % 1009),\($0 * 104_729 % 997),\($0 % 3 == 0 ? "yes" : "no")" })
        func train(_ scoring: String, _ more: [String] = []) throws -> Tool.Outcome {
            try apus(
                tool,
                ["train", "t.csv", "--target", "y", "--force", "--json", "--set", "model.scoring=\(scoring)"] + more)
        }
        for (scoring, metric) in [("loss", "loss"), ("roc_auc", "roc_auc")] {
            let run = try train(scoring, ["--set", "evaluation.metrics=[roc_auc]"])
            #expect(run.status == 0, "\(run.error)")
            let report = try JSON(parsing: run.output)
            let points = report["curve"]?["validation"]?[metric]?.list?.compactMap(\.number)
            let values = try #require(points)
            let best = metric == "loss" ? values.min() : values.max()
            let kept = report["model"]?["facts"]?["iterations"]?.number ?? 0
            // Before the first tree the area is a half.
            #expect(kept == 0 || values[Int(kept) - 1] == best, "\(scoring): \(kept) of \(values)")
        }
        #expect(try train("roc").error.unwrapped.contains("parameter 'scoring': metric: there is no metric 'roc'."))
        let wrong = try train("r2")
        #expect(wrong.status == 2)
        #expect(wrong.error.unwrapped.contains("r2 judges a number, and the target is classes"), "\(wrong.error)")
    }

    @Test func `an undefined metric to stop by is an error that says why`() throws {
        let tool = try Tool()
        try tool.write("t.csv", ["a,y"] + (0..<300).map { "\($0),\($0 % 2 == 0 ? "yes" : "no")" })
        try tool.write("v.csv", ["a,y"] + (0..<50).map { "\($0),yes" })
        let run = try apus(
            tool,
            [
                "train", "t.csv", "--target", "y", "--validation", "v.csv", "--set", "model.scoring=roc_auc",
            ])
        #expect(run.status == 1)
        #expect(run.error.unwrapped.contains("validation part: roc_auc is undefined: "), "\(run.error)")
    }

    @Test func `snapshots are artifacts of the first iterations`() throws {
        let tool = try Tool()
        try tool.write("t.csv", Self.lines(0..<500))
        let run = try apus(
            tool, ["train", "t.csv", "--set", "run.snapshot_freq=15", "--set", "model.early_stopping=false"] + poisson)
        #expect(run.status == 0, "\(run.error)")
        #expect(
            try tool.names().filter { $0.contains("snapshot") } == [
                "n.snapshot_iter_15.apus", "n.snapshot_iter_30.apus",
            ])
        let short = poisson.map { $0.replacing("n_estimators=40", with: "n_estimators=15") }
        #expect(
            try apus(tool, ["train", "t.csv", "-o", "short.apus", "--set", "model.early_stopping=false"] + short).status
                == 0)
        let answers = try ["n.snapshot_iter_15.apus", "short.apus"].map {
            try apus(tool, ["predict", $0, "t.csv", "--only-predictions"]).output
        }
        #expect(answers[0] == answers[1] && answers[0].count > 500)
    }

    @Test func `a continued model is one longer fit, and another schema is refused by its first difference`() throws {
        let tool = try Tool()
        try tool.write("t.csv", Self.lines(0..<500))
        let still = ["--set", "model.early_stopping=false"]
        let half = poisson.map { $0.replacing("n_estimators=40", with: "n_estimators=20") }
        #expect(try apus(tool, ["train", "t.csv", "-o", "half.apus"] + half + still).status == 0)
        #expect(try apus(tool, ["train", "t.csv", "-o", "whole.apus"] + poisson + still).status == 0)
        let run = try apus(
            tool,
            [
                "train", "t.csv", "--target", "n", "--from", "half.apus", "-o", "both.apus", "--set",
                "evaluation.resamples=0",
            ])
        #expect(run.status == 0, "\(run.error)")
        let answers = try ["both.apus", "whole.apus"].map {
            try apus(tool, ["predict", $0, "t.csv", "--only-predictions"]).output
        }
        let values = answers.map { $0.split(separator: "\n").dropFirst().compactMap { Double($0) } }
        #expect(values[0].count == 500)
        // Scores are summed tree by tree in the one and taken from the model's answer in the other.
        for (continued, longer) in zip(values[0], values[1]) { #expect(abs(continued / longer - 1) < 1e-6) }

        func refusal(_ name: String, _ lines: [String], _ more: [String] = []) throws -> String {
            try tool.write(name, lines)
            let run = try apus(
                tool,
                ["train", name, "--target", "n", "--task", "regression", "--from", "half.apus", "-o", "r.apus"] + more)
            #expect(run.status != 0)
            return run.error.unwrapped
        }
        let rows = Self.lines(0..<60)
        #expect(
            try refusal("r1.csv", rows.map { $0.replacing("exposure", with: "exposed") }).contains(
                "half.apus: schema: the column 'exposure' of training is not there, or is set aside."
            ))
        #expect(
            try refusal(
                "r2.csv", rows.enumerated().map { $0.offset == 0 ? $0.element + ",d" : $0.element + ",\($0.offset)" }
            ).contains(
                "half.apus: schema: the column 'd' was not there in training. Leave it out as in --set features.ignore=d."
            ))
        #expect(
            try refusal("r3.csv", rows.enumerated().map { $0.offset == 0 ? $0.element : "k" + $0.element }).contains(
                "the column 'a' was a number in training and is a category here"))
        #expect(
            try refusal("r4.csv", rows, ["--model", "linear_regression"]).contains(
                "half.apus: it holds a model.gradient_boosting, model.linear_regression is asked for"))
        #expect(
            try refusal("r5.csv", rows, ["--set", "model.objective=squared"]).contains(
                "Continue with the objective it was fitted with."))
        #expect(
            try refusal("r6.csv", rows, ["--offset", "exposure"]).contains(
                "half.apus: offsets: it was trained with no offsets, this run has offsets 'exposure'"))
    }

    @Test func `targets and rates that make no sense are refused`() throws {
        let tool = try Tool()
        try tool.write("t.csv", Self.lines(0..<60).map { $0.replacing(",0", with: ",-1") })
        let negative = try apus(tool, ["train", "t.csv"] + poisson)
        #expect(negative.status == 1)
        #expect(
            negative.error.unwrapped.contains(
                "objective.poisson expects a target of numbers that are not negative, found -1"), "\(negative.error)")
        let zero = try apus(tool, ["train", "t.csv", "--target", "n", "--set", "model.learning_rate=0"])
        #expect(zero.status == 2)
        #expect(
            zero.error.unwrapped.contains(
                "parameter 'learning_rate': expected a number above 0 and at most 10, found 0"), "\(zero.error)")
        let unknown = try apus(tool, ["train", "t.csv", "--target", "n", "--set", "model.objective=poison"])
        #expect(
            unknown.error.unwrapped.contains("there is no objective plugin 'poison'. Did you mean 'poisson'?"),
            "\(unknown.error)")
        let classes = try apus(
            tool, ["train", "t.csv", "--target", "n", "--set", "model.objective=logistic", "--task", "regression"])
        #expect(
            classes.error.unwrapped.contains(
                "objective.logistic needs a target of classes, found a regression target. Use objective.squared"),
            "\(classes.error)")
    }
}
