import ApusCore
import ApusKernels
import Foundation
import Testing

/// Reads one number a line and compares each, bit for bit, with the C library's strtod.
private func expectEqualToLibrary(_ numbers: [String], level: String, _ comment: Comment) throws {
    let text = TextBytes(copying: Array((numbers.joined(separator: "\n") + "\n").utf8))
    let scan = CSVScan(text, from: 0, kernels: Kernels(threads: 2), instructionSet: level)
    let dialect = CSVDialect(separator: 0x2C, quoting: false, trim: true, columns: 1, missing: [])
    let column = try #require(try scan.read(dialect, kinds: [.number]).get().columns[0])
    try #require(column.rowCount == numbers.count)
    var wrong: [String] = []
    for (row, number) in numbers.enumerated() {
        let expected = strtod(number, nil)
        if column.doubles[row].bitPattern != expected.bitPattern, expected.isFinite { wrong.append(number) }
    }
    #expect(wrong.isEmpty, "\(comment): \(wrong.count) of \(numbers.count), such as \(wrong.prefix(3))")
}

/// A fixed sequence for tests.
struct CSVRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

private func digits(_ count: Int, _ random: inout CSVRandom) -> String {
    String((0..<count).map { _ in "0123456789".randomElement(using: &random) ?? "0" })
}

@Suite struct CSVNumberTests {
    static let levels = ["baseline", "v3", "v4"]

    @Test("short decimals round as strtod does", arguments: levels)
    func short(level: String) throws {
        var random = CSVRandom(state: 1)
        let numbers = (0..<600_000).map { _ -> String in
            let whole = digits(Int.random(in: 0...9, using: &random), &random)
            let part = digits(Int.random(in: whole.isEmpty ? 1...8 : 0...8, using: &random), &random)
            let sign = ["", "-", "-", ""].randomElement(using: &random) ?? ""
            return sign + whole + (part.isEmpty && Bool.random(using: &random) ? "" : "." + part)
        }
        try expectEqualToLibrary(numbers, level: level, "short decimals")
    }

    @Test("the shortest form of any double reads back as that double", arguments: levels)
    func shortest(level: String) throws {
        var random = CSVRandom(state: 2)
        let numbers = (0..<600_000).compactMap { _ -> String? in
            let value = Double(bitPattern: random.next())
            return value.isFinite ? "\(value)" : nil
        }
        try expectEqualToLibrary(numbers, level: level, "shortest forms")
    }

    @Test("numbers of any length with any exponent round as strtod does", arguments: levels)
    func any(level: String) throws {
        var random = CSVRandom(state: 3)
        let numbers = (0..<500_000).map { _ -> String in
            let whole = digits(Int.random(in: 1...24, using: &random), &random)
            let part = digits(Int.random(in: 0...24, using: &random), &random)
            let exponent = Int.random(in: -330...300, using: &random)
            let sign = ["", "-", "+"].randomElement(using: &random) ?? ""
            let mark = ["e", "E", "e+"].randomElement(using: &random) ?? "e"
            return sign + whole + "." + part
                + (Bool.random(using: &random) ? "" : exponent < 0 ? "e\(exponent)" : "\(mark)\(exponent)")
        }
        try expectEqualToLibrary(numbers, level: level, "any length")
    }

    @Test("numbers half way between two doubles, and a hair off, round as strtod does", arguments: levels)
    func halfWay(level: String) throws {
        var random = CSVRandom(state: 4)
        var numbers: [String] = []
        for _ in 0..<20_000 {
            // An odd 54-bit integer times a power of two lies exactly between two doubles.
            let odd = (random.next() >> 10) | 1 | 1 << 53
            let shift = Int.random(in: 0...9, using: &random)
            let exact = String(odd << UInt64(shift))
            numbers += [exact, exact + ".0", exact + "." + String(repeating: "0", count: 30) + "1"]
            // The same with a fraction, written out in full: odd / 2^k has exactly k decimals.
            let places = Int.random(in: 1...40, using: &random)
            var decimal = exact.compactMap(\.wholeNumberValue)
            var fraction = 0
            for _ in 0..<places {
                var carry = 0
                for index in decimal.indices {
                    let value = carry * 10 + decimal[index]
                    decimal[index] = value / 2
                    carry = value % 2
                }
                if carry != 0 || fraction > 0 {
                    decimal.append(carry * 5)
                    fraction += 1
                }
            }
            let all = decimal.map(String.init).joined()
            let point = all.index(all.endIndex, offsetBy: -fraction)
            let written = all[..<point] + (fraction > 0 ? "." + all[point...] : "")
            numbers += [String(written), written + (fraction > 0 ? "1" : ".1"), "\(written)e-300", "\(written)e200"]
        }
        try expectEqualToLibrary(numbers, level: level, "half way")
    }

    @Test("the edges of the doubles round as strtod does", arguments: levels)
    func edges(level: String) throws {
        var numbers = [
            "0", "-0", "0.0", "-0.0", "00", "007", ".5", "5.", "-.5", "+1", "1e0", "1E5", "9007199254740992",
            "9007199254740993", "9007199254740991", "-9007199254740993", "9999999999999999", "999999999999999.9",
            "0.000000000000001", "2.2250738585072014e-308", "2.2250738585072011e-308", "4.9406564584124654e-324",
            "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400", "-1e-400", "1.7976931348623157e308",
            "1.7976931348623158e308", "179769313486231570000e288", "0e999999999999", "1e-999999999999",
            "6.631236846766476e-316", "3.2378839133029012895883524125015321748630094846e-319",
            "7.2057594037927933e16", "1.00000000000000011102230246251565404236316680908203125",
            "1.00000000000000011102230246251565404236316680908203124",
            "1.00000000000000011102230246251565404236316680908203126", String(repeating: "1", count: 300),
            "0." + String(repeating: "0", count: 300) + "123", String(repeating: "0", count: 400) + "1.5",
        ]
        // Half of the least double, with 700 and more digits; one more digit decides.
        let half = String(repeating: "0", count: 323)
        for tail in ["", "0", "1"] {
            numbers.append("0." + half + "24703282292062327208" + String(repeating: "0", count: 900) + tail)
        }
        for power in -330...308 { numbers += ["1e\(power)", "9.5e\(power)", "1.2345678901234567e\(power)"] }
        try expectEqualToLibrary(numbers, level: level, "edges")
    }

    @Test(
        "what is no number is text",
        arguments: [
            "", "-", "+", ".", "-.", "e5", "1e", "1e+", "1.2.3", "1 2", "--1", "+-1", "0x10", "0x1p3", "1,5", "1_000",
            "١",
            "nan", "NaN", "1e5x", "1f", "1d", "½", "1-", "12345678901234567x", "1e5.5", "infinit",
        ])
    func text(cell: String) {
        let bytes = TextBytes(copying: Array(cell.utf8))
        #expect(bytes.reading(of: 0..<bytes.count) == .text)
    }

    @Test(
        "infinities and overflow are told from text",
        arguments: ["inf", "-INF", "+Infinity", "1e309", "-1e400", "2e308"])
    func infinite(cell: String) {
        let bytes = TextBytes(copying: Array(cell.utf8))
        #expect(bytes.reading(of: 0..<bytes.count) == .infinity)
    }
}
