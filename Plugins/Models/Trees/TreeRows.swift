import ApusCore

/// What every learner of trees asks of its rows.
enum TreeRows {
    /// Throws where there are no rows, too many, columns of a kind that trees do not split, or a target whose sums of
    /// squares would not fit a double. `id` is the learner's.
    static func check(_ table: Table, _ target: Target, for id: String) throws {
        guard target.count > 0 else { throw ApusError("\(id) got no rows to learn from") }
        guard target.count < 1 << 31, table.columns.count < 1 << 30 else {
            throw ApusError("\(id) takes fewer than 2^31 rows, found \(target.count.grouped)")
        }
        for field in table.schema.fields where [.text, .timestamp, .vector].contains(field.kind) {
            throw ApusError(
                "\(id) does not take a \(field.kind.rawValue) column", at: "column '\(field.name)'",
                remedy: "Add a transform for it, or ignore it.", kind: .usage)
        }
        if case .values(let values) = target, let row = values.firstIndex(where: { !(abs($0) <= 1e145) }) {
            throw ApusError(
                "the target is \(values[row]), expected a number of at most 1e145 in size",
                at: "row \((row + 1).grouped)", remedy: "Leave out such rows, or scale the target.")
        }
    }

    /// The weights of rows, times those of their classes. Throws where all are zero.
    static func weights(_ own: Buffer<Double>?, _ classFactors: [Double]?, _ target: Target) throws -> Buffer<Double>? {
        let weights = ClassWeight.scale(own, by: classFactors, for: target)
        guard weights?.contains(where: { $0 > 0 }) ?? true else {
            throw ApusError("all rows weigh nothing", remedy: "Raise weight or class_weight of some.")
        }
        return weights
    }
}
