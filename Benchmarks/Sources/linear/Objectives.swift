import Apus
import Foundation

/// What a learner minimises, a row, from the answers of its model.
struct Objectives {
    let id: String
    let parameters: [String: JSON]
    /// Numbers, or 0 and 1.
    let truth: Buffer<Double>

    private var rows: Double { Double(truth.count) }
    private func number(_ name: String) -> Double { parameters[name]?.number ?? .nan }

    func value(_ model: any Model, on table: Table, in context: RunContext) throws -> Double {
        let answers = try model.predict(table, in: context)
        if id == "model.gaussian_naive_bayes" { return logLoss(answers) / rows }
        guard let facts = (model as? any Inspectable)?.facts,
            let coefficients = facts["coefficients"]?.list?.first?.object?.values.compactMap(\.number)
        else { throw ApusError("it is no linear model", at: id) }
        let squares = coefficients.reduce(0) { $0 + $1 * $1 }
        switch id {
        case "model.ridge": return (errors(answers) + number("alpha") * squares) / rows
        case "model.lasso":
            return errors(answers) / (2 * rows) + number("alpha") * coefficients.reduce(0) { $0 + abs($1) }
        case "model.logistic_regression": return (number("c") * logLoss(answers) + 0.5 * squares) / rows
        default: return errors(answers) / rows
        }
    }

    private func errors(_ answers: Prediction) -> Double {
        truth.indices.reduce(0) { sum, row in
            sum + (answers.value(row) - truth[row]) * (answers.value(row) - truth[row])
        }
    }

    /// From the probability of what did not happen: log1p keeps the digits of small losses.
    private func logLoss(_ answers: Prediction) -> Double {
        truth.indices.reduce(0) { $0 - log1p(-answers.values[$1, truth[$1] > 0.5 ? 0 : 1]) }
    }

    /// The variance of `table` that its components leave out.
    static func variance(of table: Table, beyond components: Table) -> Double {
        func variances(_ table: Table) -> Double {
            table.columns.reduce(0) { total, column in
                guard let values = column.doubles else { return .nan }
                let mean = values.reduce(0, +) / Double(values.count)
                return total + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
            }
        }
        return variances(table) - variances(components)
    }
}
