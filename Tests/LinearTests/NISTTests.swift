import ApusCore
import ApusKernels
import ApusLinear
import Foundation
import Testing

/// The reference sets of NIST's StRD collection with certified coefficients.
@Suite(.enabled(if: Folder.hasData("nist_strd"), "the NIST StRD files are not beside the package"))
struct NISTTests {
    struct Set: Sendable, CustomTestStringConvertible {
        let name: String
        /// The powers of the only predictor, or nil where the columns are the predictors.
        var degree: Int?
        var hasIntercept = true
        /// Digits that every coefficient has to agree in.
        let digits: Double
        var testDescription: String { name }
    }

    static let sets = [
        Set(name: "Norris", digits: 9), Set(name: "Pontius", degree: 2, digits: 9),
        Set(name: "NoInt1", hasIntercept: false, digits: 9), Set(name: "Longley", digits: 9),
        Set(name: "Wampler1", degree: 5, digits: 9), Set(name: "Wampler4", degree: 5, digits: 8),
        Set(name: "Filip", degree: 10, digits: 7),
    ]

    @Test(arguments: sets, Backend.allCases)
    func `coefficients agree with the certified ones`(set: Set, backend: Backend) throws {
        let file = try NISTFile(set.name)
        let x = file.rows.map { row -> [Double] in
            guard let degree = set.degree else { return Array(row.dropFirst()) }
            return (1...degree).map { pow(row[1], Double($0)) }
        }
        let rows = try trainingRows(x, .values(Buffer(file.rows.map { $0[0] })))
        var learner = LinearRegression()
        learner.fitIntercept = set.hasIntercept
        let model = try linear(try learner.fit(rows, from: nil, in: try context(backend: backend)))
        let found = (set.hasIntercept ? model.intercepts : []) + model.coefficients[0]
        #expect(found.count == file.certified.count)
        let digits = zip(found, file.certified).map { agreeingDigits($0, $1) }
        print("NIST \(set.name) \(backend.rawValue): digits \(digits.map { ($0 * 10).rounded() / 10 })")
        for (coefficient, digits) in digits.enumerated() {
            #expect(digits >= set.digits, "B\(coefficient)")
        }
    }

    @Test(arguments: ["NumAcc1", "NumAcc3", "Lew"], Backend.allCases)
    func `means and deviations agree with the certified ones`(name: String, backend: Backend) throws {
        let file = try NISTFile(name)
        let moments = try Kernels(backend: backend, threads: 2).moments([Buffer(file.rows.map { $0[0] })])[0]
        let deviation = (moments.squares / (moments.weight - 1)).squareRoot()
        let digits = [agreeingDigits(moments.mean, file.mean), agreeingDigits(deviation, file.deviation)]
        print("NIST \(name) \(backend.rawValue): digits \(digits.map { ($0 * 10).rounded() / 10 })")
        #expect(digits.allSatisfy { $0 >= 9 })
    }
}

/// One file of the collection.
private struct NISTFile {
    /// Rows of numbers: the response first.
    let rows: [[Double]]
    /// B0 (or B1) onward.
    let certified: [Double]
    private(set) var mean = Double.nan
    private(set) var deviation = Double.nan

    init(_ name: String) throws {
        let text = try String(contentsOf: Folder.data.appendingPathComponent("nist_strd/\(name).dat"), encoding: .utf8)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        func numbers(_ line: String) -> [Double]? {
            let words = line.split(separator: " ")
            let numbers = words.compactMap { Double($0) }
            return numbers.count == words.count && !numbers.isEmpty ? numbers : nil
        }
        // The word stands twice in the head: before the description, and before the numbers.
        let start = lines.lastIndex { $0.hasPrefix("Data:") } ?? lines.endIndex
        rows = lines.dropFirst(start).compactMap(numbers)
        certified = lines.prefix(start).compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, words[0].hasPrefix("B"), Int(words[0].dropFirst()) != nil else { return nil }
            return Double(words[1])
        }
        for line in lines.prefix(start) {
            let value = line.split(separator: ":").last.flatMap { part in
                part.split(separator: " ").first.flatMap { Double($0) }
            }
            if line.contains("Sample Mean"), let value { mean = value }
            if line.contains("Sample Standard Deviation"), let value { deviation = value }
        }
    }
}
