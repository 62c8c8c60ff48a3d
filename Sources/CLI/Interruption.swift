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
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                if cancellation.isCancelled { _exit(130) }
                cancellation.cancel()
            }
            source.resume()
            return source
        }
    }

    func stop() {
        for source in sources { source.cancel() }
    }
}
