/// The numbers that linear models and the like see: one a column, or as many as a vector is wide.
extension Field {
    /// How many numbers a row has in this column: 1 unless it is a vector.
    public var elements: Int { kind == .vector ? width ?? 0 : 1 }

    /// What number `index` of a row is called: `NAME` itself, `NAME=label` or `NAME#index` of a vector.
    public func elementName(_ index: Int) -> String {
        guard kind == .vector else { return name }
        return categories.map { "\(name)=\($0[index])" } ?? "\(name)#\(index)"
    }
}

extension Schema {
    /// Whether a column is a vector.
    public var hasVectors: Bool { fields.contains { $0.kind == .vector } }

    /// Where the numbers of each column start among all numbers of a row, and how many there are at the end.
    public var elementStarts: [Int] {
        fields.reduce(into: [0]) { starts, field in starts.append(starts[starts.count - 1] + field.elements) }
    }

    /// What the number at `index`, below the last of `elementStarts`, of all numbers of a row is called.
    public func elementName(_ index: Int) -> String {
        var index = index
        for field in fields {
            if index < field.elements { return field.elementName(index) }
            index -= field.elements
        }
        // No input leads here: callers count the elements of this schema, whose widths it checks when it is made or decoded,
        // and models that are restored compare the numbers they hold with `elementStarts`.
        preconditionFailure("element outside the schema")
    }
}
