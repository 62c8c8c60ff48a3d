import ApusCore

extension TransformContract {
    static let unusualRows: [Check<TransformSubject>] = [
        Check(
            Rule(
                "transform 10", "survives zero rows, one and two",
                "Zero rows are transformed to zero rows; a fit on none, one or two rows works or is refused by an error."
            )
        ) { subject in
            try subject.requireDelivered(subject.fitted, subject.probe.slice(0..<0), "transform zero rows")
            for count in 0...2 {
                let attempted = "fit \(count) rows and transform others"
                let rows = try subject.rows.rows(Array(0..<count))
                guard let fitted = try answerOrRefusal(attempted, { try subject.fit(rows) }) else { continue }
                try subject.requireDelivered(fitted, subject.probe, attempted)
            }
        },
        Check(
            Rule(
                "transform 11", "survives constant and empty columns",
                "Columns that are the same in every row, or have no value in any, are no reason to fail.")
        ) { subject in
            for (what, row) in [("constant", 3), ("empty", nil)] {
                let table = try uniform(subject.samples.table(0..<120), row: row)
                let rows = SampleRows.rows(table, subject.samples.target(.binary, 0..<120))
                // What lacks values is refused where missing values are not declared and not part of the sample.
                if row == nil, !subject.samples.capabilities.contains(.missingValues) { continue }
                let attempted = "fit \(what) columns and transform others"
                let fitted = try attempt(attempted) { try subject.fit(rows) }
                try subject.requireDelivered(fitted, table, attempted)
                try subject.requireDelivered(fitted, subject.probe, attempted)
            }
        },
        Check(
            Rule(
                "transform 12", "takes labels it has never seen",
                "A label that was not in the training rows is transformed, to the same columns.")
        ) { subject in
            guard subject.samples.capabilities.contains(.categories) else { return }
            try subject.requireDelivered(
                subject.fitted, ColumnChanges.withUnseenLabels(subject.probe), "transform unseen labels")
        },
    ]

    static let applying: [Check<TransformSubject>] = [
        Check(
            Rule(
                "transform 13", "transforms each row by itself",
                "A batch, its rows one by one, in any order, become the same rows, bit for bit.")
        ) { subject in
            let order = CounterRandom(seed: 2, purpose: "contracts.order").permutation(40)
            let shuffled = try attempt("transform the rows in another order") {
                try subject.fitted.apply(subject.probe.rows(order), in: subject.context())
            }
            try requireEqual(
                Difference.between(try subject.result.rows(order), shuffled), "transform the rows in another order")
            for row in 0..<40 {
                let single = try attempt("transform row \(row + 1) alone") {
                    try subject.fitted.apply(subject.probe.slice(row..<row + 1), in: subject.context())
                }
                try requireEqual(
                    Difference.between(try subject.result.slice(row..<row + 1), single),
                    "transform row \(row + 1) alone")
            }
        },
        Check(
            Rule(
                "transform 14", "finds columns by name",
                "Columns in another order, with others among them, become the same rows; a missing column is refused by "
                    + "an error that names it.")
        ) { subject in
            let attempted = "transform reordered columns and an extra one"
            let table = try attempt(attempted) {
                try subject.fitted.apply(ColumnChanges.reordered(subject.probe), in: subject.context())
            }
            try requireEqual(Difference.between(subject.result, table), attempted)
            for name in subject.probe.schema.names {
                try requireRefusal("transform without the column '\(name)'", naming: name) {
                    try subject.fitted.apply(subject.probe.filter { $0.name != name }, in: subject.context())
                }
            }
        },
    ]

    static let saving: [Check<TransformSubject>] = [
        Check(
            Rule(
                "transform 15", "transforms the same after saving",
                "Restored from its state, it makes the same rows and saves the same state, bit for bit.")
        ) { subject in
            let state = try attempt("save") { try subject.fitted.state() }
            let restored = try attempt("restore from the saved state") {
                try type(of: subject.transform).restoring(state)
            }
            try subject.requireSameResult(restored, "transform after restoring")
            try requireEqual(Difference.schemas(subject.fitted.outputs, restored.outputs), "read the restored outputs")
            try requireEqual(Difference.between(state, try restored.state()), "save, restore and save")
        },
        Check(
            Rule(
                "transform 16", "refuses damaged state",
                "State that lacks a tensor, has one cut or of another type, has no or half of its JSON, or is of a newer "
                    + "version is refused by an error.")
        ) { subject in
            for damaged in try DamagedState.refusable(try subject.fitted.state()) {
                try requireRefusal("restore \(damaged.damage)") {
                    try type(of: subject.transform).restoring(damaged.state)
                }
            }
        },
        Check(
            Rule(
                "transform 17", "survives hostile state",
                "State whose tensors and JSON hold other numbers is refused by an error, or restored to a transform that "
                    + "works or refuses by an error; it never traps.")
        ) { subject in
            for hostile in try DamagedState.survivable(try subject.fitted.state()) {
                _ = try answerOrRefusal("restore and transform \(hostile.damage)") {
                    try type(of: subject.transform).restoring(hostile.state).apply(subject.probe, in: subject.context())
                }
            }
        },
    ]

    /// Every row like `row`, or without any value where it is nil. Labels and kinds stay as they are.
    private static func uniform(_ table: Table, row: Int?) throws -> Table {
        if let row { return try table.rows([Int](repeating: row, count: table.rowCount)) }
        return try Table(
            table.schema,
            table.columns.map { column in
                Column(column.storage, validity: Bitmap(count: column.count) { _ in false })
            })
    }
}
