import ApusCore
import Foundation

/// Processes that are threads: each sum waits until all of them have come.
final class ThreadCommunicator: Communicator {
    /// What the threads share.
    final class Hub: @unchecked Sendable {
        private let condition = NSCondition()
        private let size: Int
        private var waiting = 0
        private var round = 0
        private var whole: [Int64] = []
        private var numbers: [Double] = []
        private var result: (whole: [Int64], numbers: [Double]) = ([], [])
        private var hasLeft = false
        /// Sums so far.
        private(set) var sums = 0

        init(_ size: Int) { self.size = size }

        /// A thread has ended by an error.
        func leave() {
            condition.withLock {
                hasLeft = true
                condition.broadcast()
            }
        }

        /// The sums over all threads.
        func add(_ more: [Int64], _ moreNumbers: [Double]) throws -> (whole: [Int64], numbers: [Double]) {
            try condition.withLock {
                if waiting == 0 {
                    (whole, numbers) = (more, moreNumbers)
                } else {
                    guard whole.count == more.count, numbers.count == moreNumbers.count else {
                        hasLeft = true
                        condition.broadcast()
                        throw ApusError("threads add \(whole.count) and \(more.count) numbers")
                    }
                    for place in more.indices { whole[place] += more[place] }
                    for place in moreNumbers.indices { numbers[place] += moreNumbers[place] }
                }
                waiting += 1
                if waiting == size {
                    (result, waiting) = ((whole, numbers), 0)
                    (round, sums) = (round + 1, sums + 1)
                    condition.broadcast()
                    return result
                }
                let own = round
                while round == own, !hasLeft { condition.wait() }
                if round == own { throw ApusError("another thread has left") }
                return result
            }
        }
    }

    let rank: Int
    let size: Int
    private let hub: Hub

    init(rank: Int, size: Int, _ hub: Hub) { (self.rank, self.size, self.hub) = (rank, size, hub) }

    func sum(_ values: UnsafeMutableBufferPointer<Double>) throws {
        _ = values.update(fromContentsOf: try hub.add([], Array(values)).numbers)
    }

    func sum(_ values: UnsafeMutableBufferPointer<Int64>) throws {
        _ = values.update(fromContentsOf: try hub.add(Array(values), []).whole)
    }

    /// What `body` returns or throws in each of `size` threads.
    static func run<Value: Sendable>(
        _ size: Int, _ body: @escaping @Sendable (any Communicator) throws -> Value
    ) -> [Result<Value, any Error>] {
        let hub = Hub(size)
        let lock = NSLock()
        nonisolated(unsafe) var results: [Int: Result<Value, any Error>] = [:]
        let group = DispatchGroup()
        for rank in 0..<size {
            group.enter()
            Thread.detachNewThread {
                let result = Result { try body(ThreadCommunicator(rank: rank, size: size, hub)) }
                if case .failure = result { hub.leave() }
                lock.withLock { results[rank] = result }
                group.leave()
            }
        }
        group.wait()
        return (0..<size).compactMap { results[$0] }
    }
}
