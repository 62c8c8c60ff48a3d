import ApusCore

extension TargetEncoder {
    /// Above this many columns a target is no set of labels but a mistake.
    private static let mostLabels = 10_000

    /// Two-valued columns as flags, and of each column the value where its label does not hold and the one where it
    /// does: 0 and 1, false and true, else the first and the last in order, unless `positive` says otherwise.
    static func encodeLabels(
        _ table: Table, names: [String], positive: String?
    ) throws -> (target: Target, values: [[String]], reason: String) {
        guard table.rowCount > 0 else { throw ApusError("there are no rows to learn from") }
        guard names.count <= mostLabels else {
            throw ApusError(
                "there are \(names.count.grouped) target columns, at most \(mostLabels.grouped) can be learned at once",
                at: "target", remedy: "Name fewer columns.")
        }
        let found = try names.map { try twoValues(of: table.column($0), name: $0) }
        let pairs = Set(found.filter { $0.count == 2 })
        let values = try zip(names, found).map { name, found in
            let place = "target column '\(name)'"
            // A column with one value is understood by the others.
            guard
                let pair = found.count == 2 ? found : pairs.first(where: { pairs.count == 1 && $0.contains(found[0]) })
            else {
                throw ApusError(
                    "every row has '\(found.first ?? "")', which does not tell whether the label holds", at: place,
                    remedy: "Write 0 and 1 in the columns, or leave this one out.")
            }
            guard let positive else { return pair }
            guard let negative = pair.first(where: { $0 != positive }), pair.contains(positive) else {
                throw ApusError(
                    "no row has the positive label '\(positive)'", at: place,
                    remedy: Nearest.suggestion(for: positive, among: pair), kind: .usage)
            }
            return [negative, positive]
        }
        let columns = try zip(names, values).map { name, pair in
            try encode(table.column(name), labels: pair, name: name)
        }
        let meanings = Set(values.map { $0[1] }).sorted().map { "'\($0)'" }
        let meaning =
            meanings.count <= 3
            ? meanings.joined(separator: " or ") + " says that a label holds"
            : "of two values the last says that a label holds"
        return (
            TargetColumns.flags(columns, names: names), values,
            "\(names.count.grouped) target column\(names.count == 1 ? "" : "s"); \(meaning)"
        )
    }

    /// The two values of a column in order, the positive one last; fewer where only one is known.
    private static func twoValues(of column: Column, name: String) throws -> [String] {
        if column.kind == .flag { return ["false", "true"] }
        var values: [String]
        if case .category(_, let dictionary) = column.storage, dictionary.count == 2 {
            values = dictionary.sorted()
        } else {
            values = column.kind == .text ? [] : orderedLabels(column)
            if !values.isEmpty, Set(values).isSubset(of: ["0", "1"]) { values = ["0", "1"] }
        }
        guard (1...2).contains(values.count) else {
            throw ApusError(
                values.isEmpty
                    ? "expected two values, found free text"
                    : "expected two values, found \(values.count.grouped): "
                        + "'\(values.prefix(3).joined(separator: "', '"))'\(values.count > 3 ? ", …" : "")",
                at: "target column '\(name)'",
                remedy: "Of several target columns, each says whether one label holds; or name a single target.")
        }
        return values
    }
}
