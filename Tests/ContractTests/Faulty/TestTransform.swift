import ApusCore

/// How the test transform breaks the rules for transforms.
enum TransformFault: String, Fault, Codable {
    case none
    case plansNothing = "transform 1"
    case plansFlags = "transform 2"
    case namesOtherOutputs = "transform 3"
    case writesIntoRows = "transform 4"
    case addsThreads = "transform 5"
    case addsBackend = "transform 6"
    case looksAtTarget = "transform 7"
    case ignoresWeights = "transform 8"
    case leaksValidation = "transform 9"
    case refusesNoRows = "transform 10"
    case refusesConstants = "transform 11"
    case refusesNewLabels = "transform 12"
    case centresBatches = "transform 13"
    case takesColumnsByPosition = "transform 14"
    case forgetsShift = "transform 15"
    case trustsState = "transform 16"
    case throwsStrangely = "transform 17"

    var rule: String? { self == .none ? nil : rawValue }
}

/// Subtracts the mean from `x1`, and repeats the first training row. Right in every respect unless it is given a fault.
struct TestTransform: RowReplacingTransform {
    static let descriptor = Descriptor(
        id: "transform.test", summary: "Subtract the mean of one column", weights: .exact(tolerance: 1e-9))

    @Parameter("Which rule to break.") var fault = TransformFault.none

    func plan(_ schema: Schema) throws -> Schema {
        if fault == .plansNothing { throw ApusError("no plan") }
        return try Schema(
            schema.fields.map {
                $0.name == "x1" ? Field("x1", fault == .plansFlags ? .flag : .number, role: $0.role) : $0
            })
    }

    func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        if fault == .looksAtTarget { _ = try rows.targets }
        let table = try rows.table
        let column = try table.column("x1")
        if fault == .writesIntoRows { column.overwriteFirst(99) }
        let values = Array(column.doubles ?? Buffer([]))
        if fault == .refusesConstants, values.count > 2, values.allSatisfy({ $0 == values[0] }) {
            throw ApusError("no variance")
        }
        let weights =
            fault == .ignoresWeights ? values.map { _ in 1 } : rows.weights.map(Array.init) ?? values.map { _ in 1 }
        let known = values.indices.filter { !values[$0].isNaN }
        let total = known.reduce(0) { $0 + weights[$1] }
        var shift = total > 0 ? known.reduce(0) { $0 + weights[$1] * values[$1] } / total : 0
        if fault == .addsThreads { shift += 1e-9 * Double(context.threads) }
        if fault == .addsBackend, context.backend == .swift { shift += 0.01 }
        return FittedTest(inputs: table.schema, fault: fault, shift: shift)
    }

    func fitReplacing(_ rows: TrainingRows, in context: RunContext) throws -> (any FittedTransform, TrainingRows) {
        let fitted = try fit(rows, in: context)
        let source = fault == .leaksValidation ? rows.validation ?? rows : rows
        let repeated = try source.rows([0] + Array(0..<source.count))
        return (fitted, try repeated.replacing(features: fitted.apply(repeated.table, in: context)))
    }

    static func restore(_ state: State) throws -> any FittedTransform {
        let saved: FittedTest.Saved = try state.decode()
        if saved.fault == .trustsState, state.tensors["shift"] == nil {
            return FittedTest(inputs: saved.inputs, fault: saved.fault, shift: 0)
        }
        let shift: Buffer<Double> = try state.elements("shift")
        if saved.fault == .throwsStrangely, !shift.allSatisfy(\.isFinite) { throw StrangeError() }
        guard shift.count == 1, shift[0].isFinite else { throw ApusError("the state of transform.test is damaged") }
        return FittedTest(inputs: saved.inputs, fault: saved.fault, shift: shift[0])
    }
}

/// The fitted test transform.
struct FittedTest: FittedTransform {
    struct Saved: Codable {
        var inputs: Schema
        var fault: TransformFault
    }

    let inputs: Schema
    let fault: TransformFault
    let shift: Double

    var outputs: Schema {
        guard fault == .namesOtherOutputs, let reversed = try? Schema(inputs.fields.reversed()) else { return inputs }
        return reversed
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        if fault == .refusesNewLabels, try !inputs.alignment(of: table).unseen.isEmpty { throw ApusError("new label") }
        if fault == .refusesNoRows, table.rowCount == 0 { throw ApusError("no rows") }
        let isGiven = fault == .takesColumnsByPosition && table.columns.count > inputs.fields.count
        let aligned =
            isGiven ? try Table(inputs, Array(table.columns.suffix(inputs.fields.count))) : try inputs.align(table)
        let place = try inputs.position(of: "x1")
        let values = aligned.columns[place].doubles ?? Buffer([])
        let batch = fault == .centresBatches ? values.reduce(0, +) / Double(max(1, values.count)) : 0
        var columns = aligned.columns
        columns[place] = Column(values.map { $0 - shift - batch })
        return try Table(inputs, columns, rowCount: aligned.rowCount)
    }

    func state() throws -> State {
        try State(
            of: TestTransform.self, Saved(inputs: inputs, fault: fault),
            tensors: ["shift": Tensor([fault == .forgetsShift ? 0 : shift])])
    }
}
