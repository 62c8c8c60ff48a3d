import Apus

/// The README's example of the library: a test holds the two equal, and runs this one.
func runReadmeExample() throws -> (one: Double, many: Int, r2: Double) {
    // README begins
    let registry = try Registry.builtin()
    let random = CounterRandom(seed: 1, purpose: "example")
    let size = (0..<1_000).map { 40 + 100 * random.unit($0) }
    let table = try Table([
        "size": Column(size),
        "district": Column(categories: size.indices.map { $0 % 3 == 0 ? "harbour" : "hill" }),
        "rent": Column(size.indices.map { size[$0] * ($0 % 3 == 0 ? 12 : 9) }),
    ])

    var configuration = try Configuration(registry: registry)
    configuration.data.target = "rent"
    configuration.model = PluginReference("gradient_boosting", ["n_estimators": 200])
    let run = try TrainingRun(configuration).fit(table, in: RunContext(seed: 7, registry: registry))
    let r2 = run.report.test?["r2"]?.value ?? .nan

    let file = try run.artifact.bytes()  // or: try run.artifact.write(to: "rent.apus")
    let artifact = try Artifact.read(bytes: file, registry: registry)  // or: .read("rent.apus", registry: registry)
    let one = try artifact.pipeline.predict(row: ["size": 80, "district": "hill"]).value(0)
    let many = try artifact.pipeline.predict(table).count
    // README ends
    return (one, many, r2)
}
