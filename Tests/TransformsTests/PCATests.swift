import ApusCore
import ApusTransforms
import Foundation
import Testing

struct PCATests {
    struct Case: Codable, CustomTestStringConvertible {
        var name: String
        var parameters: [String: JSON]
        var rows: [[Double]]
        var result: [[Double]]
        var testDescription: String { name }
    }

    struct Golden: Codable {
        var cases: [Case]

        static func load() throws -> [Case] {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let data = try Data(contentsOf: folder.appending(path: "Golden/pca/scikit_learn.json"))
            return try JSONDecoder().decode(Golden.self, from: data).cases
        }
    }

    private func table(_ x: [[Double]]) throws -> Table {
        try Table((0..<(x.first?.count ?? 0)).map { place in ("x\(place)", Column(x.map { $0[place] })) })
    }

    /// Tolerance 1e-9 of the largest value of a component: the smallest one kept has a hundredth of the deviation of the
    /// largest, whose square the covariance matrix holds to 1e-16 and the data to 1e-6 of 1e4.
    @Test("components equal scikit-learn's, signs included", arguments: try Golden.load(), [Backend.c, .swift])
    func golden(_ golden: Case, _ backend: Backend) throws {
        let training = try table(golden.rows.dropLast(2))
        let pca = try PCA(parameters: golden.parameters)
        let fitted = try pca.fit(rows(training), in: RunContext(backend: backend))
        let result = try fitted.apply(table(golden.rows), in: RunContext(backend: backend))
        #expect(result.schema.names == golden.result[0].indices.map { "pca\($0 + 1)" })
        for component in golden.result[0].indices {
            let expected = golden.result.map { $0[component] }
            let size = expected.map(abs).max() ?? 1
            let found = try numbers(result, "pca\(component + 1)")
            for (value, wanted) in zip(found, expected) { #expect(abs((value ?? .nan) - wanted) < 1e-9 * size) }
        }
    }

    @Test func `a missing value counts as the mean, and other columns pass`() throws {
        let table = try Table([
            "a": Column(numbers: [1, 2, nil, 6]), "name": Column(categories: ["x", "y", "x", "y"]),
            "b": Column(numbers: [2, 4, 6, 12]),
        ])
        let filled = try Table([
            "a": Column([1, 2, 3, 6]), "name": Column(categories: ["x", "y", "x", "y"]), "b": Column([2, 4, 6, 12]),
        ])
        let (fitted, whole) = (
            try PCA().fit(rows(table), in: RunContext()), try PCA().fit(rows(filled), in: RunContext())
        )
        #expect(fitted.outputs.names == ["name", "pca1", "pca2"])
        for component in ["pca1", "pca2"] {
            #expect(try numbers(fitted.apply(table), component) == numbers(whole.apply(filled), component))
        }
        #expect(try delivers(fitted, table))
    }

    @Test func `more components than there are is refused, and so is half a component`() throws {
        let table = try table([[1, 2], [3, 5], [4, 9]])
        for (count, expected) in [
            (3.0, "3 components are asked of 2 number columns"), (1.5, "expected a whole number"),
        ] {
            let error = #expect(throws: ApusError.self) {
                try PCA(parameters: ["n_components": .number(count)]).plan(table.schema)
            }
            #expect(error?.description.contains(expected) == true)
        }
        let error = #expect(throws: ApusError.self) {
            try PCA(parameters: ["n_components": 2]).fit(rows(table.slice(0..<1)), in: RunContext())
        }
        #expect(error?.description.contains("2 components are asked of rows that have 1") == true)
        let huge = try Table(["a": Column([1e300, -1e300, 1]), "b": Column([1, 2, 3])])
        #expect(throws: ApusError.self) { try PCA().fit(rows(huge), in: RunContext()) }
    }
}
