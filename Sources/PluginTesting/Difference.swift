import ApusCore

/// What differs between two things that should be equal, as the end of a sentence; nil if nothing does.
enum Difference {
    /// Two tables: schema, and every value bit for bit, or numbers within a relative tolerance.
    static func between(_ left: Table, _ right: Table, tolerance: Double = 0) -> String? {
        if left.schema != right.schema { return schemas(left.schema, right.schema) }
        if left.rowCount != right.rowCount { return "\(left.rowCount) rows became \(right.rowCount)" }
        for (field, columns) in zip(left.schema.fields, zip(left.columns, right.columns)) {
            for row in 0..<left.rowCount where !same(columns.0, columns.1, row, tolerance) {
                let values = [columns.0, columns.1].map { $0.text(row) ?? "a missing value" }
                return "column '\(field.name)' row \(row + 1) differs: \(values[0]) and \(values[1])"
            }
        }
        return nil
    }

    /// Two schemas.
    static func schemas(_ left: Schema, _ right: Schema) -> String? {
        if left == right { return nil }
        guard left.fields.count == right.fields.count else {
            return "\(left.fields.count) columns against \(right.fields.count)"
        }
        for (old, new) in zip(left.fields, right.fields) where old != new {
            return "the column \(told(old)) against \(told(new))"
        }
        return nil
    }

    /// Two predictions: schema and every value, bit for bit or within a relative tolerance.
    static func between(_ left: Prediction, _ right: Prediction, tolerance: Double = 0) -> String? {
        if left.schema != right.schema { return "the output schema \(left.schema) became \(right.schema)" }
        if left.count != right.count { return "\(left.count) answers became \(right.count)" }
        for row in 0..<left.count {
            for output in 0..<left.values.columns {
                let (old, new) = (left.values[row, output], right.values[row, output])
                if !same(old, new, tolerance) { return "row \(row + 1) output \(output) differs: \(old) and \(new)" }
            }
        }
        return nil
    }

    /// Two states: text, tensors and children.
    static func between(_ left: State, _ right: State) -> String? {
        if left.plugin != right.plugin || left.version != right.version {
            return "\(left.plugin) version \(left.version) became \(right.plugin) version \(right.version)"
        }
        if left.json != right.json {
            return "the state's JSON differs: \(left.json.prefix(80)) and \(right.json.prefix(80))"
        }
        let names = Set(left.tensors.keys).union(right.tensors.keys).sorted()
        if let name = names.first(where: { left.tensors[$0] != right.tensors[$0] }) {
            return "the state's tensor '\(name)' differs"
        }
        for name in Set(left.children.keys).union(right.children.keys).sorted() {
            guard let old = left.children[name], let new = right.children[name] else {
                return "only one state has the child '\(name)'"
            }
            if let difference = between(old, new) { return "child '\(name)': \(difference)" }
        }
        return nil
    }

    /// Two lists of numbers.
    static func between(_ left: [Double], _ right: [Double], tolerance: Double = 0) -> String? {
        if left.count != right.count { return "\(left.count) numbers became \(right.count)" }
        for (place, (old, new)) in zip(left, right).enumerated() where !same(old, new, tolerance) {
            return "number \(place) differs: \(old) and \(new)"
        }
        return nil
    }

    static func same(_ left: Double, _ right: Double, _ tolerance: Double) -> Bool {
        if left.bitPattern == right.bitPattern || left.isNaN && right.isNaN { return true }
        return tolerance > 0 && abs(left - right) <= tolerance * max(1, abs(left), abs(right))
    }

    private static func same(_ left: Column, _ right: Column, _ row: Int, _ tolerance: Double) -> Bool {
        if left.isMissing(row) || right.isMissing(row) { return left.isMissing(row) == right.isMissing(row) }
        switch (left.storage, right.storage) {
        case (.double(let old), .double(let new)): return same(old[row], new[row], tolerance)
        case (.float(let old), .float(let new)): return same(Double(old[row]), Double(new[row]), tolerance)
        default: return left.text(row) == right.text(row)
        }
    }

    private static func told(_ field: Field) -> String { "'\(field.name)' (\(field.kind.rawValue))" }
}
