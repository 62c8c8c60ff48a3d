import ApusBaselines
import ApusBayes
import ApusCore
import ApusLinear
import ApusNeural
import ApusObjectives
import ApusOptimizers
import ApusReaders
import ApusTransforms
import ApusTrees

extension Registry {
    /// A registry of everything that comes with Apus, registered by the same call as a stranger's.
    public static func builtin() throws -> Registry {
        let bundles: [any PluginBundle.Type] = [
            ReadersBundle.self, TransformsBundle.self, BaselinesBundle.self, LinearBundle.self, TreesBundle.self,
            BayesBundle.self, NeuralBundle.self, ObjectivesBundle.self, OptimizersBundle.self,
        ]
        var registry = Registry()
        for bundle in bundles { try registry.register(bundle) }
        return registry
    }
}
