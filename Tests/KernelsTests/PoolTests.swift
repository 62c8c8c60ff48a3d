import ApusKernels
import Dispatch
import Synchronization
import Testing

/// How often each of `count` tasks ran.
private final class Tally: Sendable {
    private let cells: Mutex<[Int]>

    init(_ count: Int) { cells = Mutex(Array(repeating: 0, count: count)) }
    func add(_ index: Int) { cells.withLock { $0[index] += 1 } }
    var values: [Int] { cells.withLock { $0 } }
}

@Suite struct PoolTests {
    @Test(arguments: [1, 2, 3, 8, 1000], [0, 1, 2, 7, 1001])
    func `every task runs exactly once`(threads: Int, tasks: Int) {
        let tally = Tally(tasks)
        Kernels(threads: threads).parallelFor(tasks) { tally.add($0) }
        #expect(tally.values == Array(repeating: 1, count: tasks))
    }

    @Test func `a region inside a region runs all of its tasks`() {
        let kernels = Kernels(threads: 4)
        let tally = Tally(8 * 50)
        kernels.parallelFor(8) { outer in
            kernels.parallelFor(50) { inner in tally.add(outer * 50 + inner) }
        }
        #expect(tally.values == Array(repeating: 1, count: 400))
    }

    @Test func `many threads may open regions at once`() {
        let wrong = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            for round in 0..<500 {
                let count = 1 + round % 9
                let tally = Tally(count)
                Kernels(threads: 3).parallelFor(count) { tally.add($0) }
                if tally.values != Array(repeating: 1, count: count) { wrong.withLock { $0 += 1 } }
            }
        }
        #expect(wrong.withLock { $0 } == 0)
    }

    @Test func `what the tasks wrote is visible to the caller after the region`() {
        let kernels = Kernels(threads: 2)
        for round in 1...5000 {
            var values = [Int](repeating: 0, count: 4)
            values.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let base = buffer
                kernels.parallelFor(4) { base[$0] = round }
            }
            #expect(values == [round, round, round, round])
        }
    }
}
