import ApusCore
import Foundation
import Synchronization

/// Turns Ctrl-C and a polite kill into cancellation. A second one ends the process at once.
///
/// The signals are blocked in this thread and in those that come of it, and one thread waits for them: whatever mask
/// the parent process left behind, each one is seen, however early it comes.
final class Interruption: Sendable {
    let cancellation = Cancellation()
    private let received = Atomic<Int32>(0)

    /// 128 and the number of the signal that came, as shells tell it; nil while none has.
    var exitCode: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }

    init() {
        // A file past the user's size limit is an error of the write, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        Thread.detachNewThread { [self, signals] in
            var (signals, number) = (signals, Int32(0))
            while sigwait(&signals, &number) == 0 {
                if cancellation.isCancelled { _exit(128 + number) }
                received.store(number, ordering: .relaxed)
                cancellation.cancel()
            }
        }
    }
}
