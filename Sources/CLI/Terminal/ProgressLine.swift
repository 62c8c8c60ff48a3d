import ApusCore
import ApusLifecycle
import Synchronization

/// One line that follows a fit: iteration, losses, time left. Silent when standard error is not a terminal.
final class ProgressLine: MonitorSession {
    private let terminal: Terminal
    private let progress = Mutex<(start: ContinuousClock.Instant?, shown: ContinuousClock.Instant?)>((nil, nil))

    init(_ terminal: Terminal) { self.terminal = terminal }

    func receive(_ event: any Event) -> [Alert] {
        guard terminal.isLive, let event = event as? Progress else { return [] }
        let now = ContinuousClock.now
        let elapsed: Duration? = progress.withLock { progress in
            if progress.start == nil || event.completed <= 1 { progress.start = now }
            if let shown = progress.shown, now - shown < .milliseconds(100) { return nil }
            progress.shown = now
            return now - (progress.start ?? now)
        }
        if let elapsed { terminal.replaceLine(line(event, elapsed)) }
        return []
    }

    /// Takes the line away.
    func clear() { terminal.replaceLine("") }

    private func line(_ event: Progress, _ elapsed: Duration) -> String {
        var parts = [event.phase.left(8) + " " + event.completed.grouped + (event.total.map { "/\($0.grouped)" } ?? "")]
        for (name, value) in event.metrics.sorted(by: { $0.key < $1.key }) {
            parts.append("\(name.replacing("_", with: " ")) \(NumberText.short(value))")
        }
        if let total = event.total, event.completed > 0, total > event.completed {
            let seconds = elapsed / .seconds(1) / Double(event.completed) * Double(total - event.completed)
            parts.append("\(NumberText.fixed(seconds, 0)) s left")
        }
        return parts.joined(separator: ", ")
    }

    func snapshot() throws -> State {
        State(plugin: "monitor.progress", version: 1, json: "{}", tensors: [:], children: [:])
    }

    func restore(_ state: State) throws {}
}
