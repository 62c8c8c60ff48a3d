import ApusCore

/// The fitted one-hot encoding.
struct FittedOneHot: FittedTransform {
    /// How one column is encoded.
    struct Encoding: Codable, Sendable {
        /// The labels with a column of their own; `true` for a flag.
        var labels: [String]
        /// Whether a column for all other labels follows.
        var hasOther: Bool
        /// Whether all columns are one vector; nil says no.
        var isVector: Bool?
    }

    struct Saved: Codable {
        var inputs: Schema
        var encodings: [String: Encoding]
    }

    let inputs: Schema
    let outputs: Schema
    private let encodings: [String: Encoding]

    init(inputs: Schema, encodings: [String: Encoding]) throws {
        for (name, encoding) in encodings {
            let isFitting =
                switch inputs[name]?.kind {
                case .flag: encoding.labels == ["true"] && !encoding.hasOther && encoding.isVector != true
                case .category: Set(encoding.labels).count == encoding.labels.count
                default: false
                }
            guard isFitting else {
                throw ApusError(
                    "the state of \(OneHot.descriptor.id) is damaged", at: "column '\(name)'",
                    remedy: "Train the model again.")
            }
        }
        var taken = Set(inputs.names.filter { encodings[$0] == nil || encodings[$0]?.isVector == true })
        /// A label may be called `other` or bear the name of another column: the later one gives way.
        func free(_ name: String) -> String {
            var name = name
            while !taken.insert(name).inserted { name += "_" }
            return name
        }
        var fields: [Field] = []
        for field in inputs.fields {
            guard let encoding = encodings[field.name] else {
                fields.append(field)
                continue
            }
            if encoding.isVector == true {
                var other = "other"
                while encoding.labels.contains(other) { other += "_" }
                let labels = encoding.labels + (encoding.hasOther ? [other] : [])
                fields.append(
                    Field(
                        field.name, .vector, role: field.role, categories: labels, width: labels.count))
                continue
            }
            for label in encoding.labels + (encoding.hasOther ? ["other"] : []) {
                fields.append(Field(free("\(field.name)=\(label)"), .number, role: field.role))
            }
        }
        self.inputs = inputs
        self.encodings = encodings
        outputs = try Schema(fields)
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        let columns = parallelColumns(aligned.columns.count, rows: aligned.rowCount, in: context) { position in
            let column = aligned.columns[position]
            return encodings[inputs.fields[position].name].map { encode(column, $0) } ?? [column]
        }
        return try Table(outputs, Array(columns.joined()), rowCount: aligned.rowCount)
    }

    private func encode(_ column: Column, _ encoding: Encoding) -> [Column] {
        // The place of each row's column; the one behind the last for a label without one.
        let pooled = Int32(encoding.labels.count)
        let places: Buffer<Int32>
        switch column.storage {
        case .category(let codes, let labels):
            let kept = Dictionary(zip(encoding.labels, Int32(0)...), uniquingKeysWith: { first, _ in first })
            let map = labels.map { kept[$0] ?? pooled }
            places = Buffer(count: codes.count) { target in
                for row in target.indices { target[row] = column.isMissing(row) ? pooled : map[Int(codes[row])] }
            }
        case .flag(let bits):
            places = Buffer(count: bits.count) { target in
                for row in target.indices { target[row] = !column.isMissing(row) && bits[row] ? 0 : pooled }
            }
        default: return []
        }
        let width = pooled + (encoding.hasOther ? 1 : 0)
        if encoding.isVector == true { return vector(places, width: Int(width)).map { [Column(.vector($0))] } ?? [] }
        return (0..<width).map { place in
            Column(
                .double(
                    Buffer(count: places.count) { target in
                        places.withUnsafeBufferPointer { places in
                            for row in target.indices { target[row] = places[row] == place ? 1 : 0 }
                        }
                    }))
        }
    }

    /// One entry a row, but for places beyond the width.
    private func vector(_ places: Buffer<Int32>, width: Int) -> SparseRows? {
        let kept = places.filter { $0 < width }
        var offsets: [Int64] = [0]
        offsets.reserveCapacity(places.count + 1)
        for place in places { offsets.append(offsets[offsets.count - 1] + (place < width ? 1 : 0)) }
        return try? SparseRows(
            width: width, offsets: offsets, indices: kept, values: [Double](repeating: 1, count: kept.count))
    }

    func state() throws -> State { try State(of: OneHot.self, Saved(inputs: inputs, encodings: encodings)) }
}
