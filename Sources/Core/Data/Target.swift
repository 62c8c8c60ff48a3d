/// What kind of answer is learned.
public enum LearningTask: String, Sendable, Codable, CaseIterable {
    /// A number.
    case regression
    /// One of two classes.
    case binary
    /// One of three or more classes.
    case multiclass
    /// Any number of labels at once, each of which holds or does not.
    case multilabel

    /// Whether the answer is one class.
    public var isClassification: Bool { self == .binary || self == .multiclass }
}

/// What is learned, one answer a row, none missing.
public enum Target: Sendable {
    /// A number a row.
    case values(Buffer<Double>)
    /// A class a row: positions in `labels`. Of two classes, the second is the positive one.
    case classes(codes: Buffer<Int32>, labels: [String])
    /// A flag a row and label, 1 where the label holds and 0 where not: `(rows, labels)`, row-major. `labels` are the
    /// names of the target columns, at least one.
    case flags(Buffer<UInt8>, labels: [String])

    /// The number of rows.
    public var count: Int {
        switch self {
        case .values(let values): values.count
        case .classes(let codes, _): codes.count
        case .flags(let flags, let labels): flags.count / max(1, labels.count)
        }
    }

    /// The kind of answer.
    public var task: LearningTask {
        switch self {
        case .values: .regression
        case .classes(_, let labels): labels.count <= 2 ? .binary : .multiclass
        case .flags: .multilabel
        }
    }

    /// The class labels, or the labels that may hold; empty for numbers.
    public var labels: [String] {
        switch self {
        case .values: []
        case .classes(_, let labels), .flags(_, let labels): labels
        }
    }

    /// The rows at `indices`, in that order.
    public func rows(_ indices: [Int]) -> Target {
        switch self {
        case .values(let values): .values(Buffer(indices.map { values[$0] }))
        case .classes(let codes, let labels): .classes(codes: Buffer(indices.map { codes[$0] }), labels: labels)
        case .flags(let flags, let labels):
            .flags(
                Buffer(count: indices.count * labels.count) { target in
                    for (position, row) in indices.enumerated() {
                        for label in labels.indices {
                            target[position * labels.count + label] = flags[row * labels.count + label]
                        }
                    }
                }, labels: labels)
        }
    }
}
