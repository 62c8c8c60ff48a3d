import ApusCore
import ApusPipeline

/// Everything that decides a training run, checked.
public struct Configuration: Sendable {
    /// The name that asks for the choice to be made.
    static let automaticModel = PluginReference.auto.id

    /// What is read and asked.
    public var data: DataSection
    /// Parameters of the reader.
    public var readerParameters: [String: JSON]
    /// How rows are divided.
    public var split: Split
    /// What is learned from.
    public var features: FeaturesSection
    /// The model's id (`auto` to have it chosen) and parameters.
    public var model: PluginReference
    /// How the model is judged.
    public var evaluation: EvaluationSection
    /// What surrounds the work.
    public var run: RunSection

    /// A configuration from what was written. Every key and value is checked; an unknown one names the nearest, with
    /// its line.
    public init(_ tree: ConfigurationTree = ConfigurationTree(), registry: Registry) throws {
        let known = ["data", "split", "features", "model", "evaluation", "run"]
        for section in tree.sections.keys.sorted() where !known.contains(section) {
            throw ApusError(
                "there is no section '\(section)'", at: tree.places[section] ?? "",
                remedy: Nearest.suggestion(for: section, among: known), kind: .usage)
        }
        var data = tree.sections["data"] ?? [:]
        let dataKeys = Set(DataSection.parameters.map(\.name))
        let readerEntries = data.filter { !dataKeys.contains($0.key) }
        data = data.filter { dataKeys.contains($0.key) }
        self.data = try Configuration.section(data)
        let reader = try registry.find(
            self.data.reader ?? TableFile.readerID(for: self.data.path ?? "", registry: registry), kind: .reader)
        readerParameters = try Configuration.parameters(
            readerEntries, of: reader, or: DataSection.parameters.map(\.name), section: "data")
        split = try Configuration.section(tree.sections["split"] ?? [:])
        features = try Configuration.section(tree.sections["features"] ?? [:])
        for transform in features.transforms ?? [] {
            try Configuration.check(transform, .transform, tree.sections["features"]?["transforms"], registry)
        }
        evaluation = try Configuration.section(tree.sections["evaluation"] ?? [:])
        run = try Configuration.section(tree.sections["run"] ?? [:])
        var modelEntries = tree.sections["model"] ?? [:]
        let id = modelEntries.removeValue(forKey: "id")
        let name = id?.node.json(expecting: .text).text ?? Configuration.automaticModel
        do {
            var chosen = name
            if name == Configuration.automaticModel {
                // Parameters are those of the model that is continued, where one is.
                let continued = modelEntries.isEmpty ? nil : run.from
                chosen =
                    try continued.map { try Artifact.read($0, registry: registry).description.learner }
                    ?? ModelChoice.automaticID
            }
            let type = try registry.find(chosen, kind: .model)
            let parameters = try Configuration.parameters(modelEntries, of: type, or: ["id"], section: "model")
            model = PluginReference(
                name == Configuration.automaticModel ? name : type.descriptor.id, parameters)
            for specification in type.parameters where specification.kind == .plugin {
                guard let reference = parameters[specification.name].flatMap(PluginReference.init),
                    reference != .auto
                else { continue }
                try Configuration.check(reference, specification.plugin, modelEntries[specification.name], registry)
            }
        } catch let error as ApusError where error.place.isEmpty {
            throw error.at(id?.place ?? "model")
        }
    }

    /// Finds a plugin that is referred to, and makes it, before any work is done.
    private static func check(
        _ reference: PluginReference, _ kind: PluginKind?, _ entry: ConfigurationTree.Entry?, _ registry: Registry
    ) throws {
        do {
            _ = try registry.find(reference.id, kind: kind).init(parameters: reference.parameters)
        } catch let error as ApusError {
            throw entry.map { error.at($0.place) } ?? error
        }
    }

    private static func section<Section: Configurable>(
        _ entries: [String: ConfigurationTree.Entry]
    ) throws -> Section {
        try Section(parameters: try parameters(entries, of: Section.self, or: [], section: Section.configurationName))
    }

    /// The entries as parameters of `type`, each checked by itself so that a message can name its line.
    private static func parameters(
        _ entries: [String: ConfigurationTree.Entry], of type: any Configurable.Type, or more: [String], section: String
    ) throws -> [String: JSON] {
        let specifications = Dictionary(uniqueKeysWithValues: type.parameters.map { ($0.name, $0) })
        var values: [String: JSON] = [:]
        for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
            guard let specification = specifications[key] else {
                throw ApusError(
                    "'\(section)' has no key '\(key)'", at: entry.place,
                    remedy: Nearest.suggestion(for: key, among: specifications.keys.sorted() + more), kind: .usage)
            }
            let value = entry.node.json(expecting: specification.kind)
            do {
                _ = try type.init(parameters: [key: value])
                values[key] = value
            } catch let error as ApusError {
                // A list of texts may hold 999: as text it is what was written.
                let text = entry.node.json(expecting: .text)
                guard (try? type.init(parameters: [key: text])) != nil else { throw error.at(entry.place) }
                values[key] = text
            }
        }
        return values
    }

    /// Everything, defaults included, as it goes into records.
    public var json: JSON {
        .object([
            "data": .object(data.parameterValues.merging(readerParameters) { $1 }),
            "split": .object(split.parameterValues), "features": .object(features.parameterValues),
            "model": .object(model.parameters.merging(["id": .text(model.id)]) { $1 }),
            "evaluation": .object(evaluation.parameterValues), "run": .object(run.parameterValues),
        ])
    }
}
