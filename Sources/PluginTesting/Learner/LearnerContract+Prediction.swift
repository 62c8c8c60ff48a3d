import ApusCore
import Synchronization

extension LearnerContract {
    static let prediction: [Check<LearnerSubject>] = [
        Check(
            Rule(
                "model 17", "answers each row by itself",
                "A batch, its rows one by one, in any order, get the same answers, bit for bit; no rows get none.")
        ) { subject in
            let order = CounterRandom(seed: 2, purpose: "contracts.order").permutation(40)
            let shuffled = try attempt("predict the rows in another order") {
                try subject.model.predict(subject.probe.rows(order), in: subject.context())
            }
            try requireEqual(
                Difference.between(rows(subject.prediction, order), shuffled), "predict the rows in another order")
            for row in 0..<40 {
                let single = try attempt("predict row \(row + 1) alone") {
                    try subject.model.predict(subject.probe.slice(row..<row + 1), in: subject.context())
                }
                try requireEqual(
                    Difference.between(rows(subject.prediction, [row]), single), "predict row \(row + 1) alone")
            }
            let none = try attempt("predict no rows") {
                try subject.model.predict(subject.probe.slice(0..<0), in: subject.context())
            }
            try require(
                none.count == 0 && none.schema == subject.prediction.schema, "predict no rows", "\(none.schema)")
        },
        Check(
            Rule(
                "model 18", "finds columns by name",
                "Columns in another order, with others among them, get the same answers; a missing column, or one of "
                    + "another kind, is refused by an error that names it.")
        ) { subject in
            let reordered = try ColumnChanges.reordered(subject.probe)
            let answers = try attempt("predict reordered columns and an extra one") {
                try subject.model.predict(reordered, in: subject.context())
            }
            try requireEqual(
                Difference.between(subject.prediction, answers), "predict reordered columns and an extra one")
            for name in subject.probe.schema.names {
                try requireRefusal("predict without the column '\(name)'", naming: name) {
                    try subject.model.predict(subject.probe.filter { $0.name != name }, in: subject.context())
                }
            }
            try requireRefusal("predict texts in the number column 'x2'", naming: "x2") {
                try subject.model.predict(ColumnChanges.withText(in: "x2", subject.probe), in: subject.context())
            }
        },
        Check(
            Rule(
                "model 19", "takes labels it has never seen",
                "Where categories are declared, a label that was not in the training rows gets a valid answer.")
        ) { subject in
            guard subject.descriptor.capabilities.contains(.categories) else { return }
            let answers = try attempt("predict unseen labels") {
                try subject.model.predict(ColumnChanges.withUnseenLabels(subject.probe), in: subject.context())
            }
            try requireEqual(invalidity(of: answers), "predict unseen labels")
        },
        Check(
            Rule(
                "model 20", "answers several threads at once",
                "Predictions on 8 threads at the same time equal the one made alone, bit for bit.")
        ) { subject in
            let differences = Mutex<[String]>([])
            onThreads(8) { _ in
                let found: String?
                do {
                    let answers = try subject.model.predict(subject.probe, in: subject.context())
                    found = Difference.between(subject.prediction, answers)
                } catch {
                    found = "it threw \(told(error))"
                }
                if let found { differences.withLock { $0.append(found) } }
            }
            try requireEqual(differences.withLock { $0.first }, "predict on several threads at once")
        },
    ]

    static func rows(_ prediction: Prediction, _ order: [Int]) throws -> Prediction {
        let width = prediction.values.columns
        return try Prediction(
            prediction.schema,
            Matrix(rows: order.count, columns: width) { target in
                for (place, row) in order.enumerated() {
                    for output in 0..<width { target[place * width + output] = prediction.values[row, output] }
                }
            })
    }
}
