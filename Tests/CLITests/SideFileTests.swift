import ApusCore
import Testing

/// Columns that a run finds without being told: by the reader's roles, and in a file beside the table.
@Suite struct SideFileTests {
    private static let rows = (0..<200).map { ($0 % 7, $0 * 13 % 11, ($0 * 5 + 3) % 4) }

    private func metrics(_ tool: Tool, _ arguments: String...) throws -> JSON? {
        let path = try #require(Tool.binary).path
        let run = try tool.run(
            [path] + arguments + ["--model", "linear_regression", "--task", "regression", "--json", "--force"])
        #expect(run.status == 0, "\(run.error)")
        return try JSON(parsing: run.output)["metrics"]?["test"]
    }

    @Test func `weights in a file beside the table count as those in a column`() throws {
        let tool = try Tool()
        let rows = SideFileTests.rows
        try tool.write("inside.csv", ["x,y,w"] + rows.map { "\($0.0),\($0.1),\($0.2)" })
        try tool.write("beside.csv", ["x,y"] + rows.map { "\($0.0),\($0.1)" })
        try tool.write("beside.csv.weight", rows.map { "\($0.2)" })
        let plan = ["--target", "y", "--set", "split.strategy=random"]
        let inside = try metrics(tool, "train", "inside.csv", plan[0], plan[1], plan[2], plan[3], "--weight", "w")
        let beside = try metrics(tool, "train", "beside.csv", plan[0], plan[1], plan[2], plan[3])
        #expect(inside?["root_mean_squared_error"]?["value"] != nil)
        #expect(inside == beside)
    }

    @Test func `a weight file of another length is refused and named`() throws {
        let tool = try Tool()
        try tool.write("t.csv", ["x,y"] + SideFileTests.rows.map { "\($0.0),\($0.1)" })
        try tool.write("t.csv.weight", ["1", "2"])
        let run = try tool.apus("train", "t.csv", "--target", "y")
        #expect(run.status == 1)
        #expect(run.error.unwrapped.contains("t.csv.weight: expected 200 weights, one for each row of t.csv, found 2"))
    }

    @Test func `what is no number in a weight file is named with its row`() throws {
        let tool = try Tool()
        try tool.write("t.csv", ["x,y"] + SideFileTests.rows.map { "\($0.0),\($0.1)" })
        try tool.write("t.csv.weight", (0..<200).map { $0 == 150 ? "heavy" : "1" })
        let run = try tool.apus("train", "t.csv", "--target", "y")
        #expect(run.status == 1)
        #expect(
            run.error.unwrapped.contains("t.csv.weight row 151: expected a number, found \"heavy\"."), "\(run.error)")
    }

    @Test func `a svmlight file says itself what its target is`() throws {
        let tool = try Tool()
        try tool.write("rows.svm", SideFileTests.rows.map { "\($0.0 > 3 ? 1 : 0) 1:\($0.0) 3:\($0.1)" })
        let run = try tool.apus("train", "rows.svm", "--json")
        #expect(run.status == 0, "\(run.error)")
        let report = try JSON(parsing: run.output)
        #expect(report["data"]?["target"] == .text("label") || report["artifact"] == .text("label.apus"))
        #expect(try tool.apus("predict", "label.apus", "rows.svm").status == 0)
    }
}
