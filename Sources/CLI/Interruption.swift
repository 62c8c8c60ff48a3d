import ApusCore
import Dispatch
import Foundation

/// Turns Ctrl-C and a polite kill into cancellation. A second one ends the process at once.
final class Interruption {
    let cancellation = Cancellation()
    private let sources: [any DispatchSourceSignal]

    init() {
        let cancellation = cancellation
        // A file past the user's size limit is an error of the write, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        // A signal that is ignored before its source listens would be lost; until then it ends the process.
        let listening = DispatchGroup()
        sources = [SIGINT, SIGTERM].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                if cancellation.isCancelled { _exit(130) }
                cancellation.cancel()
            }
            listening.enter()
            source.setRegistrationHandler {
                signal(number, SIG_IGN)
                listening.leave()
            }
            source.resume()
            return source
        }
        listening.wait()
    }

    func stop() {
        for source in sources { source.cancel() }
    }
}
