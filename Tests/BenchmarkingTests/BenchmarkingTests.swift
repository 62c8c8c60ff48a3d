import ApusBenchmarking
import ApusCore
import Testing

struct BenchmarkingTests {
    @Test func `every kernel gives the same numbers on both backends before it is timed`() throws {
        let cases = try KernelCases.all(isQuick: true)
        #expect(Set(cases.map(\.kernel)).count == 38)
        for item in cases { try item.verify() }
    }

    @Test func `limits are those of a machine`() {
        let limits = HardwareLimits(threads: 1)
        // A multiply-add a cycle at least, and memory faster than a network.
        #expect(limits.single > 1e8 && limits.double > 1e8 && limits.bandwidth > 1e8)
        #expect(limits.seconds(operations: limits.double, isSingle: false, bytes: 0) == 1)
        #expect(limits.seconds(operations: 0, isSingle: true, bytes: 2 * limits.bandwidth) == 2)
    }
}
