import Dispatch
import Foundation

/// Runs `body` on as many threads of its own, all at the same time, and returns when all are done.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let done = DispatchGroup()
    for place in 0..<count {
        done.enter()
        Thread.detachNewThread {
            body(place)
            done.leave()
        }
    }
    done.wait()
}
