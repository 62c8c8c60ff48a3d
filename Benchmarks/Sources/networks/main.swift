import Apus
import ApusKernels
import Foundation

// usage: networks [EPOCHS [THREADS]]
// Trains a multilayer perceptron of 2 × 256 hidden units by Adam in batches of 200 on 100,000 × 100 synthetic rows of
// two classes, and prints, as JSON, seconds an epoch beside those that the matrix products of an epoch take by
// themselves, in the same blocks, with nothing between them; and a linear model by stochastic gradient descent on
// 500,000 × 100. All are the best of the epochs: other work on the machine only ever adds.

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let epochs = arguments.first ?? 6
let threads = arguments.count > 1 ? arguments[1] : 2

/// Seconds an epoch of `model` on so many rows of 100 columns, once what it learned was checked.
func epoch(of model: PluginReference, rows: Int) throws -> Double {
    let random = CounterRandom(seed: 1, purpose: "benchmark")
    // A fifth is held out.
    let total = rows + rows / 4
    var named = (0..<100).map { column in
        ("x\(column)", Column((0..<total).map { 3.46 * (random.unit($0 * 100 + column) - 0.5) }))
    }
    let labels = (0..<total).map { row -> String? in
        let noise = random.unit(total * 100 + row) - 0.5
        return random.unit(row * 100) - random.unit(row * 100 + 1) + 0.3 * noise > 0 ? "yes" : "no"
    }
    named.append(("label", Column(categories: labels)))
    let registry = try Registry.builtin()
    var configuration = try Configuration(registry: registry)
    configuration.data.target = "label"
    configuration.evaluation.resamples = 0
    configuration.evaluation.baselines = []
    configuration.model = model
    let clock = Clock()
    let run = try TrainingRun(configuration).fit(
        Table(named), in: RunContext(seed: 1, threads: threads, monitors: [clock], registry: registry))
    let accuracy = run.report.test?["accuracy"]?.value ?? .nan
    guard accuracy > 0.85 else { throw ApusError("\(model.id) learned nothing: accuracy \(accuracy)") }
    return clock.best
}

do {
    let (rows, batch, widths) = (100_000, 200, [100, 256, 256, 1])
    let network = try epoch(
        of: PluginReference(
            "multilayer_perceptron",
            [
                "hidden_layer_sizes": [256, 256], "max_iter": epochs.json, "early_stopping": false,
                "n_iter_no_change": 1_000_000, "batch_size": batch.json,
            ]), rows: rows)
    let products = Products(widths, batch: batch, Kernels(threads: threads))
    // Forth, the gradient by the weights, and, but for the first layer, back.
    let operations = zip(widths, widths.dropFirst()).enumerated().reduce(0.0) {
        $0 + Double($1.1.0 * $1.1.1 * rows) * ($1.0 == 0 ? 4 : 6)
    }
    var alone = Double.infinity
    for _ in 0..<epochs {
        let start = ContinuousClock.now
        for _ in 0..<rows / batch { products.run() }
        alone = min(alone, seconds(.now - start))
    }
    let linear = try epoch(
        of: PluginReference(
            "sgd_linear", ["max_iter": epochs.json, "tol": 0, "n_iter_no_change": 1_000_000]), rows: 500_000)
    let report: JSON = [
        "threads": threads.json, "perceptron": network.json, "products": alone.json,
        "products_gflops": (operations / alone / 1e9).json, "share_of_products": (alone / network).json,
        "sgd": linear.json,
    ]
    print(report.serialized())
} catch {
    print("\(error)")
    exit(1)
}
