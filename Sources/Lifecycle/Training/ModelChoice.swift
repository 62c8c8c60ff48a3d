import ApusCore
import ApusPipeline

/// The model that is fitted, and why this one.
public struct ModelChoice: Sendable {
    /// What is taken when none is asked for.
    static let automaticID = "model.gradient_boosting"

    /// Its id and the parameters that were given.
    public let reference: PluginReference
    /// A clause.
    public let reason: String

    init(_ reference: PluginReference, reason: String) {
        self.reference = reference
        self.reason = reason
    }

    init(_ asked: PluginReference) {
        if asked.id == Configuration.automaticModel {
            reference = PluginReference(ModelChoice.automaticID, asked.parameters)
            reason = "the default for tables: takes numbers, categories and missing values as they are"
        } else {
            reference = asked
            reason = "asked for"
        }
    }
}
