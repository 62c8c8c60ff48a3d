import ApusCore
import ApusPipeline

/// Why a pipeline answers as it does: what each feature of single rows contributes to the model's raw scores.
///
/// A row's score is its base value plus its contributions. What transforms made of a feature (`city=Paris`) is added up
/// to the feature.
public struct Explanation: Sendable {
    /// The features, as they came into the pipeline.
    public let table: Table
    /// What the pipeline answers.
    public let prediction: Prediction
    /// What each score is about: the only one of a regression or of two classes, else one a label.
    public let scores: [String]
    /// One a score, `(rows, features + 1)`: the contributions, and the base value last.
    public let contributions: [Matrix<Double>]
    /// The vectors among the features that the model takes as they came, and tells the elements of, by their columns.
    private let vectors: [Int: Vectors]

    private struct Vectors: Sendable {
        let rows: SparseRows
        let field: Field
        let model: any ElementExplainable
        let position: Int
    }

    /// Explains the rows of a table that is in the pipeline's inputs' order. Throws where the model does not explain.
    public init(_ table: Table, by pipeline: FittedPipeline, target: String, in context: RunContext) throws {
        guard let model = pipeline.model as? any Explainable else {
            throw ApusError(
                "the model does not tell what features contribute",
                remedy: "Permutation importance works for every model: apus explain MODEL.apus TEST.csv --importance.",
                kind: .usage)
        }
        self.table = table
        // Offsets are none of the features' doing: they count as 0.
        prediction = try pipeline.predict(table, offsets: nil, in: context)
        let transformed = try pipeline.transform(table, in: context)
        let parts = try model.contributions(transformed, in: context)
        vectors = try Explanation.vectors(in: table, for: model, transformed)
        let origin = Explanation.origins(of: model.inputs, in: table.schema)
        let width = table.columns.count + 1
        contributions = parts.map { part in
            Matrix(rows: part.rows, columns: width) { target in
                target.initialize(repeating: 0)
                for row in 0..<part.rows {
                    for (column, feature) in origin.enumerated() { target[row * width + feature] += part[row, column] }
                    target[row * width + width - 1] += part[row, origin.count]
                }
            }
        }
        let labels = pipeline.outputs.labels
        scores =
            parts.count == labels.count
            ? labels : parts.count == 1 ? [labels.last ?? target] : parts.indices.map(String.init)
    }

    /// The feature that each input of the model came from: the one of its name, or of the longest name that it begins
    /// with before a `=`. One that has none counts with the base value.
    private static func origins(of inputs: Schema, in features: Schema) -> [Int] {
        inputs.names.map { name in
            if let same = features.index(of: name) { return same }
            let before = name.indices.reversed().lazy.filter { name[$0] == "=" }
            return before.compactMap { features.index(of: String(name[..<$0])) }.first ?? features.fields.count
        }
    }

    private static func vectors(
        in table: Table, for model: any Explainable, _ transformed: Table
    ) throws -> [Int: Vectors] {
        guard let model = model as? any ElementExplainable else { return [:] }
        var found: [Int: Vectors] = [:]
        for (position, field) in model.inputs.fields.enumerated() {
            guard let column = table.schema.index(of: field.name), table.columns[column].vectors != nil,
                let rows = try transformed.column(field.name).vectors
            else { continue }
            found[column] = Vectors(rows: rows, field: field, model: model, position: position)
        }
        return found
    }

    /// The score that explains the answer for `row`: the only one, or that of the most probable label.
    public func score(explaining row: Int) -> Int { contributions.count > 1 ? prediction.classIndex(row) : 0 }

    /// The base value of a row's score.
    public func base(_ row: Int, score: Int) -> Double { contributions[score][row, table.columns.count] }

    /// The score: base value plus contributions.
    public func total(_ row: Int, score: Int) -> Double { contributions[score].row(row).reduce(0, +) }

    /// One feature's part in the score of one row.
    public struct Part: Sendable {
        /// The feature's name; nil for all others together.
        public let feature: String?
        /// Its value as text; nil if missing.
        public let value: String?
        /// How many features it stands for.
        public let count: Int
        /// What it adds to the score.
        public let contribution: Double
    }

