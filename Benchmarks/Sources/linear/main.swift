// Fits one linear learner on a table in memory and prints seconds, the objective and the peak of memory as JSON.
//
// usage: linear FOLDER ROWS COLUMNS THREADS LEARNER [PARAMETERS]
//
// FOLDER holds x.bin, column after column of doubles, y.bin and, for classes, c.bin, all little-endian; it is what
// peers/linear.py writes. LEARNER is linear_regression, ridge, lasso or logistic_regression; PARAMETERS a JSON object.
import Apus
import Foundation

func doubles(_ path: String, _ count: Int) throws -> Buffer<Double> {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    return try Buffer<Double>(count: count) { target in
        var place = UnsafeMutableRawBufferPointer(target)
        while place.count > 0 {
            guard let part = try file.read(upToCount: min(place.count, 16 << 20)), !part.isEmpty else {
                throw ApusError("the file is too short", at: path)
            }
            part.copyBytes(to: place)
            place = UnsafeMutableRawBufferPointer(rebasing: place[part.count...])
        }
    }
}

/// The most memory that this process has held, in MiB.
func peak() -> Double {
    var usage = rusage()
    #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return Double(usage.ru_maxrss) / 1_048_576
    #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
    #endif
}

/// What the learner minimises, from the answers of the model and its coefficients, a row.
func objective(_ id: String, _ parameters: [String: JSON], _ coefficients: [Double], _ answers: Prediction) -> Double {
    let rows = Double(truth.count)
    var sum = 0.0
    for row in truth.indices {
        if isClassifier {
            // From the probability of what did not happen: log1p keeps the digits of small losses.
            sum -= log1p(-answers.values[row, truth[row] > 0.5 ? 0 : 1])
        } else {
            sum += (answers.value(row) - truth[row]) * (answers.value(row) - truth[row])
        }
    }
    let squares = coefficients.reduce(0) { $0 + $1 * $1 }
    switch id {
    case "model.ridge": return (sum + (parameters["alpha"]?.number ?? .nan) * squares) / rows
    case "model.lasso":
        return sum / (2 * rows) + (parameters["alpha"]?.number ?? .nan) * coefficients.reduce(0) { $0 + abs($1) }
    case "model.logistic_regression": return ((parameters["c"]?.number ?? .nan) * sum + 0.5 * squares) / rows
    default: return sum / rows
    }
}

let arguments = CommandLine.arguments
guard arguments.count >= 6, let rows = Int(arguments[2]), let columns = Int(arguments[3]),
    let threads = Int(arguments[4])
else {
    print("usage: linear FOLDER ROWS COLUMNS THREADS LEARNER [PARAMETERS]")
    exit(2)
}
let folder = arguments[1]
let parameters = arguments.count > 6 ? try JSON(parsing: arguments[6]).object ?? [:] : [:]
let registry = try Registry.builtin()
guard let learner = try registry.find(arguments[5], kind: .model).init(parameters: parameters) as? any Learner else {
    throw ApusError("it is no learner", at: arguments[5])
}
let id = type(of: learner).descriptor.id
let isClassifier = id == "model.logistic_regression"
let cells = try doubles(folder + "/x.bin", rows * columns)
let truth = try doubles(folder + (isClassifier ? "/c.bin" : "/y.bin"), rows)
let features = (0..<columns).map { ("x\($0)", Column(.double(cells.slice($0 * rows..<($0 + 1) * rows)))) }
let table = try Table(features)
let target = isClassifier ? Column(categories: truth.map { $0 > 0.5 ? "1" : "0" }) : Column(.double(truth))
let dataset = try Dataset(try Table(features + [("target", target)]), Dataset.Question(target: "target"))
// Only a split makes rows to fit on; with a test part of its own it gives all of them.
let held = HeldOutRows(table: try table.rows([0]), target: dataset.target.rows([0]))
let training = try Split().divide(dataset, test: held, validation: false, seed: 1).training
let context = RunContext(threads: threads, registry: registry)
let before = peak()
var (best, fitted) = (Double.infinity, nil as (any Model)?)
var first = 0.0
for _ in 0..<3 {
    let start = ContinuousClock.now
    fitted = try learner.fit(training, from: nil, in: context)
    best = min(best, (ContinuousClock.now - start) / .seconds(1))
    if first == 0 { first = peak() - before }
}
guard let model = fitted, let facts = (model as? any Inspectable)?.facts,
    let named = facts["coefficients"]?.list?.first?.object
else { throw ApusError("it is no linear model", at: arguments[5]) }
let value = objective(
    id, learner.parameterValues, named.values.compactMap(\.number), try model.predict(table, in: context))
let result: JSON = [
    "fit": .number(best), "objective": .number(value), "fit_mib": .number(first),
    "packed_mib": .number(Double(rows * columns * 8) / 1_048_576),
]
print(result.serialized())
