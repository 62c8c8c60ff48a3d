import ApusCore
import ApusPipeline

/// Rows of a file of their own, with the truth in them.
public enum HeldOut {
    /// The rows of `table` whose target is known, with the features that `features` names, and what the user should
    /// know about them. `target` is that of training.
    public static func rows(
        of table: Table, features: Schema, target: TargetColumns, weight: String? = nil, offsets: [String] = [],
        part: String = "test"
    ) throws -> (rows: HeldOutRows, notes: [String]) {
        var notes: [String] = []
        let answers = try target.names.map { name in
            guard let column = table[name] else {
                throw ApusError(
                    "there is no target column '\(name)'",
                    remedy: "Evaluation needs the truth. " + Nearest.suggestion(for: name, among: table.schema.names))
            }
            return column
        }
        var known = table
        var kept: [Int]?
        if answers.contains(where: { $0.missingCount > 0 }) {
            let rows = (0..<table.rowCount).filter { row in answers.allSatisfy { !$0.isMissing(row) } }
            kept = rows
            known = try table.rows(rows)
            let missing = table.rowCount - rows.count
            let title = target.names.count == 1 ? "the target" : "every target"
            notes.append(
                missing == 1
                    ? "1 \(part) row has no value in \(title) and is left out."
                    : "\(missing.grouped) \(part) rows have no value in \(title) and are left out.")
        }
        guard known.rowCount > 0 else { throw ApusError("there are no rows with a target to evaluate on") }
        let alignment = try features.alignment(of: known)
        notes += alignment.unseen.sorted { $0.key < $1.key }.map {
            "Column '\($0.key)': \($0.value.grouped) \(part) value\($0.value == 1 ? " was" : "s were") never seen in training and count\($0.value == 1 ? "s" : "") as missing."
        }
        if target.task.isClassification, let labels = target.values.first, let name = target.names.first,
            let (mended, ending) = withoutCommonEnding(try known.column(name), labels: labels)
        {
            known = try known.replacing(name, by: mended)
            notes.append("The \(part) labels end in '\(ending)', which those of training do not; it was taken off.")
        }
        let weights = try weight.map { name in
            guard let values = try known.column(name).doubles, values.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
                throw ApusError("weights are finite numbers that are not negative", at: "weight column '\(name)'")
            }
            return values
        }
        return (
            HeldOutRows(
                table: alignment.table, target: try target.encode(known, rows: kept), weights: weights,
                offsets: offsets.isEmpty ? nil : try Dataset.offsets(offsets, in: known)), notes
        )
    }

    /// Labels that all bear the same extra last character, as in the published test part of the adult data.
    private static func withoutCommonEnding(_ column: Column, labels: [String]) -> (Column, String)? {
        guard case .category(let codes, let dictionary) = column.storage, let ending = dictionary.first?.last,
            !ending.isLetter, !ending.isNumber, dictionary.allSatisfy({ $0.last == ending && !labels.contains($0) })
        else { return nil }
        let shortened = dictionary.map { String($0.dropLast()) }
        guard shortened.allSatisfy(labels.contains) else { return nil }
        return (Column(.category(codes: codes, dictionary: shortened), validity: column.validity), String(ending))
    }
}

extension Table {
    /// The table with another column of this name.
    fileprivate func replacing(_ name: String, by column: Column) throws -> Table {
        var (fields, columns) = (schema.fields, columns)
        let position = try schema.position(of: name)
        fields[position] = Field(name, for: column, role: fields[position].role)
        columns[position] = column
        return try Table(Schema(fields), columns, rowCount: rowCount)
    }
}
