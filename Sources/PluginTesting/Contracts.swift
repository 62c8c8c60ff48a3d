import ApusCore

/// The promises that plugins are held to. One line verifies all of them, in any test framework:
///
///     #expect(Contracts.violations(of: MyTransform.self, in: registry) == [])
///
/// A violation prints the rule with its number, what was attempted and what was found. A plugin that traps still ends
/// the process: Swift offers no way to catch that.
public enum Contracts {
    /// Every rule that `plugin` breaks, first the rules for all plugins, then those for its kind.
    ///
    /// - Parameters:
    ///   - plugin: the plugin's type.
    ///   - parameters: the configuration to verify; the defaults if empty. Turn sampling off here where weights are
    ///     declared exact only without it.
    ///   - registry: plugins that this one refers to, and the transforms of the standard pipeline. The rules that need
    ///     those are left out where the registry lacks them.
    ///   - sample: for a reader, bytes that it reads; a small CSV text if nil and the reader's extensions have `csv`.
    public static func violations(
        of plugin: any Plugin.Type, parameters: [String: JSON] = [:], in registry: Registry = Registry(),
        sample: Buffer<UInt8>? = nil
    ) -> [Violation] {
        var findings = Findings(plugin)
        findings.verify(PluginContract.checks, PluginSubject(type: plugin, registry: registry))
        var configured: (any Plugin)?
        findings.verify(PluginContract.roundTrip.rule, setting: "the configuration to verify") {
            configured = try attempt("make it from \(JSON.object(parameters).serialized())") {
                try plugin.init(parameters: parameters)
            }
        }
        switch configured {
        case let learner as any Learner: LearnerContract.verify(learner, registry, &findings)
        case let transform as any Transform: TransformContract.verify(transform, registry, &findings)
        case let reader as any DataReader: ReaderContract.verify(reader, sample, &findings)
        case let optimizer as any Optimizer: findings.verify(OptimizerContract.checks, optimizer)
        case let objective as any Objective: ObjectiveContract.verify(objective, &findings)
        case let monitor as any Monitor: findings.verify(MonitorContract.checks, monitor)
        case let output as any OutputTransform: OutputContract.verify(output, &findings)
        default: break
        }
        return findings.violations
    }

    /// All rules.
    public static var rules: [Rule] {
        PluginContract.checks.map(\.rule) + LearnerContract.rules + TransformContract.rules + ReaderContract.rules
            + OptimizerContract.rules + ObjectiveContract.rules + MonitorContract.rules + OutputContract.rules
    }
}
