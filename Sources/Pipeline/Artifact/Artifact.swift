import ApusCore

/// What a run leaves: the fitted pipeline, and what one must know to use and to trust it. It holds nothing that varies
/// from run to run: equal data, configuration and seed give equal bytes.
public struct Artifact: Sendable {
    /// What stands beside the fitted state.
    public struct Description: Sendable, Codable, Equatable {
        /// The target columns, and what stands in them.
        public var target: TargetColumns
        /// The name of the column that weighed the rows, if one did.
        public var weight: String?
        /// The names of the columns that are added to the scores, if there were any.
        public var offsets: [String]?
        /// The ids of the transforms.
        public var transforms: [String]
        /// The learner's id.
        public var learner: String
        /// The learner's parameters, defaults included.
        public var parameters: JSON
        /// The data that were read.
        public var data: Data
        /// How rows were divided.
        public var split: Split.Report?
        /// Metric values by part.
        public var metrics: JSON
        /// The version of Apus that wrote it.
        public var apus: String

        /// The data that were read.
        public struct Data: Sendable, Codable, Equatable {
            /// Rows with a target.
            public var rows: Int
            /// Columns read.
            public var columns: Int
            /// SHA-256 over names and values, whatever the file format; nil for data made in code.
            public var digest: String?

            /// The data that were read.
            public init(rows: Int, columns: Int, digest: String?) {
                self.rows = rows
                self.columns = columns
                self.digest = digest
            }
        }

        /// A description.
        public init(
            target: TargetColumns, weight: String? = nil, offsets: [String] = [], pipeline: Pipeline, data: Data,
            split: Split.Report?,
            metrics: JSON = [:], apus: String
        ) {
            self.target = target
            self.weight = weight
            self.offsets = offsets.isEmpty ? nil : offsets
            transforms = pipeline.transforms.map { type(of: $0).descriptor.id }
            learner = type(of: pipeline.learner).descriptor.id
            parameters = .object(pipeline.learner.parameterValues)
            self.data = data
            self.split = split
            self.metrics = metrics
            self.apus = apus
        }
    }

    /// What predicts.
    public let pipeline: FittedPipeline
    /// What one must know.
    public let description: Description
    /// What the training rows looked like, for comparison with rows to come.
    public let reference: ReferenceStatistics

    /// An artifact.
    public init(_ pipeline: FittedPipeline, _ description: Description, reference: ReferenceStatistics) {
        self.pipeline = pipeline
        self.description = description
        self.reference = reference
    }

    private static let descriptionKey = "description"
    private static let schemaKey = "schema"
    private static let referenceKey = "reference"
    private static let stateKey = "state"

    /// Writes the file: to a temporary name, synced, renamed. Throws where the place cannot be written, or where a
    /// file stands there without `force`.
    public func write(to path: String, force: Bool = false) throws {
        let (metadata, tensors) = try contents()
        try ArtifactFile.write(metadata: metadata, tensors: tensors, to: path, force: force)
    }

    /// The bytes of the file.
    public func bytes() throws -> Buffer<UInt8> {
        let (metadata, tensors) = try contents()
        return try ArtifactFile.bytes(metadata: metadata, tensors: tensors)
    }

    private func contents() throws -> (metadata: [String: String], tensors: [(name: String, tensor: Tensor)]) {
        var tensors: [(name: String, tensor: Tensor)] = []
        let tree = StateTree(
            transforms: try pipeline.transforms.enumerated().map {
                StateNode(try $1.state(), prefix: "transforms.\($0)", tensors: &tensors)
            }, model: StateNode(try pipeline.model.state(), prefix: "model", tensors: &tensors),
            outputs: try pipeline.outputTransforms.enumerated().map {
                StateNode(try $1.state(), prefix: "outputs.\($0)", tensors: &tensors)
            })
        let metadata = [
            Artifact.descriptionKey: try StableJSON.text(description),
            Artifact.schemaKey: try StableJSON.text(pipeline.inputs),
            Artifact.referenceKey: try StableJSON.text(reference), Artifact.stateKey: try StableJSON.text(tree),
        ]
        return (metadata, tensors)
    }

    /// Reads and checks the file. Throws where it is damaged or newer, or holds a plugin that `registry` lacks.
    public static func read(_ path: String, registry: Registry) throws -> Artifact {
        try make(ArtifactFile.read(path), name: path, registry: registry)
    }

    /// Reads an artifact from memory.
    public static func read(bytes: Buffer<UInt8>, registry: Registry) throws -> Artifact {
        try make(ArtifactFile.read(bytes: bytes), name: "artifact", registry: registry)
    }

    private static func make(_ file: ArtifactFile, name: String, registry: Registry) throws -> Artifact {
        func part<Value: Decodable>(_ key: String) throws -> Value {
            guard let text = file.metadata[key] else {
                throw ApusError(
                    "it holds no '\(key)'", at: name, remedy: "It is a safetensors file, but not one that Apus wrote.")
            }
            do {
                return try StableJSON.value(text)
            } catch let error as ApusError {
                throw error.at("\(name): \(key)")
            }
        }
        do {
            let tree: StateTree = try part(stateKey)
            let inputs: Schema = try part(schemaKey)
            func restored<Kind>(_ node: StateNode, as kind: PluginKind, _ type: Kind.Type) throws -> Kind {
                let state = try node.state(tensors: file.tensors)
                guard let plugin = try registry.find(state.plugin, kind: kind) as? any Restorable.Type,
                    let fitted = try plugin.restoring(state) as? Kind
                else { throw ApusError("\(state.plugin) cannot be restored", kind: .plugin) }
                return fitted
            }
            let description: Description = try part(descriptionKey)
            let pipeline = FittedPipeline(
                inputs: inputs,
                transforms: try tree.transforms.map { try restored($0, as: .transform, (any FittedTransform).self) },
                model: try restored(tree.model, as: .model, (any Model).self),
                outputTransforms: try tree.outputs.map {
                    try restored($0, as: .output, (any FittedOutputTransform).self)
                }, offsets: description.offsets ?? [])
            return Artifact(pipeline, description, reference: try part(referenceKey))
        } catch var error as ApusError {
            if error.kind == .usage, error.place.isEmpty {
                error.remedy = "The model was trained with a plugin that this program does not have."
                error.kind = .input
            }
            throw error.place.hasPrefix(name) ? error : error.at(name)
        }
    }
}

/// The states of a pipeline, nested as the pipeline is.
private struct StateTree: Codable {
    var transforms: [StateNode]
    var model: StateNode
    var outputs: [StateNode]
}
