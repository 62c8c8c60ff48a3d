import ApusCore
import ApusReaders
import Testing

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

@Suite struct CSVPropertyTests {
    private static let pieces = [
        "a", "b", "Z", "7", "0.5", "-3", " ", "  ", ",", ";", "\t", "|", "\"", "\"\"", "\n", "\r\n", "é", "😎", "x y",
        "NAN",
        "e", ".", "'", "true", "1e9",
    ]

    /// Random cells, none of which is a missing token or is changed by trimming quotes.
    private static func cell(_ random: inout CSVRandom) -> String? {
        if Int.random(in: 0..<8, using: &random) == 0 { return nil }
        let text = (0..<Int.random(in: 1...6, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
            .joined()
        let bare = text.trimmingBlanks
        return bare.isEmpty || CSVReader.missingTokens.contains(bare) ? "w" : text
    }

    /// Writes a cell, quoted if it must be or if a coin says so.
    private static func quoted(_ cell: String?, _ separator: Character, _ random: inout CSVRandom) -> String {
        guard let cell else { return Bool.random(using: &random) ? "" : "NA" }
        let mustQuote =
            cell.unicodeScalars.contains { "\"\n\r".unicodeScalars.contains($0) } || cell.contains(separator)
            || cell.trimmingBlanks != cell
        let blank = separator == "\t" ? "" : ["", "", " ", "  "].randomElement(using: &random) ?? ""
        guard mustQuote || Bool.random(using: &random) else { return blank + cell + blank }
        return blank + "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            + "\"" + blank
    }

    @Test("random tables come back equal, whatever quotes, separators, line ends and chunks")
    func roundTrip() throws {
        for seed in 0..<300 { try roundTrip(seed) }
    }

    private func roundTrip(_ seed: Int) throws {
        var random = CSVRandom(state: UInt64(seed))
        let separator = [",", ";", "\t", "|"].randomElement(using: &random) ?? ","
        let columns = Int.random(in: 1...6, using: &random)
        let rows = Int.random(in: 1...40, using: &random)
        let lineEnd = Bool.random(using: &random) ? "\n" : "\r\n"
        let wanted = (0..<rows).map { _ in (0..<columns).map { _ in Self.cell(&random) } }
        var text = (0..<columns).map { "k\($0)" }.joined(separator: separator) + lineEnd
        for (index, row) in wanted.enumerated() {
            text += row.map { Self.quoted($0, Character(separator), &random) }.joined(separator: separator)
            if index < rows - 1 || Bool.random(using: &random) || row == [nil] { text += lineEnd }
        }
        let kind: JSON = Bool.random(using: &random) ? "text" : "category"
        let parameters: [String: JSON] = [
            "separator": .text(separator), "header": true, "quote": true,
            "kinds": .object(Dictionary(uniqueKeysWithValues: (0..<columns).map { ("k\($0)", kind) })),
        ]
        for chunkSize in [1, 7, 64, 1 << 20] {
            let table = try read(text, parameters, threads: chunkSize % 3 + 1, chunkSize: chunkSize).table
            #expect(cells(table) == wanted, "seed \(seed), chunks of \(chunkSize): \(text)")
        }
    }

    @Test("a table that is written is read back equal")
    func writer() throws {
        for seed in 0..<100 { try writer(seed) }
    }

    private func writer(_ seed: Int) throws {
        var random = CSVRandom(state: UInt64(seed) &+ 5_000)
        let rows = Int.random(in: 1...30, using: &random)
        let table = try Table([
            "numbers, all": Column(
                numbers: (0..<rows).map { _ in
                    let value = Double(bitPattern: random.next())
                    return value.isFinite ? value : nil
                }),
            "labels": Column(categories: (0..<rows).map { _ in Self.cell(&random) }),
            "texts \"q\"": Column(texts: (0..<rows).map { _ in Self.cell(&random) }),
            "flags": Column(flags: (0..<rows).map { _ in [true, false, nil].randomElement(using: &random) ?? nil }),
            "times": Column(
                timestamps: (0..<rows).map { _ in
                    Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random)
                }),
            "whole": Column(integers: (0..<rows).map { _ in Int64.random(in: (-1 << 62)...(1 << 62), using: &random) }),
        ])
        var bytes: [UInt8] = []
        CSVWriter.append(table, to: &bytes)
        let again = try read(
            bytes: bytes, ["header": true, "quote": true, "separator": ","], schema: table.schema, chunkSize: 100
        ).table
        #expect(cells(again) == cells(table), "seed \(seed)")
        if let numbers = again.columns[0].doubles, let before = table.columns[0].doubles {
            #expect(zip(numbers, before).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
        }
    }

    @Test("a number is written with the digits of its text, whatever its size")
    func numbers() throws {
        var random = CSVRandom(state: 77)
        var numbers: [Double] = [
            0, -0.0, 0.1, -0.1, 1e-4, 9.999999999999999e-5, 1e-5, 0.001, 0.0123456789012345, 1e15, 1e16, 1e22, 1e23,
            .leastNonzeroMagnitude, 99_999_999_999_999.9, 999_999_999_999_999.9, 123_456_789_012_345.6,
            9_007_199_254_740_991.0,
            9_007_199_254_740_993.0, -1e18, 0.3, 2.0 / 3, 1 / 3.0, 100_000_000, 99_999_999, 12_345_678.9, 1e14 - 0.5,
            2.9999999999999996, 0.99999999999999989, 1e13 + 0.1, .pi, .leastNormalMagnitude, .greatestFiniteMagnitude,
        ]
        for _ in 0..<20_000 {
            let digits = Double(random.next() % 1_000_000_000_000_000)
            let power = Int.random(in: -20...20, using: &random)
            numbers.append(Double("\(Int64(digits) / Int64(1 + random.next() % 1_000_000))e\(power)") ?? 0)
            numbers.append(Double("\(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))") ?? 0)
            numbers.append(Double(bitPattern: random.next()))
            numbers.append(Double.random(in: -1000...1000, using: &random))
            numbers.append(Double(Int64(bitPattern: random.next()) >> Int64(random.next() % 64)))
        }
        numbers = numbers.filter(\.isFinite)
        let table = try Table([
            "x": Column(numbers), "whole": Column(integers: numbers.map { Int64(bitPattern: $0.bitPattern) }),
        ])
        var bytes: [UInt8] = []
        CSVWriter.append(table, header: false, to: &bytes)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == numbers.count)
        for (row, line) in lines.enumerated() {
            #expect(line == "\(table.columns[0].text(row) ?? ""),\(table.columns[1].text(row) ?? "")")
        }
    }

