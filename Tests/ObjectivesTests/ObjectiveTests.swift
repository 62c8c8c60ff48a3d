import ApusBuiltins
import ApusCore
import ApusPluginTesting
import Testing

@Suite struct ObjectiveTests {
    /// Finite differences, weights, backends, parts of rows: all rules, away from the defaults.
    @Test(
        arguments: [
            ("quantile", ["alpha": 0.1]), ("quantile", ["alpha": 0.5]), ("huber", ["delta": 0.2]),
            ("huber", ["delta": 50]),
            ("poisson", ["max_delta_step": 0]), ("focal", ["gamma": 0]), ("focal", ["gamma": 5, "alpha": 0.9]),
            ("class_balanced", ["beta": 0]), ("class_balanced", ["beta": 0.9]),
        ] as [(String, [String: JSON])])
    func `an objective keeps the contracts with other parameters`(_ id: String, _ parameters: [String: JSON]) throws {
        let registry = try Registry.builtin()
        let type = try registry.find(id, kind: .objective)
        #expect(Contracts.violations(of: type, parameters: parameters, in: registry) == [])
    }

    @Test(
        arguments: [
            ("poisson", [1, 2, -3.0], "numbers that are not negative, found -3."),
            ("gamma", [1, 0, 0], "numbers above 0, found 0 and 1 more such rows."),
            ("poisson", [0, 0, 0], "needs a count above 0"),
        ] as [(String, [Double], String)])
    func `numbers that a loss does not take are refused and named`(
        _ id: String, _ values: [Double], _ message: String
    ) throws {
        let objective = try Registry.builtin().objective(PluginReference("objective.\(id)"))
        let error = #expect(throws: ApusError.self) {
            _ = try objective.initialScores(.values(Buffer(values)), weights: nil)
        }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "squared", "poisson", "quantile", "logistic", "softmax", "multilabel", "hinge", "cost_sensitive",
        "class_balanced",
    ])
    func `targets of another kind are refused with an objective that fits`(_ id: String) throws {
        let objective = try Registry.builtin().objective(PluginReference("objective.\(id)"))
        let targets: [Target] = [
            .values(Buffer([1, 2])), .classes(codes: Buffer([0, 1, 2]), labels: ["a", "b", "c"]),
            .flags(Buffer([0, 1, 1, 1]), labels: ["x", "y"]),
        ]
        let tasks = type(of: objective).descriptor.tasks
        for target in targets where !tasks.contains(target.task) {
            let error = #expect(throws: ApusError.self) { _ = try objective.scores(for: target) }
            #expect(error?.remedy.contains("objective.") == true, "\(String(describing: error))")
        }
    }

    @Test(
        arguments: [
            [[0, 1], [5]], [[0, 1], [-5, 0]], [[0]], [[1, 1], [2, 2]], [[0, .infinity], [1, 0]],
        ] as [[[Double]]])
    func `a cost matrix that says nothing or has no sense is refused`(_ costs: [[Double]]) throws {
        let error = #expect(throws: ApusError.self) {
            _ = try Registry.builtin().objective(PluginReference("objective.cost_sensitive", ["costs": costs.json]))
        }
        #expect(error?.description.contains("'costs'") == true)
    }

    @Test func `a cost matrix of another size names the labels in their order`() throws {
        let objective = try Registry.builtin().objective(
            PluginReference("objective.cost_sensitive", ["costs": [[0, 1], [5, 0]]]))
        let error = #expect(throws: ApusError.self) {
            _ = try objective.scores(for: .classes(codes: Buffer([0, 1, 2]), labels: ["a", "b", "c"]))
        }
        #expect(error?.remedy == "Give a row and a column for each of 'a', 'b', 'c', in that order.")
    }

    /// Hand-computed: the answer to every row's class shares is the cheapest, which is not the most frequent.
    @Test func `the greatest output of the cost-sensitive loss is the cheapest answer`() throws {
        let costs: [[Double]] = [[0, 1, 2], [9, 0, 1], [3, 3, 0]]
        let objective = try Registry.builtin().objective(
            PluginReference("objective.cost_sensitive", ["costs": costs.json]))
        // 5 rows of class 0, 3 of class 1, 2 of class 2: answers cost 33, 11 and 13.
        let target = Target.classes(codes: Buffer([0, 0, 0, 0, 0, 1, 1, 1, 2, 2]), labels: ["a", "b", "c"])
        let scores = try objective.initialScores(target, weights: nil)
        #expect(scores[1] > scores[2] && scores[2] > scores[0], "\(scores)")
        // Savings against the dearest answer: 2 1 0, 0 9 8, 0 0 3 → 10, 32, 30.
        let shares = [10.0, 32, 30].map { $0 / 72 }
        for (score, share) in zip(scores, shares) { #expect(abs(DeterministicMath.exp(score) - share) < 1e-12) }
    }

    @Test(arguments: [[30, 10], [50, 3, 7]])
    func `the class-balanced loss is a log loss weighed by effective numbers of rows`(_ counts: [Int]) throws {
        let codes = counts.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) }
        let target = Target.classes(codes: Buffer(codes), labels: ["a", "b", "c"].prefix(counts.count).map(\.self))
        // (1 - 0.9) / (1 - 0.9^n), as powers multiplied out; their sum is the number of classes.
        let inverses = counts.map { count in 0.1 / (1 - (0..<count).reduce(1.0) { power, _ in power * 0.9 }) }
        let factors = inverses.map { $0 / inverses.reduce(0, +) * Double(counts.count) }
        let registry = try Registry.builtin()
        let reference = PluginReference("objective.class_balanced", ["beta": 0.9])
        let plain = try registry.objective(.auto, for: target)
        let width = try plain.scores(for: target)
        let random = CounterRandom(seed: 3, purpose: "scores")
        let scores = (0..<codes.count * width).map { random.unit($0) * 4 - 2 }
        let weights = codes.indices.map { 0.5 + random.unit(10_000 + $0) }
        func evaluate(_ objective: any Objective, _ target: Target, _ weights: [Double]) -> [Double] {
            let size = scores.count
            return [Double](unsafeUninitializedCapacity: 2 * size + 1) { all, count in
                count = 2 * size + 1
                all.initialize(repeating: 0)
                let (gradients, hessians) = (all[..<size], all[size..<2 * size])
                all[2 * size] = scores.withUnsafeBufferPointer {
                    objective.evaluate(
                        target, weights: Buffer(weights), rows: 0..<codes.count, scores: $0,
                        gradients: UnsafeMutableBufferPointer(rebasing: gradients),
                        hessians: UnsafeMutableBufferPointer(rebasing: hessians), backend: .c)
                }
            }
        }
        let expected = evaluate(plain, target, zip(weights, codes).map { $0 * factors[Int($1)] })
        for objective in [try registry.objective(reference), try registry.objective(reference, for: target)] {
            for (a, b) in zip(evaluate(objective, target, weights), expected) {
                #expect(abs(a - b) <= 1e-12 * max(1, abs(b)))
            }
        }
        // Fitted, it keeps the weights of the training rows.
        let other = Target.classes(codes: Buffer(codes.map { _ in 0 }), labels: target.labels)
        let kept = evaluate(try registry.objective(reference, for: target), other, weights)
        for (a, b) in zip(kept, evaluate(plain, other, weights.map { $0 * factors[0] })) {
            #expect(abs(a - b) <= 1e-12 * max(1, abs(b)))
        }
    }

    @Test func `leaves of piecewise linear losses are quantiles of what scores leave`() throws {
        let target = Target.values(Buffer([1, 2, 3, 10, 100]))
        let scores: [Double] = [0, 0, 1, 1, 0]
        func value(_ id: String, _ parameters: [String: JSON], _ rows: [UInt32]?, weights: [Double]? = nil) throws
            -> Double
        {
            let objective = try #require(
                try Registry.builtin().objective(PluginReference("objective.\(id)", parameters)) as? any LeafSolving)
            return scores.withUnsafeBufferPointer { scores in
                guard let rows else {
                    return objective.leafValue(target, weights: weights.map { Buffer($0) }, rows: nil, scores: scores)
                }
                return rows.withUnsafeBufferPointer {
                    objective.leafValue(target, weights: weights.map { Buffer($0) }, rows: $0, scores: scores)
                }
            }
        }
        // Residuals 1, 2, 2, 9, 100.
        #expect(try value("absolute", [:], nil) == 2)
        #expect(try value("absolute", [:], [0, 3]) == 5)
        #expect(try value("absolute", [:], [3, 0]) == 5)
        #expect(try value("absolute", [:], nil, weights: [0, 0, 0, 1, 1.5]) == 100)
        #expect(try value("absolute", [:], nil, weights: [0, 0, 0, 0, 0]) == 0)
        #expect(try value("quantile", ["alpha": 0.8], nil) == 54.5)
        #expect(try value("quantile", ["alpha": 0.81], nil) == 100)
        // Of 1, 2, 2, 9, 100 with delta 1: at 3 the slopes 1 1 1 on the left meet −1 −1 on the right; at 2.5: .5 less.
        #expect(try abs(value("huber", ["delta": 1], nil) - 2.5) < 1e-12)
        #expect(try value("absolute", [:], []) == 0)
    }
}
