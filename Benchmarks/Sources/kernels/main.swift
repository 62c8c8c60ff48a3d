// The kernels in C and in Swift, against the hardware. usage: kernels [all] [PART ...]   prints JSON
import ApusBenchmarking
import ApusCore
import Foundation

let arguments = CommandLine.arguments.dropFirst()
let parts = arguments.compactMap(KernelPart.init)
guard parts.count == arguments.count(where: { $0 != "all" }) else {
    print("parts are \(KernelPart.allCases.map(\.rawValue).joined(separator: ", "))")
    exit(2)
}
let report = try KernelBenchmark(
    threads: 2, isQuick: !arguments.contains("all"), parts: parts.isEmpty ? KernelPart.allCases : parts
).run(cancellation: Cancellation())
let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
encoder.keyEncodingStrategy = .convertToSnakeCase
print(String(decoding: try encoder.encode(report), as: UTF8.self))
