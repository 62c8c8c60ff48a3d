import ApusCore

/// Something that no monitor knows.
struct UnknownEvent: Event {
    static let name = "contracts_unknown"
    static let version = 3
    let payload: JSON = ["rows": "not a number", "nested": [["deep": [nil, true]]], "metrics": -1]
}

/// The rules for monitors.
///
/// What is not tested: whether an alert is right; that what concurrent calls count adds up.
enum MonitorContract {
    static var rules: [Rule] { checks.map(\.rule) }

    static let checks: [Check<any Monitor>] = [
        Check(
            Rule(
                "monitor 1", "ignores events that it does not know",
                "An event of an unknown name raises no alert and changes no snapshot.")
        ) { monitor in
            let session = try start(monitor)
            for event in try events().prefix(5) { _ = session.receive(event) }
            let before = try attempt("take a snapshot") { try session.snapshot() }
            let alerts = session.receive(UnknownEvent())
            try require(alerts.isEmpty, "send an unknown event", "it raised \(alerts)")
            try requireEqual(Difference.between(before, try session.snapshot()), "send an unknown event")
        },
        Check(
            Rule(
                "monitor 2", "raises alerts in its own name",
                "Every alert bears the monitor's id and a message of one line.")
        ) { monitor in
            let session = try start(monitor)
            for event in try events() {
                for alert in session.receive(event) {
                    let id = type(of: monitor).descriptor.id
                    try require(alert.monitor == id, "read an alert", "it is in the name of '\(alert.monitor)'")
                    try require(
                        !alert.message.isEmpty && !alert.message.contains(where: \.isNewline), "read an alert",
                        "its message is '\(alert.message)'")
                }
            }
        },
        Check(
            Rule(
                "monitor 3", "continues from a snapshot",
                "A new session restored from a snapshot raises the same alerts and ends in the same snapshot as the one "
                    + "that was not interrupted.")
        ) { monitor in
            let all = try events()
            for pause in [0, 3, all.count / 2] {
                let whole = try start(monitor)
                for event in all.prefix(pause) { _ = whole.receive(event) }
                let restored = try start(monitor)
                try attempt("restore a snapshot after \(pause) events") { try restored.restore(whole.snapshot()) }
                for event in all.dropFirst(pause) {
                    let alerts = [whole.receive(event), restored.receive(event)]
                    try require(
                        alerts[0] == alerts[1], "continue from a snapshot after \(pause) events",
                        "\(alerts[0]) became \(alerts[1])")
                }
                try requireEqual(
                    Difference.between(try whole.snapshot(), try restored.snapshot()),
                    "continue from a snapshot after \(pause) events")
            }
        },
        Check(
            Rule(
                "monitor 4", "refuses a damaged snapshot",
                "A snapshot without its JSON, with half of it, or without a tensor is refused by an error, and the session "
                    + "stays as it was.")
        ) { monitor in
            let session = try start(monitor)
            for event in try events() { _ = session.receive(event) }
            let snapshot = try attempt("take a snapshot") { try session.snapshot() }
            for damaged in try DamagedState.refusable(snapshot) where damaged.damage != "of a newer version" {
                try requireRefusal("restore a snapshot \(damaged.damage)") { try session.restore(damaged.state) }
                try requireEqual(
                    Difference.between(snapshot, try session.snapshot()), "read on after refusing a damaged snapshot")
            }
        },
        Check(
            Rule(
                "monitor 5", "keeps its sessions apart",
                "What one session hears changes no other session of the same monitor.")
        ) { monitor in
            let sessions = [try start(monitor), try start(monitor)]
            let before = try attempt("take a snapshot") { try sessions[1].snapshot() }
            for event in try events() { _ = sessions[0].receive(event) }
            try requireEqual(Difference.between(before, try sessions[1].snapshot()), "send events to another session")
        },
        Check(
            Rule(
                "monitor 6", "hears several threads at once",
                "Events from 8 threads at the same time are taken; snapshots in between are whole, and restore.")
        ) { monitor in
            let session = try start(monitor)
            let all = try events()
            onThreads(8) { thread in
                for place in all.indices {
                    _ = session.receive(all[(place + thread) % all.count])
                    if place % 8 == 0 { _ = try? session.snapshot() }
                }
            }
            try attempt("restore a snapshot taken after concurrent events") {
                try start(monitor).restore(session.snapshot())
            }
        },
    ]

    private static func start(_ monitor: any Monitor) throws -> any MonitorSession {
        try attempt("start a session") { try monitor.start() }
    }

    /// Progress that goes well and badly, warnings, and batches of many kinds, empty ones included.
    private static func events() throws -> [any Event] {
        let samples = SampleRows(capabilities: [.missingValues, .categories, .text, .timestamps])
        var events: [any Event] = [Warning("Something is odd.")]
        for step in 0..<12 {
            let loss = step < 8 ? 1 / Double(step + 1) : step < 10 ? 50 : .nan
            events.append(
                Progress("fit", completed: step, total: 12, metrics: ["loss": loss, "validation_loss": -loss]))
            let rows = step == 3 ? 160..<160 : step * 10..<step * 10 + 10 + step
            var table = try samples.table(rows)
            if step > 5 {
                table = try Table(
                    table.schema,
                    table.columns.map { column in
                        Column(column.storage, validity: Bitmap(count: column.count) { _ in step > 8 })
                    }, rowCount: table.rowCount)
            }
            events.append(PredictionBatch(table, try prediction(LearningTask.allCases[step % 3], rows.count, step)))
            events.append(UnknownEvent())
        }
        return events
    }

    private static func prediction(_ task: LearningTask, _ rows: Int, _ step: Int) throws -> Prediction {
        let target = SampleRows(capabilities: []).target(task, 0..<1)
        let schema = Prediction.Schema(for: target)
        return try Prediction(
            schema,
            Matrix(rows: rows, columns: schema.outputs) { values in
                for place in values.indices {
                    values[place] =
                        task == .regression
                        ? Double(place + step) : place % schema.outputs == step % schema.outputs ? 1 : 0
                }
            })
    }
}
