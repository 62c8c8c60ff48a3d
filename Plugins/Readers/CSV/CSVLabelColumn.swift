import ApusCore
import ApusKernels

/// Decides what a column of labels is: flags, a category, text or names of rows.
struct CSVLabelColumn {
    let text: TextBytes
    let column: CSVColumn
    let name: String
    let declaration: CSVDeclaration?

    func build() throws(ApusError) -> CSVColumnBuilder.Built {
        guard let labels = column.labels else {
            throw ApusError("the column was not read", at: "column '\(name)'", kind: .plugin)
        }
        let codes = UnsafeBufferPointer(start: column.codes, count: column.rowCount)
        var counts = [Int](repeating: 0, count: labels.count)
        for code in codes { counts[Int(code)] += 1 }
        let isVerbatim = declaration?.origin == .unnamed
        let isMissing = (0..<labels.count).map { isVerbatim ? labels.length($0) == 0 : labels.isMissing($0) }
        let present = (0..<labels.count).filter { !isMissing[$0] }
        let rows = present.reduce(0) { $0 + counts[$1] }

        switch declaration?.kind {
        case .flag: return try flag(labels, codes, isMissing, words: flagWords.merging(flagDigits) { one, _ in one })
        case .text: return text(labels, codes, isMissing, role: .feature, note: nil)
        case .category: return category(labels, codes, isMissing, note: nil)
        case .number, .timestamp, nil: break
        }
        if !present.isEmpty, present.allSatisfy({ flagWords[labels.string($0).lowercased()] != nil }) {
            return try flag(labels, codes, isMissing, words: flagWords)
        }
        if let note = brokenNote(labels, codes, counts, present, rows) {
            return category(labels, codes, isMissing, note: note)
        }
        let bytes = present.reduce(0) { $0 + counts[$1] * labels.length($1) }
        guard Self.isText(labels: present.count, rows: rows, bytes: bytes) else {
            return category(labels, codes, isMissing, note: nil)
        }
        let meanLength = Double(bytes) / Double(rows)
        let isIdentifier =
            rows >= 20 && present.count == rows && rows == column.rowCount && meanLength <= 40
            && !isProse(labels, present)
        return text(
            labels, codes, isMissing, role: isIdentifier ? .identifier : .feature,
            note: isIdentifier
                ? "Column '\(name)' is set aside as an identifier: all its \(rows.grouped) values differ." : nil)
    }

    /// Whether so many different labels of so many rows, which take so many bytes, are free text: mostly different, or
    /// long.
    static func isText(labels: Int, rows: Int, bytes: Int) -> Bool {
        rows >= 20 && labels * 2 > rows || bytes > 64 * rows && labels * 10 > rows
    }

    /// What to say about a column that would be numbers or dates but for the fewer half of its rows.
    private func brokenNote(
        _ labels: CSVLabels, _ codes: UnsafeBufferPointer<Int32>, _ counts: [Int], _ present: [Int], _ rows: Int
    ) -> String? {
        let readings = present.map { text.reading(of: labels.range($0)) }
        for (wanted, plural) in [(TextBytes.Reading.number, "numbers"), (.timestamp, "dates")] {
            let fitting = zip(present, readings).reduce(0) { $0 + ($1.1 == wanted ? counts[$1.0] : 0) }
            guard fitting > 0, fitting * 2 >= rows, let first = readings.firstIndex(where: { $0 != wanted }) else {
                continue
            }
            let breaker = present[first]
            let row = codes.firstIndex { Int($0) == breaker } ?? 0
            let value = shown(labels, breaker)
            let others = rows - fitting - counts[breaker]
            return "Column '\(name)' is read as a category: row \((row + 1).grouped) holds \(value)"
                + (others > 0 ? " (and \(others.grouped) more rows hold no \(plural))" : "")
                + ", while \(fitting.grouped) values are \(plural). Add \(value) to data.missing, "
                + "or declare the column categorical."
        }
        let commas = present.filter { hasComma(text[labels.range($0)]) }
        guard let example = commas.first, commas.reduce(0, { $0 + counts[$1] }) * 2 >= rows else { return nil }
        return
            "Column '\(name)' is read as a category: its values, such as \(shown(labels, example)), look like numbers "
            + "written with commas. With decimal points, and nothing between thousands, they are read as numbers."
    }

    /// Whether a label is digits, one comma and digits.
    private func hasComma(_ label: UnsafeBufferPointer<UInt8>) -> Bool {
        let unsigned = label.first == 0x2D ? label.dropFirst() : label[...]
        guard let comma = unsigned.firstIndex(of: 0x2C), comma > unsigned.startIndex, comma + 1 < unsigned.endIndex
        else { return false }
        return unsigned.enumerated().allSatisfy { offset, byte in
            offset == comma - unsigned.startIndex || byte &- 0x30 <= 9
        }
    }

