import Apus
import ApusReaders
import Foundation

// usage: prediction TABLE.csv MODEL.apus [THREADS]
// Predicts the rows of TABLE.csv in one batch and one by one, compares the two, then times the batch on one thread and
// on THREADS (2), single rows, and the contributions of features. Prints JSON: millions of rows a second, and for single
// rows nanoseconds, the clock's own included.

func seconds(_ repeats: Int, _ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<repeats {
        let start = ContinuousClock.now
        try body()
        let time = (ContinuousClock.now - start).components
        best = min(best, Double(time.seconds) + Double(time.attoseconds) / 1e18)
    }
    return best
}

func run() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3 else { throw ApusError("usage: prediction TABLE.csv MODEL.apus [THREADS]") }
    let registry = try Registry.builtin()
    let model = try Artifact.read(arguments[2], registry: registry).pipeline.model
    let table = try model.inputs.align(
        CSVReader().open(.file(arguments[1]), schema: model.inputs, in: RunContext()).readAll())
    let threads = arguments.count > 3 ? Int(arguments[3]) ?? 2 : 2
    guard let single = model as? any RowPredicting else { throw ApusError("the model predicts no single rows") }

    let expected = try model.predict(table, in: RunContext(threads: threads)).values
    let rows = try Matrix<Double>(table)
    let outputs = UnsafeMutableBufferPointer<Double>.allocate(capacity: expected.columns)
    defer { outputs.deallocate() }
    for row in 0..<rows.rows {
        rows.row(row).withUnsafeBufferPointer { single.predict(row: $0, into: outputs) }
        guard outputs.elementsEqual(expected.row(row)) else { throw ApusError("row \(row + 1) differs from its batch") }
    }

    var result: [String: JSON] = [:]
    let million = Double(rows.rows) / 1e6
    for count in Set([1, threads]).sorted() {
        let context = RunContext(threads: count)
        let time = try seconds(15) { _ = try model.predict(table, in: context) }
        result["batch_\(count)"] = .number(million / time)
        if let model = model as? any Explainable {
            let part = try table.slice(0..<min(rows.rows, 4_000))
            let time = try seconds(3) { _ = try model.contributions(part, in: context) }
            result["contributions_\(count)"] = .number(Double(part.rowCount) / 1e6 / time)
        }
    }

    let count = min(rows.rows, 100_000)
    var times = [Double](repeating: 0, count: count)
    for row in 0..<count {
        let values = UnsafeBufferPointer(start: rows.elements.unsafePointer + row * rows.stride, count: rows.columns)
        var (start, end) = (timespec(), timespec())
        clock_gettime(CLOCK_MONOTONIC, &start)
        single.predict(row: values, into: outputs)
        clock_gettime(CLOCK_MONOTONIC, &end)
        times[row] = Double((end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec)
    }
    times.sort()
    result["row_median_ns"] = .number(times[count / 2])
    result["row_p99_ns"] = .number(times[count * 99 / 100])
    print(JSON.object(result).serialized())
}

do { try run() } catch {
    print("\(error)")
    exit(1)
}
