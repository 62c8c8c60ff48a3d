import ApusCore
import ApusReaders
import Foundation

// usage: csv FILE [THREADS [OUT.csv]]
// Reads FILE, prints what each column became, writes it to OUT.csv for comparison with another reader, then times the
// reading, in seconds: the first one, with all memory new to the process, and best and median of nine more.

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
    print("usage: csv FILE [THREADS [OUT.csv]]")
    exit(2)
}
let path = arguments[1]
let context = RunContext(threads: arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0)

func read() throws -> (table: Table, report: ReadReport) {
    let stream = try CSVReader().open(.file(path), in: context)
    return (try stream.readAll(), stream.report)
}

func seconds(since start: ContinuousClock.Instant) -> Double {
    let time = ContinuousClock.now - start
    return Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds)
}

do {
    let begin = ContinuousClock.now
    let first = try read()
    let firstSeconds = seconds(since: begin)
    print("\(first.report.format): \(first.table.rowCount) rows, \(first.table.columns.count) columns")
    for note in first.report.notes { print("  note: \(note)") }
    for (field, column) in zip(first.table.schema.fields, first.table.columns).prefix(40) {
        let labels = field.categories.map { ", \($0.count) labels" } ?? ""
        let role = field.role == .feature ? "" : ", \(field.role.rawValue)"
        print("  \(field.name): \(field.kind.rawValue)\(labels)\(role), \(column.missingCount) missing")
    }
    if arguments.count > 3 {
        var text: [UInt8] = []
        CSVWriter.append(first.table, to: &text)
        try Data(text).write(to: URL(fileURLWithPath: arguments[3]))
    }
    var times: [Double] = []
    for _ in 0..<9 {
        let start = ContinuousClock.now
        let rows = try read().table.rowCount
        let time = seconds(since: start)
        guard rows == first.table.rowCount else { throw ApusError("two readings of one file differ") }
        times.append(time)
    }
    times.sort()
    print(String(format: "seconds: first %.4f, best %.4f, median %.4f", firstSeconds, times[0], times[4]))
} catch {
    print("\(error)")
    exit(1)
}
