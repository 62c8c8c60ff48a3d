import ApusCore
import ApusOptimizers
import Foundation
import Testing

struct ScheduleTests {
    private func descent(_ parameters: [String: JSON]) throws -> DescentParameters {
        try DescentParameters(parameters: parameters)
    }

    @Test func `a constant rate stays, after a warm-up that grows evenly`() throws {
        let rates = try descent(["learning_rate": 0.4, "warmup_steps": 4])
        #expect((0..<6).map(rates.rate(at:)) == [0.1, 0.2, 0.4 * 3 / 4, 0.4, 0.4, 0.4])
    }

    @Test func `steps multiply the rate every so many iterations`() throws {
        let rates = try descent([
            "learning_rate": 8, "schedule": "step", "decay_steps": 3, "decay_factor": 0.5, "warmup_steps": 1,
        ])
        #expect((0..<11).map(rates.rate(at:)) == [8, 8, 8, 8, 4, 4, 4, 2, 2, 2, 1])
    }

    @Test func `a cosine falls from the full rate to 0 over the iterations left`() throws {
        let rates = try descent(["learning_rate": 2, "schedule": "cosine", "max_iter": 10, "warmup_steps": 2])
        let found = (0...11).map(rates.rate(at:))
        #expect(found[0] == 1 && found[1] == 2 && found[2] == 2)
        #expect(abs(found[6] - 1) < 1e-12)
        #expect(found[10] == 0 && found[11] == 0)
        for (left, right) in zip(found[2...9], found[3...10]) { #expect(left > right) }
    }

    @Test func `a warm-up longer than the run never gets past it`() throws {
        let rates = try descent(["learning_rate": 1, "schedule": "cosine", "max_iter": 5, "warmup_steps": 100])
        #expect((0..<5).map(rates.rate(at:)) == [0.01, 0.02, 0.03, 0.04, 0.05])
        #expect(rates.rate(at: 100) == 1 && rates.rate(at: 101) == 0)
    }

    @Test func `every stepping optimizer takes the shared parameters by their own names`() throws {
        for plugin in OptimizersBundle.plugins where plugin.descriptor.id != "optimizer.lbfgs" {
            let names = Set(plugin.parameters.map(\.name))
            #expect(names.isSuperset(of: ["learning_rate", "schedule", "warmup_steps", "max_iter", "tol"]))
        }
        let adam = try Adam(parameters: ["learning_rate": 0.25, "beta1": 0.5, "weight_decay": 1])
        #expect(adam.descent.learningRate == 0.25 && adam.moments.beta1 == 0.5 && adam.weightDecay == 1)
        #expect(Adam().parameterValues["learning_rate"] == 0.001)
        let error = #expect(throws: ApusError.self) { try Adam(parameters: ["learningrate": 1]) }
        #expect(error?.description.contains("optimizer.adam has no parameter 'learningrate'") == true)
        #expect(error?.remedy == "Did you mean 'learning_rate'?")
        #expect(throws: ApusError.self) { try SGD(parameters: ["learning_rate": 0]) }
    }
}
