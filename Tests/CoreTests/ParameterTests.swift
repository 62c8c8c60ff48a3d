import ApusCore
import Testing

/// A configuration with a parameter of every kind.
private struct Everything: Plugin {
    static let descriptor = Descriptor(id: "test.everything", summary: "For these tests.")
    static var kind: PluginKind { .monitor }

    enum Mode: String, ParameterChoice { case fast, careful }

    @Parameter("Trees to build.", in: .from(1, to: 1_000), search: .logarithmic(10, 500)) var nEstimators = 100
    @Parameter("Step length.", in: .above(0, to: 1), unit: "steps") var learningRate = 0.1
    @Parameter("Whether to stop early.") var earlyStopping = true
    @Parameter("How to work.") var mode = Mode.fast
    @Parameter("A label.") var label: String? = nil
    @Parameter("Costs.", in: .from(0)) var costs: [[Double]] = []
    @Parameter("Limits by name.", in: .from(0)) var limits: [String: Double] = [:]
    @Parameter("Which columns.") var columns = ColumnSelector([":number"])
    @Parameter("The optimizer.") var optimizer = PluginReference("optimizer.lbfgs")
    var scratch = 7

    init() {}
}

@Suite struct ParameterTests {
    @Test func `names are the properties in snake case, in their order`() {
        #expect(
            Everything.parameters.map(\.name) == [
                "n_estimators", "learning_rate", "early_stopping", "mode", "label", "costs", "limits", "columns",
                "optimizer",
            ])
    }

    @Test func `values of every kind are set by name and the others keep their defaults`() throws {
        let made = try Everything(parameters: [
            "n_estimators": 7, "mode": "careful", "label": "x", "costs": [[0, 1], [5, 0]], "limits": ["a": 2],
            "columns": "age*", "optimizer": ["id": "optimizer.adam", "learning_rate": 0.5],
        ])
        #expect(made.nEstimators == 7)
        #expect(made.learningRate == 0.1)
        #expect(made.mode == .careful)
        #expect(made.label == "x")
        #expect(made.costs == [[0, 1], [5, 0]])
        #expect(made.limits == ["a": 2])
        #expect(made.columns.patterns == ["age*"])
        #expect(made.optimizer == PluginReference("optimizer.adam", ["learning_rate": 0.5]))
        #expect(made.scratch == 7)
        #expect(try Everything(parameters: made.parameterValues).parameterValues == made.parameterValues)
    }

    @Test(
        arguments: [
            (
                "n_estimator", JSON.number(5),
                "test.everything has no parameter 'n_estimator'. Did you mean 'n_estimators'?"
            ),
            (
                "n_estimators", 0,
                "parameter 'n_estimators': expected a whole number at least 1 and at most 1000, found 0."
            ),
            (
                "n_estimators", 2.5,
                "parameter 'n_estimators': expected a whole number at least 1 and at most 1000, found 2.5."
            ),
            (
                "learning_rate", "fast",
                "parameter 'learning_rate': expected a number above 0 and at most 1, found \"fast\"."
            ),
            (
                "learning_rate", .number(.nan),
                "parameter 'learning_rate': expected a number above 0 and at most 1, found null."
            ),
            ("mode", "fsat", "parameter 'mode': expected one of fast, careful, found \"fsat\". Did you mean 'fast'?"),
            ("costs", [[1, -1]], "parameter 'costs': expected a list of lists of numbers at least 0, found [[1,-1]]."),
            ("early_stopping", 1, "parameter 'early_stopping': expected true or false, found 1."),
        ] as [(String, JSON, String)])
    func `a wrong parameter is refused with what was expected`(name: String, value: JSON, message: String) {
        let error = #expect(throws: ApusError.self) { try Everything(parameters: [name: value]) }
        #expect(error?.description == message)
        #expect(error?.exitCode == 2)
    }

    @Test func `a selector picks by name, pattern and kind`() {
        let selector = ColumnSelector(["age", "inc*me", ":flag"])
        #expect(selector.selects(Field("age", .number)))
        #expect(selector.selects(Field("income", .category)))
        #expect(selector.selects(Field("incme", .category)))
        #expect(selector.selects(Field("x", .flag)))
        #expect(!selector.selects(Field("ages", .number)))
        #expect(!selector.selects(Field("incomes", .number)))
    }
}

@Suite struct JSONTests {
    @Test func `text comes back as it went out`() throws {
        let value: JSON = [
            "a": [1, 2.5, -0.001, true, nil], "b\"\n\u{1}": "Käse \\ ☃", "c": [:], "d": [["x": 1e300]],
        ]
        #expect(try JSON(parsing: value.serialized()) == value)
        #expect(try JSON(parsing: value.serialized(indent: 2)) == value)
    }

    @Test func `whole numbers have no fraction and others read back equal`() {
        #expect(JSON.number(3).serialized() == "3")
        #expect(JSON.number(0.1).serialized() == "0.1")
        #expect(JSON.number(-0.0).serialized() == "-0.0")
        #expect(JSON.number(.infinity).serialized() == "null")
        #expect(JSON.number(1e16).serialized() == "1e+16")
    }

    @Test(arguments: ["", "{", "[1 2]", "nul", String(repeating: "[", count: 100_000)])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: ApusError.self) { try JSON(parsing: text) }
    }
}
