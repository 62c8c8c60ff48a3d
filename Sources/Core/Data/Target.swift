/// What kind of answer is learned.
public enum LearningTask: String, Sendable, Codable, CaseIterable {
    /// A number.
    case regression
    /// One of two classes.
    case binary
    /// One of three or more classes.
    case multiclass

    /// Whether the answer is a class.
    public var isClassification: Bool { self != .regression }
}

/// What is learned, one value a row, none missing.
public enum Target: Sendable {
    /// A number a row.
    case values(Buffer<Double>)
    /// A class a row: positions in `labels`. Of two classes, the second is the positive one.
    case classes(codes: Buffer<Int32>, labels: [String])

    /// The number of rows.
    public var count: Int {
        switch self {
        case .values(let values): values.count
        case .classes(let codes, _): codes.count
        }
    }

    /// The kind of answer.
    public var task: LearningTask {
        switch self {
        case .values: .regression
        case .classes(_, let labels): labels.count <= 2 ? .binary : .multiclass
        }
    }

    /// The class labels; empty for numbers.
    public var labels: [String] {
        if case .classes(_, let labels) = self { labels } else { [] }
    }

    /// The rows at `indices`, in that order.
    public func rows(_ indices: [Int]) -> Target {
        switch self {
        case .values(let values): .values(Buffer(indices.map { values[$0] }))
        case .classes(let codes, let labels): .classes(codes: Buffer(indices.map { codes[$0] }), labels: labels)
        }
    }
}
