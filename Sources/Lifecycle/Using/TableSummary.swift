import ApusCore

/// What stands in a table: what `apus inspect people.csv` shows.
public struct TableSummary: Sendable {
    /// One column.
    public struct Line: Sendable {
        /// Its name.
        public var name: String
        /// What its values mean.
        public var kind: ColumnKind
        /// What it is for.
        public var role: Role
        /// Missing values.
        public var missing: Int
        /// Different values; nil for texts and vectors.
        public var distinct: Int?
        /// Minimum, median and maximum, or the most frequent labels.
        public var values: String
    }

    /// Rows.
    public let rows: Int
    /// A line a column.
    public let lines: [Line]

    /// The summary of a table.
    public init(_ table: Table) {
        rows = table.rowCount
        lines = zip(table.schema.fields, table.columns).map { field, column in
            let (distinct, values) = TableSummary.describe(column)
            return Line(
                name: field.name, kind: field.kind, role: field.role, missing: column.missingCount, distinct: distinct,
                values: values)
        }
    }

    private static func describe(_ column: Column) -> (distinct: Int?, values: String) {
        switch column.storage {
        case .category(_, let dictionary):
            let counts = zip(dictionary, column.categoryCounts ?? []).filter { $0.1 > 0 }
            let top = counts.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(4)
            return (counts.count, top.map { "\($0.0) (\($0.1.grouped))" }.joined(separator: ", "))
        case .text:
            return (
                nil, (0..<column.count).lazy.compactMap { column.text($0) }.first.map { "\"\($0.prefix(40))\"" } ?? ""
            )
        case .flag(let bits):
            let known = (0..<column.count).filter { !column.isMissing($0) }
            let set = known.count { bits[$0] }
            return (Set(known.map { bits[$0] }).count, "true (\(set.grouped)), false (\((known.count - set).grouped))")
        case .timestamp(let values):
            let known = (0..<column.count).filter { !column.isMissing($0) }.map { values[$0] }.sorted()
            guard let first = known.first, let last = known.last else { return (0, "") }
            return (Set(known).count, "\(Timestamp.text(first)) … \(Timestamp.text(last))")
        case .vector(let rows):
            let share = NumberText.short(100 * rows.density)
            return (nil, "\(rows.width.grouped) elements, \(rows.entryCount.grouped) entries (\(share) %)")
        case .double, .float, .integer:
            let known = (column.doubles ?? Buffer([])).filter { !$0.isNaN }.sorted()
            guard let first = known.first, let last = known.last else { return (0, "") }
            var distinct = 1
            for position in known.indices.dropFirst() where known[position] != known[position - 1] { distinct += 1 }
            let middle = [first, known[known.count / 2], last].map { NumberText.short($0) }
            return (distinct, middle.joined(separator: " … "))
        }
    }

    /// The documented form.
    public var json: JSON {
        [
            "rows": rows.json,
            "columns": .list(
                lines.map {
                    [
                        "name": .text($0.name), "kind": .text($0.kind.rawValue), "role": .text($0.role.rawValue),
                        "missing": $0.missing.json, "distinct": $0.distinct.json, "values": .text($0.values),
                    ]
                }),
        ]
    }
}

/// Numbers for people.
public enum NumberText {
    /// At most about five significant digits, without zeros at the end; whole numbers from 10,000 on are grouped.
    public static func short(_ value: Double) -> String {
        guard value == value.rounded(), abs(value) < 10_000 else {
            let text = metric(value)
            guard text.contains("."), !text.contains("e") else { return text }
            let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
            return String(trimmed.reversed())
        }
        return String(Int(value))
    }

    /// About five significant digits, as many for neighbouring values, so that columns line up.
    public static func metric(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let size = abs(value)
        if size >= 1e9 || size < 1e-4 && size > 0 { return scientific(value) }
        if size >= 10_000 { return Int(value.rounded()).grouped }
        return fixed(value, size >= 1000 ? 1 : size >= 100 ? 2 : size >= 10 ? 3 : 4)
    }

    /// So many digits after the point.
    public static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (abs(value) * scale).rounded()
        guard value.isFinite, scaled < 9e15 else { return "\(value)" }
        let whole = Int(scaled)
        let fraction = String(whole % Int(scale))
        let sign = value < 0 && whole != 0 ? "-" : ""
        let zeros = String(repeating: "0", count: max(0, digits - fraction.count))
        return sign + (whole / Int(scale)).grouped + (digits > 0 ? "." + zeros + fraction : "")
    }

    private static func scientific(_ value: Double) -> String {
        var exponent = 0
        var digits = abs(value)
        while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
        while digits < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
        return "\(value < 0 ? "-" : "")\(fixed(digits, 3))e\(exponent)"
    }
}
