/// One column of a schema.
public struct Field: Sendable, Codable, Equatable {
    /// The column's name. In a planned schema it may hold `*` for a part that only fitting tells.
    public var name: String
    /// What the values mean.
    public var kind: ColumnKind
    /// What the column is for.
    public var role: Role
    /// The labels of a category, in the order of their codes, or those that the elements of a vector stand for; nil
    /// elsewhere and in planned schemas.
    public var categories: [String]?
    /// How many numbers a row of a vector has; nil for other kinds, and in planned schemas where only fitting tells.
    public var width: Int?

    /// A field; a feature unless said otherwise.
    public init(
        _ name: String, _ kind: ColumnKind, role: Role = .feature, categories: [String]? = nil, width: Int? = nil
    ) {
        self.name = name
        self.kind = kind
        self.role = role
        self.categories = categories
        self.width = width
    }
}

/// Names, kinds and roles of a table's columns, in order. Names are unique.
public struct Schema: Sendable, Equatable {
    /// The columns.
    public let fields: [Field]
    private let positions: [String: Int]

    /// A schema of `fields`; throws where two bear the same name or one bears none.
    public init(_ fields: [Field]) throws {
        var positions: [String: Int] = [:]
        positions.reserveCapacity(fields.count)
        for (position, field) in fields.enumerated() {
            guard !field.name.isEmpty else {
                throw ApusError("column \(position + 1) has no name", remedy: "Give it one in the header.")
            }
            if let width = field.width {
                guard field.kind == .vector, 0...Int(Int32.max) ~= width, field.categories?.count ?? width == width
                else {
                    throw ApusError(
                        "a \(field.kind.rawValue) cannot have \(width.grouped) elements",
                        at: "column '\(field.name)'")
                }
            }
            if let earlier = positions.updateValue(position, forKey: field.name) {
                throw ApusError(
                    "columns \(earlier + 1) and \(position + 1) are both named '\(field.name)'",
                    remedy: "Rename one of them.")
            }
        }
        self.fields = fields
        self.positions = positions
    }

    /// The position of the column of this name.
    public func index(of name: String) -> Int? { positions[name] }

    /// The column of this name.
    public subscript(name: String) -> Field? { positions[name].map { fields[$0] } }

    /// The columns' names, in order.
    public var names: [String] { fields.map(\.name) }

    /// The position of the column of this name; the error names the nearest one.
    public func position(of name: String) throws -> Int {
        if let position = positions[name] { return position }
        throw ApusError("there is no column '\(name)'", remedy: Nearest.suggestion(for: name, among: names))
    }

    /// The columns for which `isIncluded` holds, in order.
    public func filter(_ isIncluded: (Field) throws -> Bool) rethrows -> Schema {
        let kept = try fields.filter(isIncluded)
        return Schema(
            fields: kept, positions: Dictionary(uniqueKeysWithValues: zip(kept.map(\.name), kept.indices)))
    }

    /// The columns that a model may learn from.
    public var features: Schema { filter { $0.role == .feature } }

    private init(fields: [Field], positions: [String: Int]) {
        self.fields = fields
        self.positions = positions
    }

    /// Equal fields in equal order.
    public static func == (left: Schema, right: Schema) -> Bool { left.fields == right.fields }
}

extension Schema: Codable {
    /// Decodes the list of fields.
    public init(from decoder: any Decoder) throws { try self.init([Field](from: decoder)) }
    /// Encodes the list of fields.
    public func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
}
