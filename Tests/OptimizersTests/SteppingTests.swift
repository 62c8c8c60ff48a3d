import ApusCore
import ApusOptimizers
import Foundation
import Testing

struct SteppingTests {
    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        let optimizer: String
        let parameters: [String: JSON]
        let path: [[Double]]

        var testDescription: String { "\(optimizer) \(JSON.object(parameters).serialized())" }

        static let all: [Golden] = {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Golden/optimizers/steps.json")
            let data = (try? Data(contentsOf: file)) ?? Data()
            return (try? JSONDecoder().decode([Golden].self, from: data)) ?? []
        }()

        func optimizer(_ more: [String: JSON] = [:]) throws -> any Optimizer {
            var registry = Registry()
            try registry.register(OptimizersBundle.self)
            return try registry.optimizer(PluginReference(optimizer, parameters.merging(more) { $1 }))
        }
    }

    static let all: [any Optimizer.Type] = OptimizersBundle.plugins.compactMap { $0 as? any Optimizer.Type }

    static let stepping = ["gradient_descent", "sgd", "adagrad", "rmsprop", "adam", "adamw"]

    static func make(_ id: String, _ parameters: [String: JSON] = [:]) throws -> any Optimizer {
        var registry = Registry()
        try registry.register(OptimizersBundle.self)
        return try registry.optimizer(PluginReference(id, parameters))
    }

    @Test func `there are golden paths for every stepping optimizer`() {
        #expect(Set(Golden.all.map(\.optimizer)) == Set(Self.stepping))
    }

    /// The same formulas in numpy round a little differently; 60 steps in a bowl do not amplify that.
    @Test(arguments: Golden.all)
    func `every point of the path is that of the reference`(golden: Golden) throws {
        var session = try golden.optimizer().start(dimension: golden.path[0].count)
        var point = golden.path[0]
        for expected in golden.path.dropFirst() {
            let (value, gradient) = bowl(point)
            _ = try session.tell(value: value, gradient: gradient, at: &point)
            for (found, wanted) in zip(point, expected) {
                #expect(abs(found - wanted) <= 1e-12 * max(1, abs(wanted)))
            }
        }
    }

    @Test func `one step of momentum and of Adam by hand`() throws {
        var point = [2.0]
        var momentum = try Self.make("sgd", ["learning_rate": 0.5, "momentum": 0.5]).start(dimension: 1)
        // v = 1, x = 2 − 0.5; v = 0.5 + 3, x = 1.5 − 1.75.
        _ = try momentum.tell(value: 1, gradient: [1], at: &point)
        #expect(point == [1.5])
        _ = try momentum.tell(value: 1, gradient: [3], at: &point)
        #expect(point == [-0.25])
        // The first step of Adam is the sign of the gradient.
        for gradient in [1e-3, 70.0] {
            var adam = try Self.make("adam", ["learning_rate": 0.25]).start(dimension: 1)
            var place = [1.0]
            _ = try adam.tell(value: 1, gradient: [gradient], at: &place)
            #expect(abs(place[0] - 0.75) < 1e-5)
        }
    }

    @Test(
        arguments: [
            ("gradient_descent", ["learning_rate": 0.15]), ("sgd", ["learning_rate": 0.15]),
            ("sgd", ["learning_rate": 0.05, "momentum": 0.8]),
            ("sgd", ["learning_rate": 0.05, "momentum": 0.8, "nesterov": true]), ("adagrad", ["learning_rate": 1]),
            ("rmsprop", ["learning_rate": 0.05, "schedule": "cosine"]),
            ("adam", ["learning_rate": 0.05, "schedule": "cosine"]),
            ("adamw", ["learning_rate": 0.05, "weight_decay": 0, "schedule": "cosine"]),
        ] as [(String, [String: JSON])])
    func `a bowl is descended to its bottom`(id: String, parameters: [String: JSON]) throws {
        let optimizer = try Self.make(id, parameters.merging(["max_iter": 3000]) { $1 })
        let found = try minimise(optimizer, from: [1, -1, 2, -2, 0], bowl)
        for (place, value) in found.point.enumerated() { #expect(abs(value - 0.1 * Double(place + 1)) < 1e-5) }
    }

    @Test(
        arguments: [
            ("gradient_descent", ["learning_rate": 1e-3]), ("sgd", ["learning_rate": 1e-3, "momentum": 0.9]),
            ("adagrad", ["learning_rate": 0.5]), ("rmsprop", ["learning_rate": 5e-3, "schedule": "cosine"]),
            ("adam", ["learning_rate": 2e-2]), ("adamw", ["learning_rate": 2e-2, "weight_decay": 0]),
        ] as [(String, [String: JSON])])
    func `Rosenbrock's valley is followed to its end`(id: String, parameters: [String: JSON]) throws {
        let optimizer = try Self.make(id, parameters.merging(["max_iter": 50_000]) { $1 })
        let found = try minimise(optimizer, from: [-1.2, 1], rosenbrock)
        for value in found.point { #expect(abs(value - 1) < 1e-3) }
    }

    @Test(arguments: stepping)
    func `a rate that diverges is told with its iteration`(id: String) throws {
        let optimizer = try Self.make(id, ["learning_rate": 1e160, "max_iter": 5000])
        let error = #expect(throws: ApusError.self) { try minimise(optimizer, from: [1, 2, 3], bowl) }
        #expect(error?.description.contains("iteration") == true)
        #expect(error?.remedy.contains("learning_rate") == true)
    }

    @Test(arguments: stepping)
    func `the iteration limit ends without convergence, a zero gradient with it`(id: String) throws {
        let limited = try minimise(Self.make(id, ["max_iter": 7]), from: [5, 5], bowl)
        #expect(limited.hasConverged == false && limited.iterations == 7)
        let still = try minimise(Self.make(id), from: [0.1, 0.2], bowl)
        #expect(still.hasConverged == true && still.iterations == 0 && still.point == [0.1, 0.2])
    }

    @Test func `a checkpoint of another optimizer or size is refused`() throws {
        var adam = try Self.make("adam").start(dimension: 2)
        var point = [1.0, 2]
        _ = try adam.tell(value: 1, gradient: [1, 1], at: &point)
        let snapshot = try adam.snapshot()
        for (id, dimension, word) in [("adamw", 2, "optimizer.adam"), ("adam", 3, "2 variables")] {
            var other = try Self.make(id).start(dimension: dimension)
            let error = #expect(throws: ApusError.self) { try other.restore(snapshot) }
            #expect(error?.description.contains(word) == true)
        }
    }

    @Test(arguments: [1, 8, 13]) func `a component that is not finite is found anywhere`(count: Int) throws {
        for bad in [Double.nan, .infinity, -.infinity] {
            for place in 0..<count {
                var session = try Self.make("sgd").start(dimension: count)
                var gradient = [Double](repeating: 1, count: count)
                gradient[place] = bad
                var point = gradient.map { _ in 0.0 }
                #expect(throws: ApusError.self) { try session.tell(value: 1, gradient: gradient, at: &point) }
            }
        }
    }
}
