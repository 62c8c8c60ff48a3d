import ApusCore
import ApusPipeline

/// Rows of a file of their own, with the truth in them.
public enum HeldOut {
    /// The rows of `table` whose target is known, with the features that `features` names, and what the user should
    /// know about them. `labels` are those of training; empty for numbers.
    public static func rows(
        of table: Table, features: Schema, target: String, labels: [String], weight: String? = nil,
        offsets: [String] = [], part: String = "test"
    ) throws -> (rows: HeldOutRows, notes: [String]) {
        var notes: [String] = []
        guard let answers = table[target] else {
            throw ApusError(
                "there is no target column '\(target)'",
                remedy: "Evaluation needs the truth. " + Nearest.suggestion(for: target, among: table.schema.names))
        }
        var known = table
        var kept: [Int]?
        if answers.missingCount > 0 {
            kept = (0..<table.rowCount).filter { !answers.isMissing($0) }
            known = try table.rows(kept ?? [])
            notes.append("\(answers.missingCount.grouped) \(part) rows have no value in the target and are left out.")
        }
        guard known.rowCount > 0 else { throw ApusError("there are no rows with a target to evaluate on") }
        let alignment = try features.alignment(of: known)
        notes += alignment.unseen.sorted { $0.key < $1.key }.map {
            "Column '\($0.key)': \($0.value.grouped) \(part) value\($0.value == 1 ? " was" : "s were") never seen in training and count\($0.value == 1 ? "s" : "") as missing."
        }
        var truth = try known.column(target)
        if let (mended, ending) = withoutCommonEnding(truth, labels: labels) {
            truth = mended
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
                table: alignment.table,
                target: try TargetEncoder.encode(truth, labels: labels, name: target, rows: kept),
                weights: weights, offsets: offsets.isEmpty ? nil : try Dataset.offsets(offsets, in: known)), notes
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
