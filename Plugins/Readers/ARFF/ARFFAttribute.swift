import ApusCore
import ApusKernels

/// One attribute of an ARFF file and its values so far.
struct ARFFAttribute {
    enum Kind: Equatable {
        case number
        case nominal([String])
        case text
        case date
        /// Nominal, the labels being those that occur.
        case label
    }

    let name: String
    let kind: Kind
    /// The labels of a nominal attribute, for look-up.
    private let labels: Set<String>
    /// The values of a number, NaN where missing.
    private var numbers: [Double] = []
    /// The values of other kinds as written, without quotes; nil where missing.
    private var cells: [String?] = []

    init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
        if case .nominal(let names) = kind { labels = Set(names) } else { labels = [] }
    }

    var role: Role { kind == .label ? .target : .feature }

    var count: Int { kind == .number ? numbers.count : cells.count }

    mutating func appendMissing() {
        if kind == .number { numbers.append(.nan) } else { cells.append(nil) }
    }

    /// What a sparse row means that leaves the attribute out.
    mutating func appendAbsent() {
        switch kind {
        case .number: numbers.append(0)
        case .nominal(let names): cells.append(names.first)
        case .label: cells.append("0")
        case .text, .date: cells.append(nil)
        }
    }

    /// The value that `number` or, where it is none, `cell` spells.
    mutating func append(_ number: Double?, _ cell: @autoclosure () -> String) throws {
        switch kind {
        case .number:
            guard let number else {
                throw ApusError(
                    "expected a finite number, found \"\(cell().prefix(60))\"", at: "attribute '\(name)'",
                    remedy: "Write ? where it is missing.")
            }
            numbers.append(number)
        case .nominal(let names):
            let cell = cell()
            guard labels.contains(cell) else {
                throw ApusError(
                    "\"\(cell.prefix(60))\" is not among its labels", at: "attribute '\(name)'",
                    remedy: Nearest.suggestion(for: cell, among: names))
            }
            cells.append(cell)
        case .text, .date, .label: cells.append(cell())
        }
    }

    /// The values of the kind that the schema asks for, else as declared; texts where a schema does not name them.
    func column(as schema: Schema?) throws -> Column {
        let field = schema?[name]
        let asked = field?.kind ?? (schema == nil ? declared : .text)
        if kind == .number {
            let column = Column(numbers)
            if asked == .number { return column }
            let texts = numbers.indices.map { column.text($0) }
            return asked == .category ? Column(categories: texts, dictionary: field?.categories) : Column(texts: texts)
        }
        switch asked {
        case .category:
            if let categories = field?.categories { return Column(categories: cells, dictionary: categories) }
            if case .nominal(let names) = kind { return Column(categories: cells, dictionary: names) }
            return Column(categories: cells)
        case .timestamp:
            let times = cells.map { $0.flatMap(TextBytes.timestamp) }
            let areTimes = zip(cells, times).allSatisfy { ($0 == nil) == ($1 == nil) }
            return areTimes ? Column(timestamps: times) : Column(texts: cells)
        case .number, .flag, .text, .vector: return Column(texts: cells)
        }
    }

    private var declared: ColumnKind {
        switch kind {
        case .number: .number
        case .nominal, .label: .category
        case .text: .text
        case .date: .timestamp
        }
    }
}
