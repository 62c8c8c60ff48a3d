import ApusCore

/// A state in a file of its own, in the layout of an artifact and as well checked.
package enum StateFile {
    private static let stateKey = "state"

    /// Writes the file, over what stands there: to a temporary name, synced, renamed.
    package static func write(_ state: State, metadata: [String: String], to path: String) throws {
        var tensors: [(name: String, tensor: Tensor)] = []
        var metadata = metadata
        metadata[stateKey] = try StableJSON.text(StateNode(state, prefix: "state", tensors: &tensors))
        try ArtifactFile.write(metadata: metadata, tensors: tensors, to: path, force: true)
    }

    /// Reads and checks the file. Throws where it is damaged, newer, or holds no state.
    package static func read(_ path: String) throws -> (state: State, metadata: [String: String]) {
        let file = try ArtifactFile.read(path)
        guard let text = file.metadata[stateKey] else { throw ApusError("it holds no state", at: path) }
        do {
            let node: StateNode = try StableJSON.value(text)
            return (try node.state(tensors: file.tensors), file.metadata)
        } catch let error as ApusError {
            throw error.at(path)
        }
    }
}
