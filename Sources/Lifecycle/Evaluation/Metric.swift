import ApusCore

/// A figure that judges predictions against the truth; names and values are scikit-learn's.
///
/// Reports, early stopping and gates look metrics up by name, through `named(_:)`.
public struct Metric: Sendable, Hashable, Codable {
    /// What kind of target a metric judges.
    public enum Target: String, Sendable, Codable {
        /// A label out of a few, predicted as one probability a label.
        case classes
        /// Any number of labels at once, predicted as the probability of each.
        case labels
        /// A number.
        case number
    }

    /// The name in reports and configurations, as scikit-learn spells it.
    public let name: String
    /// What kinds of target it judges.
    public let targets: Set<Target>
    /// Whether a greater value is a better one.
    public let greaterIsBetter: Bool
    /// One sentence: what it measures, its range, and what it is by chance.
    public let summary: String

    /// Every metric, those of classes first, each group in the order of reports.
    public static let all = classification + multilabel.filter { !classification.contains($0) } + regression

    /// The metrics of a classifier.
    public static let classification: [Metric] = [
        .rocAUC, .averagePrecision, .logLoss, .brierScoreLoss, .accuracy, .balancedAccuracy, .f1Macro,
    ]

    /// The metrics of several labels at once.
    public static let multilabel: [Metric] = [
        .rocAUC, .rocAUCMicro, .rankingAveragePrecision, .logLoss, .hammingLoss, .subsetAccuracy, .f1Micro, .f1Macro,
        .f1Weighted,
    ]

    /// The metrics of a regression.
    public static let regression: [Metric] = [.rmse, .mae, .r2, .medianAbsoluteError]

    /// The metric called `name`. Throws a usage error that offers the nearest name.
    public static func named(_ name: String) throws -> Metric {
        if let metric = all.first(where: { $0.name == name }) { return metric }
        throw ApusError(
            "there is no metric '\(name)'", at: "metric", remedy: Nearest.suggestion(for: name, among: all.map(\.name)),
            kind: .usage)
    }
}

extension Metric {
    /// The share of rows whose most probable label is the true one.
    public static let accuracy = Metric(
        name: "accuracy", targets: [.classes], greaterIsBetter: true,
        summary: "Share of rows whose most probable label is the true one; 0 to 1.")

    /// The mean, over the labels that occur, of the share of a label's rows that are found.
    public static let balancedAccuracy = Metric(
        name: "balanced_accuracy", targets: [.classes], greaterIsBetter: true,
        summary: "Mean over labels of the share of each label's rows that are found; 1/labels by chance.")

    /// The unweighted mean of F1 over the classes that occur in truth or prediction; of several labels at once over all.
    public static let f1Macro = Metric(
        name: "f1_macro", targets: [.classes, .labels], greaterIsBetter: true,
        summary: "Mean over labels of the harmonic mean of precision and recall; 0 to 1.")

    /// The area under the ROC curve; with more than two labels the mean of one label against the rest.
    public static let rocAUC = Metric(
        name: "roc_auc", targets: [.classes, .labels], greaterIsBetter: true,
        summary: "Chance that a random positive row scores above a random negative one; 0.5 by chance. "
            + "More than two labels: mean of each against the rest.")

    /// The step integral of precision over recall; with more than two labels the mean of one label against the rest.
    public static let averagePrecision = Metric(
        name: "average_precision", targets: [.classes], greaterIsBetter: true,
        summary: "Precision averaged over the recall it is reached at; by chance the share of positive rows. "
            + "More than two labels: mean of each against the rest.")

    /// The mean negative logarithm of the true label's probability.
    public static let logLoss = Metric(
        name: "log_loss", targets: [.classes, .labels], greaterIsBetter: false,
        summary: "Mean of minus the natural logarithm of the true label's probability, clipped to "
            + "[2.2e-16, 1 - 2.2e-16]; 0 is perfect. Several labels at once: mean over them.")

    /// The mean squared distance of the probabilities from the truth, halved with two labels.
    public static let brierScoreLoss = Metric(
        name: "brier_score_loss", targets: [.classes], greaterIsBetter: false,
        summary: "Mean squared distance of the probabilities from the truth; 0 is perfect. Two labels: halved, "
            + "so 0 to 1; more: 0 to 2.")

    /// The area under the ROC curve of all answers, whatever their label.
    public static let rocAUCMicro = Metric(
        name: "roc_auc_micro", targets: [.labels], greaterIsBetter: true,
        summary: "Chance that a label that holds scores above one that does not, over all rows and labels; 0.5 by "
            + "chance.")

    /// How high the labels that hold stand in each row.
    public static let rankingAveragePrecision = Metric(
        name: "label_ranking_average_precision", targets: [.labels], greaterIsBetter: true,
        summary: "Mean over rows and the labels that hold of the share of labels that hold among those that score no "
            + "lower; 1 is perfect.")

    /// The share of wrong decisions.
    public static let hammingLoss = Metric(
        name: "hamming_loss", targets: [.labels], greaterIsBetter: false,
        summary: "Share of all decisions, one a row and label, that are wrong; 0 is perfect.")

    /// The share of rows whose labels are all right.
    public static let subsetAccuracy = Metric(
        name: "subset_accuracy", targets: [.labels], greaterIsBetter: true,
        summary: "Share of rows in which every label is decided rightly; 0 to 1.")

    /// F1 of all decisions together.
    public static let f1Micro = Metric(
        name: "f1_micro", targets: [.labels], greaterIsBetter: true,
        summary: "Harmonic mean of precision and recall of all decisions together; 0 to 1.")

    /// The mean of F1 over labels, by how often each holds.
    public static let f1Weighted = Metric(
        name: "f1_weighted", targets: [.labels], greaterIsBetter: true,
        summary: "Mean over labels, by how often each holds, of the harmonic mean of precision and recall; 0 to 1.")

    /// The root of the mean squared error.
    public static let rmse = Metric(
        name: "root_mean_squared_error", targets: [.number], greaterIsBetter: false,
        summary: "Root of the mean squared error, in the target's unit; 0 is perfect.")

    /// The mean absolute error.
    public static let mae = Metric(
        name: "mean_absolute_error", targets: [.number], greaterIsBetter: false,
        summary: "Mean absolute error, in the target's unit; 0 is perfect.")

    /// The share of the target's variance that the prediction explains.
    public static let r2 = Metric(
        name: "r2", targets: [.number], greaterIsBetter: true,
        summary: "One minus squared error over the squared error of the mean; 1 is perfect, 0 is the mean's. "
            + "A constant truth: 1 if met exactly, else 0.")

    /// The median absolute error.
    public static let medianAbsoluteError = Metric(
        name: "median_absolute_error", targets: [.number], greaterIsBetter: false,
        summary: "Median absolute error, in the target's unit: half of the rows are closer; 0 is perfect.")
}
