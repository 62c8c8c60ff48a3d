extension Column {
    /// Numbers; nil and NaN are missing.
    public init(numbers: [Double?]) {
        self.init(.double(Buffer(numbers.map { $0 ?? .nan })))
    }

    /// Numbers without a missing value, unless one is NaN.
    public init(_ numbers: [Double]) {
        self.init(.double(Buffer(numbers)))
    }

    /// Whole numbers; nil is missing.
    public init(integers: [Int64?]) {
        self.init(.integer(Buffer(integers.map { $0 ?? 0 })), validity: Column.validity(integers))
    }

    /// Flags; nil is missing.
    public init(flags: [Bool?]) {
        self.init(.flag(Bitmap(count: flags.count) { flags[$0] ?? false }), validity: Column.validity(flags))
    }

    /// Labels; nil is missing. The dictionary holds them sorted, unless it is given; a label outside it is missing.
    public init(categories: [String?], dictionary: [String]? = nil) {
        let dictionary = dictionary ?? Set(categories.compactMap(\.self)).sorted()
        let codes = Dictionary(zip(dictionary, Int32(0)...), uniquingKeysWith: { first, _ in first })
        let coded = categories.map { label in label.flatMap { codes[$0] } }
        self.init(
            .category(codes: Buffer(coded.map { $0 ?? 0 }), dictionary: dictionary.isEmpty ? [""] : dictionary),
            validity: Column.validity(coded))
    }

    /// Texts; nil is missing.
    public init(texts: [String?]) {
        self.init(.text(TextBuffer(texts.map { $0 ?? "" })), validity: Column.validity(texts))
    }

    /// Points in time in microseconds since 1970-01-01 UTC; nil is missing.
    public init(timestamps: [Int64?]) {
        self.init(.timestamp(Buffer(timestamps.map { $0 ?? 0 })), validity: Column.validity(timestamps))
    }

    private static func validity<Value>(_ values: [Value?]) -> Bitmap? {
        values.contains { $0 == nil } ? Bitmap(count: values.count) { values[$0] != nil } : nil
    }
}
