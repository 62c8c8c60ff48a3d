// Fits boosted trees on a table in memory and prints seconds and what the fit added to the peak of memory, as JSON.
//
// usage: boosting TABLE.csv TARGET LEAVES THREADS [TREES]
//
// `allowed_mib` is what a fit may add: 2.5 bytes a cell for two copies of the bins, 32 bytes a row for scores, gradients
// and lists of rows, and the histograms of all leaves, at most the pool's 256 MiB. `model_mib` is what of it stays, the
// model, which nothing is allowed for. A fit of one tree comes first: code that runs for the first time does not count.
import Apus
import ApusReaders
import Foundation

/// A value of /proc/self/status, in MiB; nil on other systems.
func status(_ key: String) -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key + ":") }),
        let kibibytes = Double(line.split(whereSeparator: \.isWhitespace)[1])
    else { return nil }
    return kibibytes / 1024
}

/// Gives free memory back to the system.
func trim() {
    typealias Trim = @convention(c) (Int) -> Int32
    if let trim = dlsym(dlopen(nil, RTLD_NOW), "malloc_trim") { _ = unsafeBitCast(trim, to: Trim.self)(0) }
}

func run() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 5, let leaves = Int(arguments[3]), let threads = Int(arguments[4]) else {
        throw ApusError("usage: boosting TABLE.csv TARGET LEAVES THREADS [TREES]")
    }
    let registry = try Registry.builtin()
    let context = RunContext(threads: threads, registry: registry)
    let target = arguments[2]
    let dataset = try Dataset(
        CSVReader().open(.file(arguments[1]), schema: nil, in: context).readAll(), Dataset.Question(target: target))
    let rows = dataset.table.rowCount
    // Only a split makes rows to fit on; with a test part of its own it gives all of them.
    let held = HeldOutRows(table: try dataset.table.rows([0]), target: dataset.target.rows([0]))
    let training = try Split().divide(dataset, test: held, validation: false, seed: 1).training
    func fit(trees: Double) throws -> any Model {
        let learner = try registry.find("gradient_boosting", kind: .model).init(parameters: [
            "num_leaves": .number(Double(leaves)), "early_stopping": false, "n_estimators": .number(trees),
        ])
        guard let learner = learner as? any Learner else { throw ApusError("it is not a learner") }
        return try learner.fit(training, from: nil, in: context)
    }
    _ = try fit(trees: 1)
    // From here on the peak counts: what came before may have needed more, which must not be used again unseen.
    trim()
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    let before = status("VmRSS")
    let start = ContinuousClock.now
    let model = try fit(trees: arguments.count > 5 ? Double(arguments[5]) ?? 100 : 100)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let peak = status("VmHWM")
    trim()
    let after = status("VmRSS")
    let columns = model.inputs.fields.count
    let pool = min(Double(256 << 20), Double(leaves * columns * 272 * 8))
    let allowed = 2.5 * Double(rows * columns) + 32 * Double(rows) + pool
    var result: [String: JSON] = ["fit": .number(seconds), "allowed_mib": .number(allowed / 1_048_576)]
    if let before, let peak, let after {
        result["fit_mib"] = .number(peak - before)
        result["model_mib"] = .number(after - before)
    }
    print(JSON.object(result).serialized())
}

do { try run() } catch {
    print("\(error)")
    exit(1)
}