    /// Whether most labels hold several words.
    private func isProse(_ labels: CSVLabels, _ present: [Int]) -> Bool {
        let looked = present.prefix(1000)
        let prose = looked.filter { index in labels.bytes(index).reduce(0) { $0 + ($1 == 0x20 ? 1 : 0) } >= 2 }
        return prose.count * 2 > looked.count
    }

    private func shown(_ labels: CSVLabels, _ index: Int) -> String {
        let value = labels.string(index)
        return value.count > 40 ? "\"\(value.prefix(40))…\"" : "\"\(value)\""
    }

    private var flagWords: [String: Bool] { Self.flagWords }
    static let flagWords = ["true": true, "false": false]
    private var flagDigits: [String: Bool] { ["1": true, "0": false, "1.0": true, "0.0": false] }

    private func flag(
        _ labels: CSVLabels, _ codes: UnsafeBufferPointer<Int32>, _ isMissing: [Bool], words: [String: Bool]
    ) throws(ApusError) -> CSVColumnBuilder.Built {
        var values: [Bool] = []
        for index in 0..<labels.count {
            let value = words[labels.string(index).lowercased()]
            if value == nil, !isMissing[index] {
                let row = codes.firstIndex { Int($0) == index } ?? 0
                throw ApusError(
                    "expected true or false, found \(shown(labels, index))",
                    at: "column '\(name)' row \((row + 1).grouped)",
                    remedy: declaration?.remedy(for: shown(labels, index)) ?? "")
            }
            values.append(value ?? false)
        }
        let made = Column(
            .flag(Bitmap(count: codes.count) { values[Int(codes[$0])] }), validity: validity(codes, isMissing))
        return CSVColumnBuilder.Built(field: Field(name, for: made), column: made, note: nil)
    }

    /// Labels sorted by their bytes, so that neither rows' order nor threads show in the codes.
    private func category(
        _ labels: CSVLabels, _ codes: UnsafeBufferPointer<Int32>, _ isMissing: [Bool], note: String?
    ) -> CSVColumnBuilder.Built {
        let strings = (0..<labels.count).map { labels.string($0) }
        // Unescaped or not, quoted or not, equal labels may still meet here only if they are equal as text.
        let dictionary = Set(strings.indices.filter { !isMissing[$0] }.map { strings[$0] }).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        let positions = Dictionary(uniqueKeysWithValues: zip(dictionary, Int32(0)...))
        let final = strings.indices.map { isMissing[$0] ? -1 : positions[strings[$0]] ?? -1 }
        let validity = validity(codes, isMissing)
        let target = column.codes
        for row in codes.indices { target[row] = final[Int(target[row])] }
        let buffer = Buffer(owner: column.memory, unsafePointer: UnsafePointer(target), count: codes.count)
        let made = Column(
            .category(codes: buffer, dictionary: dictionary.isEmpty ? [""] : dictionary), validity: validity)
        return CSVColumnBuilder.Built(field: Field(name, for: made), column: made, note: note)
    }

    private func text(
        _ labels: CSVLabels, _ codes: UnsafeBufferPointer<Int32>, _ isMissing: [Bool], role: Role, note: String?
    ) -> CSVColumnBuilder.Built {
        let lengths = (0..<labels.count).map { isMissing[$0] ? 0 : labels.length($0) }
        let offsets = Buffer<Int64>(count: codes.count + 1) { target in
            var total: Int64 = 0
            for row in codes.indices {
                target[row] = total
                total += Int64(lengths[Int(codes[row])])
            }
            target[codes.count] = total
        }
        let bytes = Buffer<UInt8>(count: Int(offsets[codes.count])) { target in
            guard let base = target.baseAddress else { return }
            for row in codes.indices where lengths[Int(codes[row])] > 0 {
                labels.copy(Int(codes[row]), to: base + Int(offsets[row]))
            }
        }
        let made = Column(
            .text(TextBuffer(offsets: offsets, bytes: bytes)), validity: validity(codes, isMissing))
        return CSVColumnBuilder.Built(field: Field(name, for: made, role: role), column: made, note: note)
    }

    private func validity(_ codes: UnsafeBufferPointer<Int32>, _ isMissing: [Bool]) -> Bitmap? {
        guard isMissing.contains(true) else { return nil }
        return Bitmap(count: codes.count) { !isMissing[Int(codes[$0])] }
    }
}
