import ApusCore
import ApusKernels

/// Turns texts into numbers: each word, or run of words, is hashed to one of `n_features` elements of a vector and
/// counted there.
///
/// Words are runs of two or more letters, digits and underscores. What hashing does to a text depends on nothing but the
/// text, so nothing is learned; words that share an element cancel on average, as half of them count with a minus. A
/// missing text has no words. Memory is in proportion to the words, however many features there are; a learner that takes
/// no vectors needs `transform.expand` behind it.
/// Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009; the values are those of
/// scikit-learn's HashingVectorizer.
public struct HashText: ColumnReplacing {
    /// What is done to the counts of a text.
    public enum Norm: String, ParameterChoice, Codable {
        /// Divide by the root of the sum of squares.
        case l2
        /// Divide by the sum of sizes.
        case l1
        /// Leave counts as they are.
        case none
    }

    /// What it is.
    public static let descriptor = Descriptor(
        id: "transform.hash_text", summary: "Count hashed words of texts in a sparse vector of fixed width",
        source: "Weinberger et al., Feature Hashing for Large Scale Multitask Learning, 2009",
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors], weights: .exact(tolerance: 1e-12))

    /// Which text columns are replaced.
    @Parameter("Text columns to replace.") public var columns = ColumnSelector.kind(.text)
    /// How many elements the vector of a text has.
    @Parameter(
        "Elements of the vector that each text column becomes.", in: .from(1, to: 1_048_576),
        search: .logarithmic(1_024, 1_048_576))
    public var nFeatures = 262_144
    /// How many words are taken together.
    @Parameter("Fewest and most words that are taken together.", in: .from(1, to: 16)) public var ngramRange = [1, 1]
    /// Whether letters lose their case.
    @Parameter("Turn letters to lower case first.") public var lowercase = true
    /// Whether words are counted or only noticed.
    @Parameter("Count a word once, however often it stands in a text.") public var binary = false
    /// Whether half of the words count with a minus.
    @Parameter("Let half of the words count with a minus; turn it off for models of counts.")
    public var alternateSign = true
    /// What is done to the counts.
    @Parameter("Bring the counts of a text to this norm.") public var norm = Norm.l2

    /// All parameters at their defaults.
    public init() {}

    /// A range has two ends in order.
    public func validate() throws {
        guard ngramRange.count == 2, ngramRange[0] <= ngramRange[1] else {
            throw ApusError(
                "expected the fewest and the most words as in [1, 2], found \(ngramRange)",
                at: "parameter 'ngram_range'", kind: .usage)
        }
    }

    /// Whether a column is replaced.
    func replaces(_ field: Field) -> Bool { field.kind == .text && columns.selects(field) }

    /// A vector in the place of each text, of the same name; its elements are called `NAME#0`, `NAME#1`, …
    public func plan(_ schema: Schema) throws -> Schema {
        try Schema(
            schema.fields.map { field in
                replaces(field) ? Field(field.name, .vector, role: field.role, width: nFeatures) : field
            })
    }

    /// Learns nothing.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        try context.checkCancellation()
        return try FittedReplacement(self, inputs: try rows.table.schema)
    }

    /// The fitted transform that `state` was saved from.
    public static func restore(_ state: State) throws -> any FittedTransform { try FittedReplacement<HashText>(state) }
}
