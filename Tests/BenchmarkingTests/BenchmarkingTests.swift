import ApusBenchmarking
import ApusCore
import Testing

struct BenchmarkingTests {
    @Test func `every kernel gives the same numbers on both backends before it is timed`() throws {
        for part in KernelPart.allCases {
            let cases = try part.cases(isQuick: true)
            #expect(!cases.isEmpty, "\(part)")
            #expect(Set(cases.map { [$0.kernel, $0.size] }).count == cases.count, "\(part)")
            for item in cases { try item.verify() }
        }
    }

    @Test func `limits are those of a machine`() {
        let limits = HardwareLimits(threads: 1)
        // A multiply-add a cycle at least, and memory faster than a network.
        #expect(limits.single > 1e8 && limits.double > 1e8 && limits.bandwidth > 1e8)
        #expect(limits.seconds(operations: limits.double, isSingle: false) == 1)
        #expect(limits.seconds(operations: 2 * limits.single, isSingle: true) == 2)
    }
}
