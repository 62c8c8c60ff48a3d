import ApusCore
import ApusPipeline

/// Writes a commented configuration with every default spelled out: what `apus init` prints.
public enum ConfigurationText {
    /// The YAML of `configuration`; `facts` are lines about the data for the top.
    public static func yaml(_ configuration: Configuration, facts: [String], registry: Registry) throws -> String {
        var lines = [
            "# Configuration of 'apus train'. Every default is spelled out; what you delete keeps its default."
        ]
        lines += facts.map { "# \($0)" }
        let reader = try registry.find(
            configuration.data.reader
                ?? TableFile.readerID(for: configuration.data.path ?? "", registry: registry), kind: .reader)
        let model = try registry.find(
            configuration.model.id == Configuration.automaticModel
                ? ModelChoice.automaticID : configuration.model.id, kind: .model)
        lines += section(
            "data", DataSection.parameters + reader.parameters,
            configuration.data.parameterValues.merging(configuration.readerParameters) { $1 })
        lines += section("split", Split.parameters, configuration.split.parameterValues)
        lines += section("features", FeaturesSection.parameters, configuration.features.parameterValues)
        lines += ["", "model:", "  # The model's id; 'apus plugins list' shows all.", "  id: \(model.descriptor.id)"]
        lines += keys(model.parameters, configuration.model.parameters)
        lines += section("evaluation", EvaluationSection.parameters, configuration.evaluation.parameterValues)
        lines += section("run", RunSection.parameters, configuration.run.parameterValues)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(
        _ name: String, _ parameters: [ParameterSpecification], _ values: [String: JSON]
    ) -> [String] {
        ["", "\(name):"] + keys(parameters, values)
    }

    private static func keys(_ parameters: [ParameterSpecification], _ values: [String: JSON]) -> [String] {
        parameters.flatMap { parameter in
            let value = values[parameter.name] ?? parameter.defaultValue
            return comment(parameter) + ["  \(parameter.name): \(scalar(value))"]
        }
    }

    private static func comment(_ parameter: ParameterSpecification) -> [String] {
        let unit = parameter.unit.map { ", in \($0)" } ?? ""
        return ["  # \(parameter.summary)", "  # (\(parameter.expectation)\(unit))"]
    }

    /// JSON is YAML; only texts that need no quotes are written without them.
    private static func scalar(_ value: JSON) -> String {
        guard case .text(let text) = value else { return value == .null ? "null" : value.serialized() }
        let isPlain =
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_./".contains($0)) }
            && text.first?.isLetter == true
            && !["true", "false", "null", "yes", "no", "on", "off"].contains(text.lowercased())
        return isPlain ? text : value.serialized()
    }
}
