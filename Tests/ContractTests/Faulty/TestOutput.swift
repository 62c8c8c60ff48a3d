import ApusCore

/// How the test output transform breaks the rules for output transforms.
enum OutputFault: String, Fault, Codable {
    case none
    case refusesTwoClasses = "output 1"
    case sumsAboveOne = "output 2"
    case centresBatches = "output 3"
    case countsFits = "output 4"
    case acceptsNoRows = "output 5"
    case forgetsItsShift = "output 6"
    case throwsStrangely = "output 7"

    var rule: String? { self == .none ? nil : rawValue }
}

/// Moves numbers by their mean error, and probabilities a little towards being equal. Right in every respect unless it
/// is given a fault.
struct TestOutput: OutputTransform {
    static let descriptor = Descriptor(
        id: "output.test", summary: "Shift numbers, flatten probabilities", tasks: Set(LearningTask.allCases))

    @Parameter("Which rule to break.") var fault = OutputFault.none

    func fit(
        _ prediction: Prediction, _ rows: TrainingRows, in context: RunContext
    ) throws -> any FittedOutputTransform {
        if fault == .refusesTwoClasses, prediction.schema.task == .binary { throw ApusError("two classes") }
        guard rows.count > 0 || fault == .acceptsNoRows else { throw ApusError("there are no rows") }
        var shift = 0.1
        if case .values(let truth) = try rows.target {
            shift = truth.indices.reduce(0) { $0 + truth[$1] - prediction.value($1) } / Double(max(1, truth.count))
        }
        if fault == .countsFits { shift += 1e-9 * Double(SharedState.next()) }
        return FittedTestOutput(fault: fault, shift: shift)
    }

    static func restore(_ state: State) throws -> any FittedOutputTransform {
        let fault: OutputFault = try state.decode()
        let shift: Buffer<Double> = try state.elements("shift")
        if fault == .throwsStrangely, !shift.allSatisfy(\.isFinite) { throw StrangeError() }
        guard shift.count == 1, shift[0].isFinite else { throw ApusError("the state of output.test is damaged") }
        return FittedTestOutput(fault: fault, shift: shift[0])
    }
}

/// The fitted test output transform.
struct FittedTestOutput: FittedOutputTransform {
    let fault: OutputFault
    let shift: Double

    func apply(_ prediction: Prediction) throws -> Prediction {
        let width = prediction.schema.outputs
        let batch = fault == .centresBatches ? Double(prediction.count) * 1e-4 : 0
        return try Prediction(
            prediction.schema,
            Matrix(rows: prediction.count, columns: width) { target in
                for row in 0..<prediction.count {
                    for output in 0..<width {
                        let value = prediction.values[row, output]
                        target[row * width + output] =
                            prediction.schema.task == .regression
                            ? value + shift + batch
                            : (value + shift + batch) / (1 + Double(width) * (shift + batch))
                                * (fault == .sumsAboveOne ? 1.01 : 1)
                    }
                }
            })
    }

    func state() throws -> State {
        try State(
            of: TestOutput.self, fault, tensors: ["shift": Tensor([fault == .forgetsItsShift ? 0 : shift])])
    }
}
