extension Registry {
    /// A configured objective; for `auto` the usual one for this kind of target.
    public func objective(_ reference: PluginReference, for target: Target) throws -> any Objective {
        guard reference.id == PluginReference.auto.id else { return try objective(reference) }
        let id =
            switch target.task {
            case .regression: "objective.squared"
            case .binary: "objective.logistic"
            case .multiclass: "objective.softmax"
            case .multilabel: "objective.multilabel"
            }
        return try objective(PluginReference(id, reference.parameters))
    }
}
