import Foundation
import Testing

/// `apus inspect --tree`: trees as text and as drawings, through the built tool.
@Suite struct TreeTests {
    private static let table: String = {
        let rows = (0..<240).map { row -> String in
            let (age, job) = (18 + row * 7 % 50, ["cook", "clerk", "pilot", "<a&b>"][row % 4])
            let rich = (age > 40) != (job == "pilot") ? "yes" : "no"
            return "\(row % 11 == 0 ? "" : String(age)),\(job),\(row % 2 == 0),\(rich)"
        }
        return (["age,job,member,rich"] + rows).joined(separator: "\n") + "\n"
    }()

    private func trained(_ model: String, _ settings: String...) throws -> Tool {
        let tool = try Tool()
        try Self.table.write(to: tool.folder.appending(path: "people.csv"), atomically: true, encoding: .utf8)
        var command = [try #require(Tool.binary).path, "train", "people.csv", "--target", "rich", "--model", model]
        command += ["-o", "m.apus", "--quiet"] + settings.flatMap { ["--set", $0] }
        let outcome = try tool.run(command)
        #expect(outcome.status == 0, "\(outcome.error)")
        return tool
    }

    @Test(.enabled(if: Tool.binary != nil, "the binary is not built"))
    func `a decision tree is printed in the words of the table, in 80 columns`() throws {
        let tool = try trained("decision_tree", "model.max_depth=3")
        let outcome = try tool.apus("inspect", "m.apus", "--tree", "0")
        #expect(outcome.status == 0, "\(outcome.error)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(lines[0].hasPrefix("m.apus: tree 0 of 1, "))
        #expect(lines.contains { $0.hasPrefix("all rows") })
        #expect(lines.contains { $0.contains("age ≤ ") } && lines.contains { $0.contains("age > ") })
        #expect(lines.contains { $0.contains("job in pilot") } && lines.contains { $0.contains("job not in pilot") })
        #expect(lines.contains { $0.contains("missing") })
    }

    @Test(
        .enabled(if: Tool.binary != nil, "the binary is not built"), arguments: ["random_forest", "gradient_boosting"])
    func `a tree of many is drawn for Graphviz and as a picture`(model: String) throws {
        let tool = try trained(model, "model.n_estimators=5")
        let outcome = try tool.apus("inspect", "m.apus", "--tree", "3", "--dot", "t.dot", "--svg", "t.svg", "--json")
        #expect(outcome.status == 0, "\(outcome.error)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let nodes = try #require(json["nodes"] as? [[String: Any]])
        #expect(json["trees"] as? Int == 5 && nodes.count > 3)
        let dot = try String(contentsOf: tool.folder.appending(path: "t.dot"), encoding: .utf8)
        #expect(dot.hasPrefix("digraph tree {") && dot.hasSuffix("}\n"))
        #expect(dot.components(separatedBy: " -> ").count == nodes.count)
        let svg = try Data(contentsOf: tool.folder.appending(path: "t.svg"))
        let parser = XMLCounter()
        #expect(parser.count(svg) && parser.elements["rect"] == nodes.count + 1)
        let again = try tool.apus("inspect", "m.apus", "--svg", "t.svg")
        #expect(again.status != 0 && again.error.contains("t.svg"))
        #expect(try tool.apus("inspect", "m.apus", "--svg", "t.svg", "--force").status == 0)
    }

    @Test(.enabled(if: Tool.binary != nil, "the binary is not built"))
    func `a tree that is not there, and a model without trees, are named`() throws {
        let tool = try trained("random_forest", "model.n_estimators=5")
        let outcome = try tool.apus("inspect", "m.apus", "--tree", "5")
        #expect(outcome.status == 2 && outcome.error.contains("The trees are 0 to 4."))
        let linear = try trained("logistic_regression")
        let refused = try linear.apus("inspect", "m.apus", "--tree", "0")
        #expect(refused.status == 2 && refused.error.contains("model.logistic_regression has no trees"))
    }
}

/// Counts the elements of a document; false if it is not well-formed.
private final class XMLCounter {
    private(set) var elements: [String: Int] = [:]

    /// A document of this size needs no more than a walk over its tags.
    func count(_ data: Data) -> Bool {
        var open: [Substring] = []
        for part in String(decoding: data, as: UTF8.self).split(separator: "<") {
            guard let end = part.firstIndex(of: ">") else { return false }
            let tag = part[..<end]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else {
                let name = tag.prefix { $0 != " " && $0 != "/" }
                elements[String(name), default: 0] += 1
                if !tag.hasSuffix("/") { open.append(name) }
            }
        }
        return open.isEmpty
    }
}
