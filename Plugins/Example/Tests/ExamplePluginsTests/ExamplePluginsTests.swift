import Apus
import ApusPluginTesting
import ExamplePlugins
import Testing

struct ExamplePluginsTests {
    @Test
    func `The transform keeps the contracts`() {
        #expect(Contracts.violations(of: SignedLog.self) == [])
    }

    @Test(arguments: [[:], ["shrinkage": 0.5]] as [[String: JSON]])
    func `The learner keeps the contracts`(_ parameters: [String: JSON]) throws {
        let registry = try Registry.builtin()
        #expect(Contracts.violations(of: NearestCentroid.self, parameters: parameters, in: registry) == [])
    }

    @Test
    func `The optimizer keeps the contracts`() {
        #expect(Contracts.violations(of: Lion.self) == [])
    }

    @Test(arguments: ["logistic_regression", "multilayer_perceptron"])
    func `The optimizer trains models that never heard of it`(_ model: String) throws {
        var registry = try Registry.builtin()
        try registry.register(ExampleBundle.self)
        let random = CounterRandom(seed: 3, purpose: "example")
        let x = (0..<400).map { 2 * random.unit($0) - 1 }
        let noise = (0..<400).map { random.unit(1_000 + $0) - 0.5 }
        let table = try Table([
            "x": Column(x), "label": Column(categories: zip(x, noise).map { $0 + $1 > 0.2 ? "yes" : "no" }),
        ])
        var configuration = try Configuration(registry: registry)
        configuration.data.target = "label"
        let losses = try ["lion", "lbfgs"].map { optimizer in
            configuration.model = PluginReference(model, ["optimizer": .text(optimizer)])
            let run = try TrainingRun(configuration).fit(table, in: RunContext(seed: 7, registry: registry))
            return try #require(run.report.test?["log_loss"]?.value)
        }
        #expect(losses[0] < losses[1] + 0.01)
    }

    @Test
    func `The objective keeps the contracts`() {
        #expect(Contracts.violations(of: LogCosh.self) == [])
    }

    /// Trees know nothing of this package; the saved model does not need it either.
    @Test
    func `The objective trains gradient boosting, and the model is read without it`() throws {
        var registry = try Registry.builtin()
        try registry.register(ExampleBundle.self)
        let random = CounterRandom(seed: 1, purpose: "example")
        let x = (0..<500).map { random.unit($0) * 10 }
        // One answer in ten is far off.
        let y = x.indices.map { (x[$0] * 2).rounded() + ($0 % 10 == 3 ? 1_000 : 0) }
        let table = try Table(["x": Column(x), "y": Column(y)])
        var configuration = try Configuration(registry: registry)
        configuration.data.target = "y"
        configuration.data.task = .regression
        configuration.model = PluginReference(
            "gradient_boosting", ["objective": "log_cosh", "early_stopping": false, "n_estimators": 50])
        let run = try TrainingRun(configuration).fit(table, in: RunContext(seed: 7, registry: registry))
        let artifact = try Artifact.read(bytes: try run.artifact.bytes(), registry: try Registry.builtin())
        let error = try [2.0, 5, 8].map {
            try abs(artifact.pipeline.predict(row: ["x": .number($0)]).value(0) - 2 * $0)
        }
        #expect(error.allSatisfy { $0 < 3 }, "outliers of 1,000 pull the squared error's answer up by 100")
    }

    @Test
    func `The monitor keeps the contracts`() {
        #expect(Contracts.violations(of: MissingRate.self, parameters: ["window": 30]) == [])
    }

    @Test
    func `An alert names the column whose values are missing, once a window is full`() throws {
        let session = try MissingRate(parameters: ["window": 4, "limit": 0.5]).start()
        let table = try Table(["age": Column(numbers: [nil, nil, 3]), "name": Column(texts: ["a", nil, "c"])])
        let answers = try Prediction(
            Prediction.Schema(task: .regression), Matrix(Buffer([1, 2, 3]), rows: 3, columns: 1))
        #expect(session.receive(PredictionBatch(table, answers)).isEmpty)
        let alerts = session.receive(PredictionBatch(table, answers))
        #expect(alerts.map(\.message) == ["Of column 'age', 67 % of the last 6 values are missing."])
    }
}
