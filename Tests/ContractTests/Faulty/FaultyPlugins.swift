import ApusCore

/// Breaks `plugin 1`: its summary has two lines.
struct TwoLineSummary: TestPlugin {
    static let descriptor = Descriptor(id: "monitor.two_lines", summary: "One line\nand another")
}

/// Breaks `plugin 2`: a parameter has no sentence.
struct UnexplainedParameter: TestPlugin {
    static let descriptor = Descriptor(id: "monitor.unexplained", summary: "A parameter without a sentence")
    @Parameter("count") var count = 1
}

/// Breaks `plugin 3`: a default lies outside its interval.
struct DefaultOutside: TestPlugin {
    static let descriptor = Descriptor(id: "monitor.default_outside", summary: "A default that is not allowed")
    @Parameter("A count.", in: .from(1)) var count = 0
}

/// Breaks `plugin 4`, which the core keeps for every plugin: the rule guards the core, so this plugin has the very
/// parameter that the rule believes nobody has.
struct UnlikelyParameter: TestPlugin {
    static let descriptor = Descriptor(id: "monitor.unlikely", summary: "A parameter that should not be known")
    @Parameter("A number.") var noSuchParameter = 1.0
}

/// Breaks `plugin 5`: a parameter takes anything.
struct TakesAnything: TestPlugin {
    struct Anything: ParameterValue {
        static let parameterKind = ParameterKind.integer
        init(json: JSON) { self.json = json.number.map(JSON.number) ?? 0 }
        let json: JSON
    }

    static let descriptor = Descriptor(id: "monitor.takes_anything", summary: "A parameter that takes anything")
    @Parameter("A count.") var count = Anything(json: 1)
}

/// Breaks `plugin 6`: it refuses its own defaults.
struct RefusesItself: TestPlugin {
    static let descriptor = Descriptor(id: "monitor.refuses_itself", summary: "Defaults that do not go together")
    @Parameter("A count.") var count = 1
    func validate() throws { throw ApusError("one is not enough", at: "parameter 'count'", kind: .usage) }
}

/// Breaks `plugin 7`: it refers to a plugin that is nowhere.
struct RefersToNothing: TestPlugin {
    static let descriptor = Descriptor(id: "monitor.refers_to_nothing", summary: "A plugin that needs another")
    @Parameter("What it needs.") var other = PluginReference("optimizer.nowhere")
}

/// A monitor that hears nothing; whatever is wrong with it is in its description.
protocol TestPlugin: Monitor {}

extension TestPlugin {
    func start() throws -> any MonitorSession { TestMonitorSession(.none) }
}
