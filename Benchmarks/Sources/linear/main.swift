// Fits one dense learner, or the transform pca, on a table in memory and prints seconds, the objective and the peak of
// memory as JSON.
//
// usage: linear FOLDER ROWS COLUMNS THREADS LEARNER [PARAMETERS]
//
// FOLDER holds x.bin, column after column of doubles, y.bin and, for classes, c.bin, all little-endian; it is what
// peers/linear.py writes. LEARNER is linear_regression, ridge, lasso, logistic_regression, gaussian_naive_bayes or pca;
// PARAMETERS a JSON object.
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

/// The result of three runs, seconds of the best, and what the first added to the peak of memory, in MiB.
func measured<Result>(_ body: () throws -> Result) throws -> (result: Result, seconds: Double, memory: Double) {
    let before = peak()
    var (best, memory, last) = (Double.infinity, Double.nan, nil as Result?)
    for _ in 0..<3 {
        let start = ContinuousClock.now
        last = try body()
        best = min(best, (ContinuousClock.now - start) / .seconds(1))
        if memory.isNaN { memory = peak() - before }
    }
    guard let last else { throw ApusError("nothing was run") }
    return (last, best, memory)
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
let isTransform = arguments[5] == "pca"
let plugin = try registry.find(arguments[5], kind: isTransform ? .transform : .model)
let isClassifier = plugin.descriptor.tasks.contains(.binary)
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
let (seconds, memory, value): (Double, Double, Double)
switch try plugin.init(parameters: parameters) {
case let learner as any Learner:
    let (model, best, added) = try measured { try learner.fit(training, from: nil, in: context) }
    let objectives = Objectives(id: plugin.descriptor.id, parameters: learner.parameterValues, truth: truth)
    (seconds, memory, value) = (best, added, try objectives.value(model, on: table, in: context))
case let transform as any Transform:
    let (fitted, best, added) = try measured { try transform.fit(training, in: context) }
    let components = try fitted.apply(table, in: context)
    (seconds, memory, value) = (best, added, Objectives.variance(of: table, beyond: components))
default: throw ApusError("it is neither a learner nor a transform", at: arguments[5])
}
let result: JSON = [
    "fit": .number(seconds), "objective": .number(value), "fit_mib": .number(memory),
    "packed_mib": .number(Double(rows * columns * 8) / 1_048_576),
]
print(result.serialized())
