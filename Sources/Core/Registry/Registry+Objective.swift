extension Registry {
    /// A configured objective, fitted to the target of the training rows; for `auto` the usual one for its kind.
    public func objective(_ reference: PluginReference, for target: Target) throws -> any Objective {
        let objective = try usual(reference, for: target)
        return try (objective as? any TargetFitting)?.fitted(to: target) ?? objective
    }

    private func usual(_ reference: PluginReference, for target: Target) throws -> any Objective {
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
