import ApusBenchmarking
import ApusCore
import ArgumentParser
import Foundation

struct Benchmark: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Time the kernels on this machine, in C and in Swift, against what its hardware allows.",
        discussion: """
            Results of both backends are compared before anything is timed. Times are milliseconds; \
            the last columns are the shares of what the machine allows that C and Swift reach on one \
            thread: of its multiply-adds, or of reading as many bytes, from the caches where those \
            hold them.

            Examples:
              apus benchmark
              apus benchmark passes sparse
              apus benchmark --all --json > kernels.json
            """)

    @Argument(
        help: "What is measured, of \(KernelPart.allCases.map(\.rawValue).joined(separator: ", ")).") var parts =
        KernelPart.allCases
    @Option(parsing: .unconditional, help: "Threads of the second measurement; 0 takes all processors.") var threads = 0
    @Flag(help: "Measure large sizes too; takes minutes.") var all = false
    @OptionGroup var display: OutputOptions

    func run(_ environment: Environment) throws -> Int32 {
        guard (0...1024).contains(threads) else {
            throw ApusError("expected 0 to 1024, found \(threads)", at: "--threads", kind: .usage)
        }
        let terminal = environment.terminal
        let isSilent = display.json || display.quiet
        let benchmark = KernelBenchmark(threads: threads, isQuick: !all, parts: parts)
        if !isSilent {
            let heads = ["C, 1", "C, \(benchmark.threads)", "Swift, 1", "C of limit", "Swift"]
            try terminal.print(
                "milliseconds; C kernels for \(KernelBenchmark.instructionSet), the algebra library's for "
                    + KernelBenchmark.libraryCore)
            try terminal.print("kernel".left(26) + "size".left(14) + heads.map { $0.right(11) }.joined())
        }
        let report = try benchmark.run(cancellation: environment.cancellation) { result in
            guard !isSilent else { return }
            let times = [result.c1, result.c, result.swift1].map { String(format: "%.3f", $0 * 1000).right(11) }
            let shares = [result.share1, result.swiftShare].map { String(format: "%.0f %%", 100 * $0).right(11) }
            try terminal.print(result.kernel.left(26) + result.size.left(14) + (times + shares).joined())
        }
        if display.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            try terminal.print(String(decoding: encoder.encode(report), as: UTF8.self))
        } else if !isSilent {
            for limit in report.limits {
                try terminal.print(
                    String(
                        format: "limit, %d thread%@: %.0f GFLOP/s single, %.0f double, %.1f GB/s from memory",
                        limit.threads, limit.threads == 1 ? "" : "s", limit.single / 1e9, limit.double / 1e9,
                        limit.bandwidth / 1e9))
            }
        }
        return 0
    }
}

extension KernelPart: ExpressibleByArgument {}
