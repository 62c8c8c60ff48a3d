extension Schema {
    /// What bringing a table into this schema's order met.
    public struct Alignment: Sendable {
        /// The table with exactly this schema's columns, kinds and category codes.
        public let table: Table
        /// How many values of each category column were never seen in fitting; they count as missing.
        public let unseen: [String: Int]
        /// Columns of the given table that this schema does not know; they were left out.
        public let extra: [String]
    }

    /// The columns that this schema names, in its order, with its kinds and category codes; zero-copy where nothing
    /// differs. Throws where a column is missing or holds values of another kind.
    public func align(_ table: Table) throws -> Table {
        table.schema == self ? table : try alignment(of: table).table
    }

    /// As `align`, with the count of labels that are new and the columns that were left out.
    public func alignment(of table: Table) throws -> Alignment {
        let absent = fields.filter { table.schema.index(of: $0.name) == nil }
        if let first = absent.first {
            let more = absent.count > 1 ? " (and \(absent.count - 1) more)" : ""
            throw ApusError(
                "the column is missing\(more)", at: "column '\(first.name)'",
                remedy: "The model was fitted with it."
                    + (Nearest.name(to: first.name, among: table.schema.names.filter { index(of: $0) == nil })
                        .map { " Did you mean '\($0)'?" } ?? ""))
        }
        var unseen: [String: Int] = [:]
        let columns = try fields.map { field in
            let column = try table.column(field.name)
            guard field.kind == .category else { return try column.converted(to: field) }
            let (coded, new) = try column.coded(in: field)
            if new > 0 { unseen[field.name] = new }
            return coded
        }
        return Alignment(
            table: try Table(self, columns, rowCount: table.rowCount), unseen: unseen,
            extra: table.schema.names.filter { index(of: $0) == nil })
    }
}

extension Column {
    /// The column in another kind, where each value has one there: labels and texts that are numbers become numbers,
    /// anything becomes text, a column without a value becomes anything.
    fileprivate func converted(to field: Field) throws -> Column {
        if let vectors, field.kind == .vector {
            do {
                return Column(.vector(try vectors.resized(to: field.width ?? vectors.width)), validity: validity)
            } catch let error as ApusError {
                throw error.at("column '\(field.name)'")
            }
        }
        if kind == field.kind { return self }
        func mismatch(_ row: Int) -> ApusError {
            ApusError(
                "expected a \(field.kind.rawValue), found \"\(text(row) ?? "")\"",
                at: "column '\(field.name)' row \((row + 1).grouped)",
                remedy: "The model was fitted on a \(field.kind.rawValue) column of this name.")
        }
        switch field.kind {
        case .number:
            if case .flag = storage, let doubles { return Column(.double(doubles)) }
            return Column(
                numbers: try (0..<count).map { row in
                    guard let value = text(row) else { return nil }
                    guard kind != .timestamp, let number = Double(value), number.isFinite else { throw mismatch(row) }
                    return number
                })
        case .flag:
            return Column(
                flags: try (0..<count).map { row in
                    guard let value = text(row) else { return nil }
                    switch value.lowercased() {
                    case "true", "1": return true
                    case "false", "0": return false
                    default: throw mismatch(row)
                    }
                })
        case .text:
            return Column(texts: (0..<count).map { text($0) })
        case .vector:
            guard missingCount == count else { throw mismatch((0..<count).first { !isMissing($0) } ?? 0) }
            return Column(
                .vector(try SparseRows(width: field.width ?? 0, zeros: count)),
                validity: Bitmap(count: count) { _ in false })
        case .timestamp, .category:
            if missingCount == count { return Column(timestamps: [Int64?](repeating: nil, count: count)) }
            throw mismatch((0..<count).first { !isMissing($0) } ?? 0)
        }
    }

    /// The column with the codes of the field's labels, and how many values have a label that is not among them.
    fileprivate func coded(in field: Field) throws -> (column: Column, unseen: Int) {
        guard let labels = field.categories else {
            throw ApusError("the schema holds no labels", at: "column '\(field.name)'", kind: .plugin)
        }
        if case .category(let codes, let dictionary) = storage {
            if dictionary == labels { return (self, 0) }
            let positions = Dictionary(zip(labels, Int32(0)...), uniquingKeysWith: { first, _ in first })
            let mapped = dictionary.map { positions[$0] ?? -1 }
            var unseen = 0
            let recoded = Buffer<Int32>(count: count) { target in
                for row in target.indices {
                    target[row] = isMissing(row) ? -1 : mapped[Int(codes[row])]
                    if target[row] < 0, !isMissing(row) { unseen += 1 }
                }
            }
            let validity = recoded.contains { $0 < 0 } ? Bitmap(count: count) { recoded[$0] >= 0 } : nil
            return (Column(.category(codes: recoded, dictionary: labels), validity: validity), unseen)
        }
        let coded = Column(categories: (0..<count).map { text($0) }, dictionary: labels)
        return (coded, coded.missingCount - missingCount)
    }
}

extension BinaryInteger {
    /// Decimal digits in groups of three: `32,561`.
    public var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return self < 0 ? "-\(text)" : text
    }
}
