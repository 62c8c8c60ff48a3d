import ApusCore
import Foundation
import Testing

@Suite struct ExplainTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Examples")
    private static let cancer = examples.appending(path: "breast_cancer/breast_cancer.csv").path
    private static let diabetes = examples.appending(path: "diabetes/diabetes.csv").path

    private func trained(_ tool: Tool, _ model: String = "gradient_boosting") throws {
        let run = try tool.apus(
            "train", Self.cancer, "--target", "diagnosis", "--model", model, "-o", "cancer.apus", "-q")
        #expect(run.status == 0, "\(run.error)")
    }

    @Test(arguments: ["gradient_boosting", "logistic_regression", "sgd_linear"])
    func `rows are explained by contributions that sum to their scores`(model: String) throws {
        let tool = try Tool()
        try trained(tool, model)
        let text = try tool.apus("explain", "cancer.apus", Self.cancer, "--rows", "3", "--top", "4")
        #expect(text.status == 0, "\(text.error)")
        let lines = text.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(lines.count { $0.hasPrefix("Row ") } == 3)
        #expect(lines.count { $0.contains("base value") } == 3)
        #expect(text.output.contains("26 others"))

        let run = try tool.apus("explain", "cancer.apus", Self.cancer, "--rows", "20", "--json")
        let rows = try #require(try JSON(parsing: run.output)["rows"]?.list)
        #expect(rows.count == 20)
        for row in rows {
            let score = try #require(row["scores"]?.object?.values.first)
            let parts = try #require(score["contributions"]?.object).values.compactMap(\.number)
            #expect(parts.count == 30)
            let sum = parts.reduce(try #require(score["base"]?.number), +)
            #expect(abs(sum - (score["score"]?.number ?? .nan)) < 1e-9)
            // The score is the log odds of the second label.
            let probability = try #require(row["outputs"]?.list?.last?.number)
            #expect(abs(1 / (1 + exp(-sum)) - probability) < 1e-9)
        }
    }

    @Test func `importance, summary and dependence come as text, JSON and drawings`() throws {
        let tool = try Tool()
        try trained(tool)
        for (name, options) in [
            ("summary", ["--summary"]), ("importance", ["--importance", "--metric", "log_loss", "--repeats", "2"]),
            ("dependence", ["--dependence", "worst area"]),
            ("two", ["--dependence", "worst area", "--dependence", "mean texture", "--points", "4"]), ("rows", []),
        ] {
            let arguments = ["explain", "cancer.apus", Self.cancer] + options
            let binary = try #require(Tool.binary).path
            let text = try tool.run([binary] + arguments + ["--svg", "\(name).svg"])
            #expect(text.status == 0, "\(text.error)")
            #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text.output)")
            let json = try tool.run([binary] + arguments + ["--json"])
            #expect(try JSON(parsing: json.output).object?.isEmpty == false)
            let drawing = String(decoding: try tool.bytes("\(name).svg"), as: UTF8.self)
            #expect(drawing.hasPrefix("<svg ") && drawing.hasSuffix("</svg>\n"))
            #expect(try XMLShape.isClosed(drawing), "\(name).svg")
        }
        let threads = try ["1", "3"].map { threads in
            try tool.apus(
                "explain", "cancer.apus", Self.cancer, "--importance", "--repeats", "2", "--json", "--threads", threads
            ).output
        }
        #expect(threads[0] == threads[1])
        let own = try tool.apus("explain", "cancer.apus", "--json")
        #expect(try JSON(parsing: own.output)["measure"] == "gain")
    }

    @Test func `a drawing is replaced only when that is asked for, and never takes an input's place`() throws {
        let tool = try Tool()
        try trained(tool)
        #expect(try tool.apus("explain", "cancer.apus", "--svg", "a.svg").status == 0)
        #expect(try tool.apus("explain", "cancer.apus", "--svg", "a.svg").status == 1)
        #expect(try tool.apus("explain", "cancer.apus", "--svg", "a.svg", "--force").status == 0)
        #expect(try tool.apus("explain", "cancer.apus", "--svg", "cancer.apus", "--force").status == 1)
    }

    @Test func `a dash sends drawings and predictions to standard output`() throws {
        let tool = try Tool()
        try trained(tool)
        for (arguments, start, end) in [
            (["explain", "cancer.apus", "--svg", "-"], "<svg ", "</svg>"),
            (["inspect", "cancer.apus", "--tree", "0", "--svg", "-"], "<svg ", "</svg>"),
            (["inspect", "cancer.apus", "--tree", "0", "--dot", "-"], "digraph tree {", "}"),
            (["predict", "cancer.apus", Self.cancer, "-o", "-", "--only-predictions"], "prediction,", ""),
        ] {
            let run = try tool.run([try #require(Tool.binary).path] + arguments)
            #expect(run.status == 0, "\(run.error)")
            let output = run.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(output.hasPrefix(start) && output.hasSuffix(end), "\(output.prefix(80))")
        }
        #expect(try tool.names() == ["cancer.apus", "cancer.run.json"])
    }

    @Test func `calls that make no sense are refused with a remedy`() throws {
        let tool = try Tool()
        try trained(tool, "zero_rule")
        let cannot = try tool.apus("explain", "cancer.apus", Self.cancer)
        #expect(cannot.status == 2)
        #expect(cannot.error.unwrapped.contains("--importance"))
        for options in [
            ["--summary", "--importance"], ["--metric", "roc_auc"], ["--rows", "-1"], ["--top", "0"],
            ["--dependence", "nobody"], ["--importance", "--metric", "nonsense"], ["--importance", "--metric", "r2"],
            ["--points", "5"],
        ] {
            let run = try tool.run([try #require(Tool.binary).path, "explain", "cancer.apus", Self.cancer] + options)
            #expect(run.status != 0 && run.output.isEmpty && !run.error.isEmpty, "\(options)")
        }
        #expect(try tool.apus("explain", "cancer.apus", "--summary").status == 2)
        // Any model can be judged with shuffled features.
        #expect(
            try tool.apus("explain", "cancer.apus", Self.cancer, "--importance", "--metric", "log_loss").status == 0)
        try tool.write("other.csv", ["a,b", "1,2"])
        #expect(try tool.apus("explain", "cancer.apus", "other.csv", "--importance").status == 1)
    }
}

/// As much of XML as tells whether every element is closed.
private enum XMLShape {
    static func isClosed(_ text: String) throws -> Bool {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { return false }
            let tag = rest[rest.index(after: start)..<end]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else if !tag.hasSuffix("/") {
                open.append(tag.prefix { $0 != " " })
            }
            rest = rest[rest.index(after: end)...]
        }
        return open.isEmpty
    }
}
