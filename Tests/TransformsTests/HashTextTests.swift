import ApusCore
import ApusTransforms
import Foundation
import Testing

struct HashTextTests {
    struct Case: Codable, CustomTestStringConvertible {
        var name: String
        var parameters: [String: JSON]
        var result: [[Double]]
        var testDescription: String { name }
    }

    struct Golden: Codable {
        var texts: [String]
        var cases: [Case]

        static func load() throws -> Golden {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let data = try Data(contentsOf: folder.appending(path: "Golden/hash_text/scikit_learn.json"))
            return try JSONDecoder().decode(Golden.self, from: data)
        }
    }

    /// Tolerance 1e-15: quotients of small whole numbers and the root of one.
    @Test("columns equal those of scikit-learn's HashingVectorizer", arguments: try Golden.load().cases)
    func golden(_ golden: Case) throws {
        let table = try Table([
            "text": Column(texts: try Golden.load().texts), "x": Column(golden.result.map { _ in 1.0 }),
        ])
        let fitted = try HashText(parameters: golden.parameters).fit(rows(table), in: RunContext())
        let result = try fitted.apply(table)
        #expect(result.schema.names == golden.result[0].indices.map { "text#\($0)" } + ["x"])
        for place in golden.result[0].indices {
            let found = try numbers(result, "text#\(place)")
            for (row, value) in found.enumerated() {
                #expect(abs((value ?? .nan) - golden.result[row][place]) < 1e-15, "row \(row) column \(place)")
            }
        }
        #expect(try HashText(parameters: golden.parameters).plan(table.schema) == result.schema)
        #expect(try delivers(fitted, table))
    }

    @Test func `a missing text has no words, and threads do not matter`() throws {
        let table = try Table(["text": Column(texts: (0..<2_000).map { $0 % 3 == 0 ? nil : "word\($0 % 7) and more" })])
        let fitted = try HashText(parameters: ["n_features": 16]).fit(rows(table), in: RunContext())
        let results = try [1, 3].map { try fitted.apply(table, in: RunContext(threads: $0)) }
        for name in results[0].schema.names {
            #expect(try numbers(results[0], name) == numbers(results[1], name))
            #expect(try numbers(results[0], name)[3] == 0)
        }
    }

    @Test func `a range of words has two ends in order`() {
        #expect(throws: ApusError.self) { try HashText(parameters: ["ngram_range": [2, 1]]) }
        #expect(throws: ApusError.self) { try HashText(parameters: ["ngram_range": [1]]) }
    }

    @Test func `columns that memory cannot hold are refused`() throws {
        let table = try Table(["text": Column(texts: (0..<1_000_000).map { _ in "a word" })])
        let fitted = try HashText(parameters: ["n_features": 1_048_576]).fit(rows(table), in: RunContext())
        let error = #expect(throws: ApusError.self) { try fitted.apply(table) }
        #expect(error?.description.contains("Lower n_features") == true)
    }
}
