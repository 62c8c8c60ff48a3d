import ApusCore
import Foundation
import Synchronization

/// Turns Ctrl-C, a polite kill and a terminal that closes into cancellation. A second Ctrl-C or kill ends the process at
/// once; a terminal that closes may say so several times.
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
        // What the parent process told to ignore, as nohup does, stays ignored: sigwait would see it all the same.
        for number in [SIGINT, SIGTERM, SIGHUP] where !Interruption.isIgnored(number) { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        Thread.detachNewThread { [self, signals] in
            var (signals, number) = (signals, Int32(0))
            while sigwait(&signals, &number) == 0 {
                if !cancellation.isCancelled {
                    received.store(number, ordering: .relaxed)
                    cancellation.cancel()
                } else if number != SIGHUP {
                    _exit(128 + number)
                }
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        #if canImport(Darwin)
        let handler = action.__sigaction_u.__sa_handler
        #else
        let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
