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

    @Test(arguments: ["squared", "poisson", "quantile", "logistic", "softmax", "multilabel", "hinge", "cost_sensitive"])
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
