import ApusCore
import ApusKernels
import Testing

@Suite struct CSVScanTests {
    private static let levels = ["baseline", "v3", "v4"]

    /// The rows of a text by the plainest state machine: the oracle. Nil where quotes break the rules.
    private func naiveRows(_ text: [UInt8], _ separator: UInt8) -> [[String]]? {
        var rows: [[String]] = []
        var row: [String] = []
        var cell: [UInt8] = []
        var state = 0  // 0 at a cell's start, 1 in plain text, 2 in quotes, 3 behind a quote in quotes
        func isBlankLine() -> Bool { row.isEmpty && state != 3 && cell.allSatisfy { $0 == 0x0D } }
        for byte in text + [0x0A] {
            switch (state, byte) {
            case (2, 0x22): state = 3
            case (2, _): cell.append(byte)
            case (3, 0x22):
                cell.append(byte)
                state = 2
            case (0, 0x22) where cell.isEmpty: state = 2
            case (_, separator), (_, 0x0A):
                let isLineEnd = byte == 0x0A
                if isLineEnd, isBlankLine() {
                    cell = []
                    state = 0
                    continue
                }
                if isLineEnd, state != 3, cell.last == 0x0D { cell.removeLast() }
                row.append(String(decoding: cell, as: UTF8.self))
                cell = []
                state = 0
                if isLineEnd {
                    rows.append(row)
                    row = []
                }
            case (3, 0x0D): continue
            case (_, 0x22), (3, _): return nil
            default:
                cell.append(byte)
                state = 1
            }
        }
        return state == 2 || !row.isEmpty ? nil : rows
    }

    private func scannedRows(_ text: [UInt8], columns: Int, level: String, chunkSize: Int) -> [[String]]? {
        let scan = CSVScan(
            TextBytes(copying: text), from: 0, kernels: Kernels(threads: 2), chunkSize: chunkSize,
            instructionSet: level)
        let dialect = CSVDialect(separator: 0x2C, quoting: true, trim: false, columns: columns, missing: [])
        guard let reading = try? scan.read(dialect, kinds: Array(repeating: .string, count: columns)).get() else {
            return nil
        }
        return (0..<reading.rowCount).map { row in
            reading.columns.map { column in
                guard let column, let labels = column.labels else { return "" }
                return labels.string(Int(column.codes[row]))
            }
        }
    }

    @Test func `labels equal those of a plain state machine at every level and for every chunk size`() {
        var random = CSVRandom(state: 77)
        let pieces = [
            "a", "bc", "12", ",", ",", "\n", "\n", "\r\n", "\"x\"", "\"y,z\"", "\"q\"\"q\"", "\"n\nl\"",
            "long long cell",
        ]
        var refused = 0
        for seed in 0..<400 {
            let columns = Int.random(in: 2...4, using: &random)
            var text = ""
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let cells = (0..<columns).map { _ in
                    (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
                        .filter { $0 != "," && !$0.hasSuffix("\n") || Int.random(in: 0..<40, using: &random) == 0 }
                        .joined()
                }
                text += cells.joined(separator: ",") + (Bool.random(using: &random) ? "\n" : "\r\n")
            }
            let bytes = Array(text.utf8)
            let rows = naiveRows(bytes, 0x2C)
            let expected = rows?.allSatisfy { $0.count == columns } == true ? rows : nil
            if expected == nil { refused += 1 }
            for level in Self.levels {
                for chunkSize in [1, 3, 64, 100, 1 << 20] {
                    let read = scannedRows(bytes, columns: columns, level: level, chunkSize: chunkSize)
                    #expect(
                        read == expected, "seed \(seed), \(level), chunks of \(chunkSize): \(text.debugDescription)")
                }
            }
        }
        #expect(refused > 20 && refused < 380, "both outcomes must occur: \(refused)")
    }

    @Test func `rows across many blocks are read at every level`() throws {
        // Longer than the 16 KB that are indexed at once, with a row longer than a chunk.
        let wide = (0..<9_000).map { "\($0).25" }.joined(separator: ",")
        let text = Array((0..<5).map { _ in wide }.joined(separator: "\n").utf8)
        for level in Self.levels {
            for chunkSize in [1000, 70_000, 1 << 20] {
                let scan = CSVScan(
                    TextBytes(copying: text), from: 0, kernels: Kernels(threads: 2), chunkSize: chunkSize,
                    instructionSet: level)
                let dialect = CSVDialect(separator: 0x2C, quoting: true, trim: true, columns: 9_000, missing: [])
                let reading = try scan.read(dialect, kinds: Array(repeating: .number, count: 9_000)).get()
                #expect(reading.rowCount == 5)
                #expect(reading.columns.indices.allSatisfy { reading.columns[$0]?.doubles[4] == Double($0) + 0.25 })
            }
        }
    }

    @Test func `a ragged row of any length is counted to its end`() {
        for fields in [1, 3, 20_000, 100_000] where fields != 2 {
            let text = Array(("1,2\n" + String(repeating: ",", count: fields - 1) + "x\n5,6\n").utf8)
            for chunkSize in [64, 1 << 20] {
                let scan = CSVScan(
                    TextBytes(copying: text), from: 0, kernels: Kernels(threads: 2), chunkSize: chunkSize)
                let dialect = CSVDialect(separator: 0x2C, quoting: true, trim: true, columns: 2, missing: [])
                guard case .failure(let failure) = scan.read(dialect, kinds: [.number, .string]) else {
                    Issue.record("read \(fields) fields")
                    continue
                }
                #expect(failure.problem == .ragged(offset: 4, fields: fields))
            }
        }
    }

    @Test func `the first byte that is not UTF-8 is found wherever chunks cut`() {
        let good = Array("aé€😎".utf8)
        for bad: [UInt8] in [
            [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0x80], [0xED, 0xA0, 0x80], [0xC1, 0xBF], [0xF5],
        ] {
            let text = good + good + bad + good
            for level in Self.levels {
                for chunkSize in 1...12 {
                    let scan = CSVScan(
                        TextBytes(copying: text), from: 0, kernels: Kernels(threads: 1), chunkSize: chunkSize,
                        instructionSet: level)
                    #expect(scan.firstMalformed == 2 * good.count)
                    let clean = CSVScan(
                        TextBytes(copying: good + good), from: 0, kernels: Kernels(threads: 1), chunkSize: chunkSize,
                        instructionSet: level)
                    #expect(clean.firstMalformed == nil)
                }
            }
        }
    }

    @Test func `an empty text and a text of one byte have no surprises`() throws {
        for text in ["", "\n", "x"] {
            let scan = CSVScan(TextBytes(copying: Array(text.utf8)), from: 0, kernels: Kernels(threads: 2))
            let dialect = CSVDialect(separator: 0x2C, quoting: true, trim: true, columns: 1, missing: [])
            let reading = try scan.read(dialect, kinds: [.string]).get()
            #expect(reading.rowCount == (text.isEmpty ? 0 : 1))
        }
    }
}
