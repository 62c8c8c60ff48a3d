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
    @Test("values equal those of scikit-learn's HashingVectorizer", arguments: try Golden.load().cases)
    func golden(_ golden: Case) throws {
        let table = try Table([
            "text": Column(texts: try Golden.load().texts), "x": Column(golden.result.map { _ in 1.0 }),
        ])
        let fitted = try HashText(parameters: golden.parameters).fit(rows(table), in: RunContext())
        let result = try fitted.apply(table)
        #expect(result.schema.names == ["text", "x"])
        let vectors = try #require(try result.column("text").vectors)
        #expect(vectors.width == golden.result[0].count)
        for (row, expected) in golden.result.enumerated() {
            for (place, value) in expected.enumerated() {
                #expect(abs(vectors[row, place] - value) < 1e-15, "row \(row) element \(place)")
            }
        }
        #expect(try HashText(parameters: golden.parameters).plan(table.schema) == result.schema)
        #expect(try delivers(fitted, table))
    }

    @Test func `a missing text has no words, and threads do not matter`() throws {
        let table = try Table(["text": Column(texts: (0..<2_000).map { $0 % 3 == 0 ? nil : "word\($0 % 7) and more" })])
        let fitted = try HashText(parameters: ["n_features": 16]).fit(rows(table), in: RunContext())
        let results = try [1, 3].map { try fitted.apply(table, in: RunContext(threads: $0)) }
        let vectors = try results.map { try #require(try $0.column("text").vectors) }
        for row in 0..<2_000 { #expect(vectors[0].text(row) == vectors[1].text(row)) }
        #expect(vectors[0].entries(of: 3).isEmpty && !vectors[0].entries(of: 4).isEmpty)
    }

    @Test func `a range of words has two ends in order`() {
        #expect(throws: ApusError.self) { try HashText(parameters: ["ngram_range": [2, 1]]) }
        #expect(throws: ApusError.self) { try HashText(parameters: ["ngram_range": [1]]) }
    }

    @Test func `memory follows the words, not the features`() throws {
        let table = try Table(["text": Column(texts: (0..<100_000).map { _ in "two words" })])
        let fitted = try HashText(parameters: ["n_features": 1_048_576]).fit(rows(table), in: RunContext())
        #expect(try fitted.apply(table).column("text").vectors?.entryCount == 200_000)
    }
}