    /// The `top` largest contributions to a row's score by their size, and what the others add up to. Of a vector whose
    /// elements the model tells apart those that are not zero and contribute stand by themselves.
    public func parts(_ row: Int, score: Int, top: Int) -> [Part] {
        let all = table.columns.indices.flatMap { columnParts(row, score: score, $0) }
        let order = all.indices.sorted { (abs(all[$0].contribution), $1) > (abs(all[$1].contribution), $0) }
        var parts = order.prefix(max(0, top)).map { all[$0] }
        let others = order.dropFirst(max(0, top))
        if !others.isEmpty {
            parts.append(
                Part(
                    feature: nil, value: nil, count: others.count,
                    contribution: others.reduce(0) { $0 + all[$1].contribution }))
        }
        return parts
    }

    private func columnParts(_ row: Int, score: Int, _ column: Int) -> [Part] {
        let (name, contribution) = (table.schema.fields[column].name, contributions[score][row, column])
        let elements = elements(row, score: score, column)
        guard !elements.isEmpty else {
            return [Part(feature: name, value: table.columns[column].text(row), count: 1, contribution: contribution)]
        }
        let rest = elements.reduce(contribution) { $0 - $1.contribution }
        return elements + [Part(feature: "\(name), all others", value: "0", count: 1, contribution: rest)]
    }

    /// The elements of a vector that are not zero in a row and contribute.
    private func elements(_ row: Int, score: Int, _ column: Int) -> [Part] {
        guard let vectors = vectors[column] else { return [] }
        let found = vectors.model.contributions(ofEntries: vectors.rows, row: row, at: vectors.position)[score]
        return zip(vectors.rows.entries(of: row), found).filter { $0.1 != 0 }.map { entry, contribution in
            Part(
                feature: vectors.field.elementName(Int(vectors.rows.indices[entry])),
                value: Column.text(vectors.rows.values[entry]), count: 1, contribution: contribution)
        }
    }

    /// The answer for a row in words: `yes, probability 0.9`, or the number.
    public func answer(_ row: Int) -> String {
        let probability = { NumberText.metric(prediction.values[row, $0]) }
        switch prediction.schema.task {
        case .regression: return NumberText.short(prediction.value(row))
        case .binary, .multiclass:
            let best = prediction.classIndex(row)
            return "\(prediction.schema.labels[best]), probability \(probability(best))"
        case .multilabel:
            let labels = prediction.labels(row)
            return labels.isEmpty ? "no label" : labels.joined(separator: ", ")
        }
    }

    /// The documented form: rows with their answer and, for each score, base value, contributions and sum; those of the
    /// elements of vectors beside, where the model tells them apart.
    public var json: JSON {
        let names = table.schema.names
        return .list(
            (0..<table.rowCount).map { row in
                let scores = zip(scores, contributions).enumerated().map { score, part -> (String, JSON) in
                    let features = zip(names, part.1.row(row)).map { ($0, $1.json) }
                    var json: [String: JSON] = [
                        "base": base(row, score: score).json,
                        "contributions": .object(Dictionary(features, uniquingKeysWith: { first, _ in first })),
                        "score": total(row, score: score).json,
                    ]
                    if !vectors.isEmpty {
                        let entries = vectors.keys.flatMap { elements(row, score: score, $0) }
                            .map { ($0.feature ?? "", $0.contribution.json) }
                        json["elements"] = .object(Dictionary(entries, uniquingKeysWith: { first, _ in first }))
                    }
                    return (part.0, .object(json))
                }
                let values = zip(names, table.columns).map { ($0, $1.text(row).json) }
                return [
                    "row": (row + 1).json, "prediction": .text(answer(row)),
                    "outputs": Array(prediction.values.row(row)).json,
                    "values": .object(Dictionary(values, uniquingKeysWith: { first, _ in first })),
                    "scores": .object(Dictionary(scores, uniquingKeysWith: { first, _ in first })),
                ]
            })
    }
}
