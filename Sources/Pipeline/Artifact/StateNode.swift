import ApusCore

/// A state as it nests in a file: its tensors stand under dotted names.
struct StateNode: Codable {
    var plugin: String
    var version: Int
    var json: String
    var prefix: String
    var tensors: [String]
    var children: [String: StateNode]

    init(_ state: State, prefix: String, tensors all: inout [(name: String, tensor: Tensor)]) {
        plugin = state.plugin
        version = state.version
        json = state.json
        self.prefix = prefix
        tensors = state.tensors.keys.sorted()
        for (name, tensor) in state.tensors.sorted(by: { $0.key < $1.key }) {
            all.append(("\(prefix).\(name)", tensor))
        }
        children = [:]
        for (name, child) in state.children.sorted(by: { $0.key < $1.key }) {
            children[name] = StateNode(child, prefix: "\(prefix).\(name)", tensors: &all)
        }
    }

    func state(tensors all: [String: Tensor]) throws -> State {
        var found: [String: Tensor] = [:]
        for name in tensors {
            guard let tensor = all["\(prefix).\(name)"] else {
                throw ApusError("the tensor '\(prefix).\(name)' is missing", remedy: "Train the model again.")
            }
            found[name] = tensor
        }
        return State(
            plugin: plugin, version: version, json: json, tensors: found,
            children: try children.mapValues { try $0.state(tensors: all) })
    }
}
