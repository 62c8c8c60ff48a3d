import ApusCore

/// A figure that judges predictions against the truth; names and values are scikit-learn's.
///
/// Reports, early stopping and gates look metrics up by name, through `named(_:)`.
public struct Metric: Sendable, Hashable, Codable {
    /// What kind of target a metric judges.
    public enum Target: String, Sendable, Codable {
        /// A label out of a few, predicted as one probability a label.
        case classes
        /// A number.
        case number
    }

    /// The name in reports and configurations, as scikit-learn spells it.
    public let name: String
    /// What kind of target it judges.
    public let target: Target
    /// Whether a greater value is a better one.
    public let greaterIsBetter: Bool
    /// One sentence: what it measures, its range, and what it is by chance.
    public let summary: String

    /// Every metric, those of classes first, each group in the order of reports.
    public static let all = classification + regression

    /// The metrics of a classifier.
    public static let classification: [Metric] = [
        .rocAUC, .averagePrecision, .logLoss, .brierScoreLoss, .accuracy, .balancedAccuracy, .f1Macro,
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
        name: "accuracy", target: .classes, greaterIsBetter: true,
        summary: "Share of rows whose most probable label is the true one; 0 to 1.")

    /// The mean, over the labels that occur, of the share of a label's rows that are found.
    public static let balancedAccuracy = Metric(
        name: "balanced_accuracy", target: .classes, greaterIsBetter: true,
        summary: "Mean over labels of the share of each label's rows that are found; 1/labels by chance.")

    /// The unweighted mean of F1 over the labels that occur in truth or prediction.
    public static let f1Macro = Metric(
        name: "f1_macro", target: .classes, greaterIsBetter: true,
        summary: "Mean over labels of the harmonic mean of precision and recall; 0 to 1.")

    /// The area under the ROC curve; with more than two labels the mean of one label against the rest.
    public static let rocAUC = Metric(
        name: "roc_auc", target: .classes, greaterIsBetter: true,
        summary: "Chance that a random positive row scores above a random negative one; 0.5 by chance. "
            + "More than two labels: mean of each against the rest.")

    /// The step integral of precision over recall; with more than two labels the mean of one label against the rest.
    public static let averagePrecision = Metric(
        name: "average_precision", target: .classes, greaterIsBetter: true,
        summary: "Precision averaged over the recall it is reached at; by chance the share of positive rows. "
            + "More than two labels: mean of each against the rest.")

    /// The mean negative logarithm of the true label's probability.
    public static let logLoss = Metric(
        name: "log_loss", target: .classes, greaterIsBetter: false,
        summary: "Mean of minus the natural logarithm of the true label's probability, clipped to "
            + "[2.2e-16, 1 - 2.2e-16]; 0 is perfect.")

    /// The mean squared distance of the probabilities from the truth, halved with two labels.
    public static let brierScoreLoss = Metric(
        name: "brier_score_loss", target: .classes, greaterIsBetter: false,
        summary: "Mean squared distance of the probabilities from the truth; 0 is perfect. Two labels: halved, "
            + "so 0 to 1; more: 0 to 2.")

    /// The root of the mean squared error.
    public static let rmse = Metric(
        name: "root_mean_squared_error", target: .number, greaterIsBetter: false,
        summary: "Root of the mean squared error, in the target's unit; 0 is perfect.")

    /// The mean absolute error.
    public static let mae = Metric(
        name: "mean_absolute_error", target: .number, greaterIsBetter: false,
        summary: "Mean absolute error, in the target's unit; 0 is perfect.")

    /// The share of the target's variance that the prediction explains.
    public static let r2 = Metric(
        name: "r2", target: .number, greaterIsBetter: true,
        summary: "One minus squared error over the squared error of the mean; 1 is perfect, 0 is the mean's. "
            + "A constant truth: 1 if met exactly, else 0.")

    /// The median absolute error.
    public static let medianAbsoluteError = Metric(
        name: "median_absolute_error", target: .number, greaterIsBetter: false,
        summary: "Median absolute error, in the target's unit: half of the rows are closer; 0 is perfect.")
}