    @Test("a table written on several threads comes in the same order")
    func threads() throws {
        let rows = 9000
        let table = try Table([
            "x": Column(numbers: (0..<rows).map { $0 % 7 == 0 ? nil : Double($0) / 8 }),
            "label": Column(categories: (0..<rows).map { $0 % 5 == 0 ? nil : "a,\($0 % 3)" }),
            "text": Column(texts: (0..<rows).map { "\"\($0)\"" }),
        ])
        for part in [table, try table.slice(4001..<8999), try table.slice(7..<7)] {
            var expected = "x,label,text\n"
            for row in 0..<part.rowCount {
                let cells = part.columns.map { $0.text(row) }
                expected += "\(cells[0] ?? ""),\(cells[1].map { "\"\($0)\"" } ?? ""),\"\"\(cells[2] ?? "")\"\"\n"
            }
            for threads in [1, 2, 5] {
                var bytes: [UInt8] = []
                CSVWriter.write(part, threads: threads) { bytes.append(contentsOf: $0) }
                #expect(String(decoding: bytes, as: UTF8.self) == expected)
            }
        }
    }

    @Test("random damage is an error or a table, never a crash, and the same for all chunks")
    func damage() {
        for seed in 0..<1500 { damage(seed) }
    }

    private func damage(_ seed: Int) {
        var random = CSVRandom(state: UInt64(seed) &+ 9_000)
        let sample = #"""
            id,name,when,x
            1,"ann, the ""first""",2020-01-02,0.5
            2,bob,2020-01-03T10:00:00Z,-1e-7
            3,"multi
            line",,NA
            4,é😎,2020-01-05,12345678901234567890

            """#
        var bytes = Array(sample.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.insert(Array("\",\n\r;\t|".utf8).randomElement(using: &random) ?? 0x2C, at: at)
            case 2: bytes.remove(at: at)
            default: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...30, using: &random)))
            }
            if bytes.isEmpty { break }
        }
        let skip = Bool.random(using: &random)
        let outcomes = [1, 5, 64, 1 << 20].map { chunkSize -> String in
            do {
                let result = try read(bytes: bytes, skip ? ["on_bad_row": "skip"] : [:], chunkSize: chunkSize)
                return "\(cells(result.table)) \(result.report.allNotes) \(result.report.skippedRows)"
            } catch {
                return "\(error)"
            }
        }
        #expect(Set(outcomes).count == 1, "seed \(seed): \(outcomes)")
    }

    @Test("random bytes never crash")
    func noise() {
        for seed in 0..<500 { noise(seed) }
    }

    private func noise(_ seed: Int) {
        var random = CSVRandom(state: UInt64(seed) &+ 20_000)
        let alphabet: [UInt8] = Array("\",\n\r; \t|ab01.-eé".utf8) + [0xFF, 0x00]
        let known = alphabet.count - (seed % 3 == 0 ? 0 : 2)
        let bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in
            alphabet.prefix(known).randomElement(using: &random) ?? 0x61
        }
        let outcomes = [3, 64, 1 << 20].map { chunkSize -> String in
            do {
                return "\(cells(try read(bytes: bytes, chunkSize: chunkSize).table))"
            } catch {
                return "\(error)"
            }
        }
        #expect(Set(outcomes).count == 1, "seed \(seed): \(outcomes)")
    }
}

extension String {
    /// Without blanks and tabs at its ends.
    var trimmingBlanks: String {
        var scalars = unicodeScalars[...]
        while let first = scalars.first, first == " " || first == "\t" { scalars.removeFirst() }
        while let last = scalars.last, last == " " || last == "\t" { scalars.removeLast() }
        return String(scalars)
    }
}
