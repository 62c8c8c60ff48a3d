extension Table {
    /// The rows of all `parts`, one behind the other. Throws where their schemas differ, labels and their codes included.
    package init(joining parts: [Table]) throws {
        guard let first = parts.first else { throw ApusError("there are no tables to join", kind: .plugin) }
        guard parts.count > 1 else {
            self = first
            return
        }
        guard parts.allSatisfy({ $0.schema == first.schema }) else {
            throw ApusError("tables of different schemas cannot be joined", kind: .plugin)
        }
        let columns = first.schema.fields.indices.map { position in
            Column(joining: parts.map { $0.columns[position] }, of: first.schema.fields[position])
        }
        try self.init(first.schema, columns, rowCount: parts.reduce(0) { $0 + $1.rowCount })
    }
}

extension Column {
    /// The values of columns of one field, one behind the other.
    fileprivate init(joining parts: [Column], of field: Field) {
        switch field.kind {
        case .number: self.init(parts.flatMap { Array($0.doubles ?? Buffer([])) })
        case .flag:
            self.init(
                flags: parts.flatMap { part -> [Bool?] in
                    let values = part.doubles ?? Buffer([])
                    return values.map { $0.isNaN ? nil : $0 == 1 }
                })
        case .category:
            let codes = Buffer(
                parts.flatMap { part -> [Int32] in
                    guard case .category(let codes, _) = part.storage else { return [] }
                    return codes.indices.map { part.isMissing($0) ? -1 : codes[$0] }
                })
            self.init(
                .category(codes: codes, dictionary: field.categories ?? []),
                validity: codes.contains { $0 < 0 } ? Bitmap(count: codes.count) { codes[$0] >= 0 } : nil)
        case .text: self.init(texts: parts.flatMap { part in (0..<part.count).map { part.text($0) } })
        case .timestamp:
            self.init(
                timestamps: parts.flatMap { part -> [Int64?] in
                    guard case .timestamp(let values) = part.storage else { return [] }
                    return values.indices.map { part.isMissing($0) ? nil : values[$0] }
                })
        case .vector:
            let isMissing = parts.flatMap { part in (0..<part.count).map(part.isMissing) }
            self.init(
                .vector(SparseRows(joining: parts.compactMap(\.vectors), width: field.width ?? 0)),
                validity: isMissing.contains(true) ? Bitmap(count: isMissing.count) { !isMissing[$0] } : nil)
        }
    }
}
