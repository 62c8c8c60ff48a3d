// The kernels in C and in Swift, against the hardware. usage: kernels [all]   prints JSON
import ApusBenchmarking
import ApusCore
import Foundation

let isWhole = CommandLine.arguments.dropFirst().first == "all"
let report = try KernelBenchmark(threads: 2, isQuick: !isWhole).run(cancellation: Cancellation())
let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
encoder.keyEncodingStrategy = .convertToSnakeCase
print(String(decoding: try encoder.encode(report), as: UTF8.self))
