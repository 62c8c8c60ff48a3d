import Apus
import Foundation
import Testing

@Suite struct ReadmeTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `the library example does what it says`() throws {
        let result = try runReadmeExample()
        #expect(result.many == 1_000)
        #expect(result.r2 > 0.99)
        // 80 m² at 9 a square metre, within the width of a leaf.
        #expect(abs(result.one - 720) < 25)
    }

    @Test func `a row that does not fit is refused in its own words`() throws {
        let registry = try Registry.builtin()
        let numbers = (0..<40).map(Double.init)
        let table = try Table(["size": Column(numbers), "rent": Column(numbers.map { 2 * $0 })])
        var configuration = try Configuration(registry: registry)
        configuration.data.target = "rent"
        configuration.model = PluginReference("ridge")
        let run = try TrainingRun(configuration).fit(table, in: RunContext(registry: registry))
        let wrong: [([String: Value], String)] = [
            (["size": "x"], "feature 'size': expected a number, found \"x\"."),
            (["size": true], "feature 'size': expected a number, found true."),
            (["sise": 1], "the model has no feature 'sise'. Did you mean 'size'?"),
        ]
        for (row, words) in wrong {
            let error = #expect(throws: ApusError.self) { try run.artifact.pipeline.predict(row: row) }
            #expect(error?.description == words)
        }
    }

    @Test func `the library example in the README is the one that is tested`() throws {
        let readme = try String(contentsOf: ReadmeTests.package.appending(path: "README.md"), encoding: .utf8)
        let source = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "ReadmeExample.swift"),
            encoding: .utf8)
        let block = try #require(
            readme.components(separatedBy: "```swift\nimport Apus\n\n").dropFirst().first?
                .components(separatedBy: "```").first)
        let body = try #require(
            source.components(separatedBy: "// README begins\n").last?
                .components(separatedBy: "    // README ends").first)
        let unindented = body.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("    ") ? $0.dropFirst(4) : $0 }.joined(separator: "\n")
        #expect(block == unindented)
    }

    @Test func `every apus command in the README parses`() throws {
        let readme = try String(contentsOf: ReadmeTests.package.appending(path: "README.md"), encoding: .utf8)
        let commands = readme.split(separator: "\n").filter { $0.hasPrefix("apus ") }
        #expect(commands.count >= 10)
        let tool = try Tool()
        try tool.write("people.csv", Fixture.people(200))
        try tool.write("new.csv", Fixture.people(20))
        try tool.write("test.csv", Fixture.people(50))
        for line in commands {
            let command = line.components(separatedBy: "  #")[0]
            let binary = try #require(Tool.binary).path
            let result = try tool.run([
                "sh", "-c", command.replacingOccurrences(of: "apus ", with: "\(binary) ", options: .anchored),
            ])
            #expect(result.status == 0, "\(line)\n\(result.error)")
        }
    }
}

enum Fixture {
    /// A table that can be learned: income follows from age, hours and trade.
    static func people(_ rows: Int) -> [String] {
        ["age,hours,trade,income"]
            + (0..<rows).map { row in
                let age = 20 + row * 37 % 45
                let hours = 10 + row * 53 % 50
                let trade = ["baker", "smith", "tailor"][row * 7 % 3]
                let isHigh = age * hours + (trade == "smith" ? 400 : 0) + row % 13 * 20 > 1500
                return "\(age),\(hours),\(trade),\(isHigh ? "high" : "low")"
            }
    }
}
