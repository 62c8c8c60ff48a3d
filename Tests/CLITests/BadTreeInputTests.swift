import ApusCore
import Foundation
import Testing

/// Tables and settings that are hard on trees: what `apus train` makes of them, or says.
@Suite struct BadTreeInputTests {
    private let tool: Tool
    init() throws { tool = try Tool() }

    private static let models = ["gradient_boosting", "random_forest"]

    private func train(_ file: String, _ model: String, _ more: [String]) throws -> Tool.Outcome {
        try tool.run(
            [
                try #require(Tool.binary, "the binary is not built").path, "train", file, "--target", "y", "--model",
                model, "-o", "y.apus", "--force", "--set", "evaluation.resamples=0",
            ] + more)
    }

    @Test(arguments: models)
    func `a column of a hundred thousand categories is learned where it is declared to be one`(model: String) throws {
        let lines = (0..<120_000).map { row -> String in
            let label = row % 6 == 0 ? ["red", "green", "blue"][row / 6 % 3] : "rare\(row)"
            return "\(label),\(label == "red" ? 4 : label == "green" ? -3 : 0)"
        }
        try tool.write("t.csv", ["c,y"] + lines)
        let more = ["--task", "regression", "--set", "model.n_estimators=5"]
        let text = try train("t.csv", model, more)
        #expect(text.status == 1)
        #expect(text.error.unwrapped.contains("or declare it as in --set data.kinds.c=category"), "\(text.error)")
        let run = try train("t.csv", model, more + ["--set", "data.kinds.c=category", "--json"])
        #expect(run.status == 0, "\(run.error)")
        let report = try JSON(parsing: run.output)
        #expect(report["metrics"]?["test"]?["r2"]?["value"]?.number ?? 0 > 0.5, "\(run.output)")
    }

    @Test(arguments: models)
    func `a label of a single row is learned, or counts as missing`(model: String) throws {
        try tool.write(
            "t.csv", ["c,y"] + (0..<300).map { "\($0 % 2 == 0 ? "a" : "b"),\($0 % 2).\($0)" } + ["lonely,9.5"])
        let run = try train("t.csv", model, ["--task", "regression"])
        #expect(run.status == 0, "\(run.error)")
    }

    @Test(arguments: models)
    func `twenty thousand columns are learned`(model: String) throws {
        let header = (0..<20_000).map { "x\($0)" }.joined(separator: ",") + ",y"
        let lines = (0..<60).map { row in
            (0..<20_000).map { "\((row * 7 + $0 * 13) % 101)" }.joined(separator: ",")
                + ",\(row % 2 == 0 ? "yes" : "no")"
        }
        try tool.write("t.csv", [header] + lines)
        let run = try train("t.csv", model, ["--set", "model.n_estimators=5", "--set", "model.min_samples_leaf=2"])
        #expect(run.status == 0 && run.output.contains("60 rows × 20,001 columns"), "\(run.error)")
    }

    @Test(arguments: models)
    func `infinite values, weights below zero and weights of nothing are refused with their row`(model: String) throws {
        func message(_ rows: [String], _ more: [String] = []) throws -> String {
            try tool.write("t.csv", ["a,w,y"] + (0..<200).map { "\($0),1,\(Double($0) / 2)" } + rows)
            let run = try train("t.csv", model, ["--task", "regression"] + more)
            #expect(run.status == 1)
            return run.error.unwrapped
        }
        #expect(try message(["inf,1,2"]).contains("column 'a' row 201: \"inf\" is no finite number."))
        #expect(try message(["1,1,-inf"]).contains("column 'y' row 201: \"-inf\" is no finite number."))
        #expect(try message(["1,-2,3"], ["--weight", "w"]).contains("weight column 'w' row 201: found -2."))
        #expect(try message(["1,1e101,3"], ["--weight", "w"]).contains("Weights are numbers from 0 to 1e100."))
        #expect(try message(["1,,3"], ["--weight", "w"]).contains("weight column 'w' row 201: found a missing value."))
        try tool.write("t.csv", ["a,w,y"] + (0..<200).map { "\($0),0,\(Double($0) / 2)" })
        let nothing = try train("t.csv", model, ["--task", "regression", "--weight", "w"])
        #expect(nothing.error.contains("weight column 'w': all weights are zero."))
    }

    @Test func `more leaves than rows are no harm, and steps of no length are refused`() throws {
        try tool.write("t.csv", ["a,y"] + (0..<40).map { "\($0),\($0 * $0).5" })
        let many = ["--set", "model.num_leaves=5000", "--set", "model.min_samples_leaf=1"]
        #expect(try train("t.csv", "gradient_boosting", ["--task", "regression"] + many).status == 0)
        for rate in ["0", "-1", "nan"] {
            let run = try train("t.csv", "gradient_boosting", ["--set", "model.learning_rate=\(rate)"])
            #expect(run.status == 2)
            #expect(
                run.error.unwrapped.contains("parameter 'learning_rate': expected a number above 0"), "\(run.error)")
        }
    }

    @Test func `validation rows with a column of another kind are refused with the cell`() throws {
        try tool.write("t.csv", ["a,y"] + (0..<100).map { "\($0),\(Double($0) / 2)" })
        try tool.write("v.csv", ["a,y", "1,2", "word,3"])
        let run = try train("t.csv", "gradient_boosting", ["--task", "regression", "--validation", "v.csv"])
        #expect(run.status == 1)
        #expect(
            run.error.unwrapped.contains("v.csv: column 'a' row 2: expected a number, found \"word\"."), "\(run.error)")
    }

    @Test func `a forest is not continued`() throws {
        try tool.write("t.csv", ["a,y"] + (0..<100).map { "\($0),\(Double($0) / 2)" })
        let forest = ["--task", "regression", "--set", "model.n_estimators=3"]
        #expect(try train("t.csv", "random_forest", forest).status == 0)
        let run = try tool.run(
            [
                try #require(Tool.binary).path, "train", "t.csv", "--target", "y", "--task", "regression", "--from",
                "y.apus", "-o", "z.apus",
            ])
        #expect(run.status == 2)
        #expect(run.error.unwrapped.contains("model.random_forest does not continue from a model"), "\(run.error)")
    }
}
