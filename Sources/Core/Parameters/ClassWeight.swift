/// How much the rows of each class count, as scikit-learn's `class_weight` has it.
public enum ClassWeight: ParameterValue, Equatable {
    /// All alike.
    case none
    /// By the inverse of the class's share: rows · weights / (classes · rows of the class · their weights).
    case balanced
    /// By label; labels that are not named count 1.
    case labels([String: Double])

    /// The weights that a label may have.
    public static let interval = Interval.from(0, to: 1e100)

    /// A map.
    public static var parameterKind: ParameterKind { .map }
    /// balanced
    public static var words: [String] { ["balanced"] }

    /// From null or `none`, from `balanced`, or from a map of labels to numbers.
    public init?(json: JSON) {
        if json == .null || json == .text("none") {
            self = .none
        } else if json == .text("balanced") {
            self = .balanced
        } else if let map = [String: Double](json: json) {
            self = .labels(map)
        } else {
            return nil
        }
    }

    /// null, `balanced`, or the map.
    public var json: JSON {
        switch self {
        case .none: .null
        case .balanced: .text("balanced")
        case .labels(let map): map.json
        }
    }

    /// A factor a class, for rows of `target` with `weights`; nil where all count alike. Whatever the order of the rows.
    /// Throws where there are no classes, where a label is not one of them, and where a weight is outside the interval.
    public func factors(for target: Target, weights: Buffer<Double>?) throws -> [Double]? {
        if self == .none { return nil }
        guard case .classes(let codes, let labels) = target else {
            throw ApusError(
                "class weights need a target of classes, this one is \(target.task.rawValue)",
                at: "parameter 'class_weight'", remedy: "Leave it out, or give a weight column.", kind: .usage)
        }
        if case .labels(let map) = self {
            if let unknown = map.keys.sorted().first(where: { !labels.contains($0) }) {
                throw ApusError(
                    "the target has no label '\(unknown)'", at: "parameter 'class_weight'",
                    remedy: Nearest.suggestion(for: unknown, among: labels), kind: .usage)
            }
            if let bad = map.keys.sorted().first(where: { !ClassWeight.interval.contains(map[$0] ?? 1) }) {
                throw ApusError(
                    "the weight of label '\(bad)' is \(Column.text(map[bad] ?? 1))", at: "parameter 'class_weight'",
                    remedy: "Give a number \(ClassWeight.interval).", kind: .usage)
            }
            return labels.map { map[$0] ?? 1 }
        }
        let sums = labels.indices.map { code in
            OrderFreeSum.of(codes.count) { Int(codes[$0]) == code ? weights?[$0] ?? 1 : 0 } ?? 0
        }
        return ClassWeight.balanced(sums)
    }

    /// The factors by which classes of these total weights come to weigh alike; 0 for a class without rows.
    public static func balanced(_ totals: [Double]) -> [Double] {
        let (total, present) = (totals.reduce(0, +), Double(totals.count { $0 > 0 }))
        return totals.map { $0 > 0 ? total / (present * $0) : 0 }
    }

    /// The weight of each row times its class's factor.
    public static func scale(_ weights: Buffer<Double>?, by factors: [Double]?, for target: Target) -> Buffer<Double>? {
        guard let factors, case .classes(let codes, _) = target else { return weights }
        return Buffer(count: codes.count) { scaled in
            for row in scaled.indices { scaled[row] = (weights?[row] ?? 1) * factors[Int(codes[row])] }
        }
    }
}
