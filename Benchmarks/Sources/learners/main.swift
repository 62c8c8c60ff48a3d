// Fits and predicts with every learner on both backends and prints seconds as JSON, one line a learner and task.
//
// usage: learners [ROWS [COLUMNS [THREADS]]]
//
// The answers of the two backends are compared before a time counts.
import Apus
import Foundation

let arguments = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 }
let rows = arguments.first ?? 20_000
let columns = arguments.count > 1 ? arguments[1] : 20
let threads = arguments.count > 2 ? arguments[2] : 2
let registry = try Registry.builtin()
let random = CounterRandom(seed: 1, purpose: "benchmark")
let values = (0..<columns).map { column in (0..<rows).map { 2 * random.unit(column * rows + $0) - 1 } }
let scores = (0..<rows).map { row in
    values[0][row] - values[1][row] + values[2][row] * values[3 % columns][row]
        + 0.5 * random.unit(columns * rows + row)
}
let features = values.enumerated().map { ("x\($0.offset)", Column($0.element)) }
let table = try Table(features)

/// All rows with a target of this task.
func training(_ task: LearningTask) throws -> TrainingRows {
    let target =
        switch task {
        case .regression: Column(scores)
        case .binary: Column(categories: scores.map { $0 > 0.2 ? "yes" : "no" })
        default: Column(categories: scores.map { $0 > 0.6 ? "top" : $0 > -0.2 ? "middle" : "low" })
        }
    let dataset = try Dataset(
        try Table(features + [("target", target)]), Dataset.Question(target: "target", task: task))
    let held = HeldOutRows(table: try table.rows([0]), target: dataset.target.rows([0]))
    return try Split().divide(dataset, test: held, validation: false, seed: 1).training
}

/// The least of two runs: the first one also wakes what was never used before.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    try (0..<2).map { _ in
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }.min() ?? 0
}

for plugin in registry.plugins(.model) {
    guard let learner = try plugin.init(parameters: [:]) as? any Learner else { continue }
    tasks: for task in [LearningTask.regression, .binary, .multiclass] where plugin.descriptor.tasks.contains(task) {
        let training = try training(task)
        var line: [String: JSON] = ["learner": .text(plugin.descriptor.id), "task": .text(task.rawValue)]
        var answers: [Prediction] = []
        for backend in Backend.allCases {
            let context = RunContext(threads: threads, backend: backend, registry: registry)
            var model: (any Model)?
            let fit: Double
            do {
                fit = try seconds { model = try learner.fit(training, from: nil, in: context) }
            } catch let error as ApusError {
                // Counts, for one, are never below zero.
                FileHandle.standardError.write(Data("left out: \(plugin.descriptor.id): \(error)\n".utf8))
                continue tasks
            }
            guard let model else { continue }
            var answer: Prediction?
            let predict = try seconds { answer = try model.predict(table, in: context) }
            if let answer { answers.append(answer) }
            line["\(backend.rawValue)_fit"] = .number(fit)
            line["\(backend.rawValue)_predict"] = .number(predict)
        }
        let (ours, twins) = (answers[0].values.elements, answers[1].values.elements)
        let squares = zip(ours, twins).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let difference = (squares / Double(max(1, ours.count))).squareRoot()
        // Contracts hold every answer to the agreement on small tables. Here the roundings of thousands of steps add up,
        // and single answers of a network move: their root mean square is held to ten times that.
        guard difference <= 10 * plugin.descriptor.agreement else {
            throw ApusError("the backends differ by \(difference)", at: plugin.descriptor.id, kind: .plugin)
        }
        print(JSON.object(line).serialized())
    }
}
