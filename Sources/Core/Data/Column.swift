/// Values of one kind, one a row, each of which may be missing. Immutable; copying shares the memory.
public struct Column: Sendable {
    /// The values in Arrow's layout. A value under a cleared validity bit means nothing, but floating-point slots hold
    /// NaN there, so that a kernel can read them without the bitmap.
    public enum Storage: Sendable {
        /// Double-precision numbers; NaN is missing.
        case double(Buffer<Double>)
        /// Single-precision numbers; NaN is missing.
        case float(Buffer<Float>)
        /// Whole numbers.
        case integer(Buffer<Int64>)
        /// True or false.
        case flag(Bitmap)
        /// Positions in `dictionary`.
        case category(codes: Buffer<Int32>, dictionary: [String])
        /// Free text.
        case text(TextBuffer)
        /// Microseconds since 1970-01-01 UTC.
        case timestamp(Buffer<Int64>)
        /// Many numbers a row, most of them 0.
        case vector(SparseRows)
    }

    /// The values.
    public let storage: Storage
    /// A set bit for each row that has a value; nil if every row has one.
    public let validity: Bitmap?

    /// A column over existing buffers. `validity` has as many bits as there are values. In floating-point storage a
    /// NaN is missing and a missing value becomes NaN, whichever of the two says so.
    public init(_ storage: Storage, validity: Bitmap? = nil) {
        precondition(validity == nil || validity?.count == storage.count, "validity and values differ in length")
        switch storage {
        case .double(let values):
            let (values, validity) = Column.unify(values, validity)
            self.storage = .double(values)
            self.validity = validity
        case .float(let values):
            let (values, validity) = Column.unify(values, validity)
            self.storage = .float(values)
            self.validity = validity
        case .category(let codes, let dictionary):
            precondition(
                codes.allSatisfy { $0 < dictionary.count } && (validity != nil || codes.allSatisfy { $0 >= 0 }),
                "a category code outside its dictionary")
            self.storage = storage
            self.validity = validity
        default:
            self.storage = storage
            self.validity = validity
        }
    }

    /// Validity and NaN say the same after this.
    private static func unify<Number: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
        _ values: Buffer<Number>, _ validity: Bitmap?
    ) -> (Buffer<Number>, Bitmap?) {
        let missing = values.withUnsafeBufferPointer { values in
            var count = 0
            for value in values { count &+= value.isNaN ? 1 : 0 }
            return count
        }
        guard let validity else { return missing == 0 ? (values, nil) : (values, numbers(in: values)) }
        if missing == validity.count - validity.setCount,
            missing == 0 || values.indices.allSatisfy({ validity[$0] != values[$0].isNaN })
        {
            return (values, missing == 0 ? nil : validity)
        }
        let marked = Buffer<Number>(count: values.count) { target in
            for row in target.indices { target[row] = validity[row] ? values[row] : .nan }
        }
        return (marked, numbers(in: marked))
    }

    /// A set bit for each value that is not NaN: eight values a byte, without a call a bit.
    private static func numbers<Number: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
        in values: Buffer<Number>
    ) -> Bitmap {
        let pointer = values.unsafePointer
        let bytes = Buffer<UInt8>(count: (values.count + 7) / 8) { target in
            for byte in target.indices {
                var bits: UInt8 = 0
                for row in byte * 8..<min(byte * 8 + 8, values.count) {
                    bits |= (pointer[row].isNaN ? 0 : 1) << UInt8(truncatingIfNeeded: row & 7)
                }
                target[byte] = bits
            }
        }
        return Bitmap(bytes: bytes, count: values.count)
    }

    /// The number of rows.
    public var count: Int { storage.count }

    /// What the values mean.
    public var kind: ColumnKind {
        switch storage {
        case .double, .float, .integer: .number
        case .flag: .flag
        case .category: .category
        case .text: .text
        case .timestamp: .timestamp
        case .vector: .vector
        }
    }

    /// Whether the value of `row` is missing.
    public func isMissing(_ row: Int) -> Bool { validity.map { !$0[row] } ?? false }

    /// How many values are missing.
    public var missingCount: Int { validity.map { $0.count - $0.setCount } ?? 0 }
}

extension Column.Storage {
    /// The number of values.
    public var count: Int {
        switch self {
        case .double(let values): values.count
        case .float(let values): values.count
        case .integer(let values), .timestamp(let values): values.count
        case .flag(let bits): bits.count
        case .category(let codes, _): codes.count
        case .text(let text): text.count
        case .vector(let rows): rows.count
        }
    }
}
