import ApusCore
import ApusObjectives
import ApusTrees

/// What the tests of this folder share.
enum Fixture {
    /// A context that knows the built-in objectives.
    static func context(
        threads: Int = 2, backend: Backend = .c, monitors: [any MonitorSession] = []
    ) throws -> RunContext {
        var registry = Registry()
        try registry.register(ObjectivesBundle.self)
        return RunContext(seed: 1, threads: threads, backend: backend, monitors: monitors, registry: registry)
    }

    /// Training rows without a split.
    static func rows(
        _ table: Table, _ target: Target, weights: [Double]? = nil, validation: TrainingRows? = nil,
        ids: [Int64]? = nil
    ) -> TrainingRows {
        TrainingRows(
            .table(table), targets: [target], weights: weights.map { Buffer($0) },
            rowIDs: Buffer(ids ?? Array(0..<Int64(table.rowCount))), validation: validation)
    }

    static func numbers(_ values: [Double]) -> Target { .values(Buffer(values)) }

    static func classes(_ codes: [Int], _ labels: [String]) -> Target {
        .classes(codes: Buffer(codes.map(Int32.init)), labels: labels)
    }

    static func fit(_ learner: GradientBoosting, _ rows: TrainingRows, _ context: RunContext? = nil) throws
        -> GradientBoostingModel
    {
        let model = try learner.fit(rows, from: nil, in: context ?? Fixture.context())
        guard let model = model as? GradientBoostingModel else { throw ApusError("not a boosted model") }
        return model
    }

    /// Everything that an artifact would hold of the model, as text.
    static func bytes(_ model: any Model) throws -> String {
        let state = try model.state()
        let tensors = state.tensors.keys.sorted().map { name in
            "\(name):\(state.tensors[name]?.bytes.map { String($0, radix: 16) }.joined(separator: ",") ?? "")"
        }
        return ([state.json] + tensors).joined(separator: "\n")
    }

    /// A mixed table: numbers with ties and gaps, whole numbers, flags, categories; and a score that depends on them.
    static func mixed(_ count: Int, seed: UInt64 = 7) throws -> (table: Table, score: [Double]) {
        let random = CounterRandom(seed: seed, purpose: "mixed")
        func unit(_ row: Int, _ column: Int) -> Double { random.unit(row * 16 + column) }
        let labels = (0..<30).map { "label\($0)" }
        var score: [Double] = []
        var a: [Double?] = []
        var b: [Float] = []
        var c: [Int64?] = []
        var d: [Bool?] = []
        var e: [String?] = []
        var f: [String?] = []
        for row in 0..<count {
            let x = unit(row, 0) * 10 - 5
            let category = Int(unit(row, 4) * unit(row, 5) * 30)
            a.append(unit(row, 6) < 0.1 ? nil : x)
            b.append(Float((unit(row, 1) * 20).rounded()))
            c.append(unit(row, 7) < 0.05 ? nil : Int64(unit(row, 2) * 1000))
            d.append(unit(row, 8) < 0.02 ? nil : unit(row, 3) < 0.4)
            e.append(unit(row, 9) < 0.03 ? nil : labels[category])
            f.append(["x", "y", "z"][Int(unit(row, 10) * 3)])
            let noise = unit(row, 11) + unit(row, 12) - 1
            score.append(
                (x > 0 ? x : -0.3 * x) + 0.1 * Double(b[row]) * (d[row] == true ? 1 : -1)
                    + Double(category * 7 % 11) * 0.3 + (f[row] == "y" ? 1 : 0) + noise)
        }
        let table = try Table([
            ("a", Column(numbers: a)), ("b", Column(.float(Buffer(b)))), ("c", Column(integers: c)),
            ("d", Column(flags: d)), ("e", Column(categories: e)), ("f", Column(categories: f)),
            ("constant", Column([Double](repeating: 3, count: count))),
        ])
        return (table, score)
    }
}
