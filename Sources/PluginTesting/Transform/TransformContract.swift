import ApusCore
import ApusPipeline

/// The rules for transforms.
///
/// The rows have numbers with and without gaps, a whole number, a flag and a category, and text and times where the
/// transform declares them; if it cannot plan those, fewer.
///
/// What is not tested: whether the result is what the transform's summary says; streams; cancellation; values near the
/// limits of a double; speed and memory.
enum TransformContract {
    static let checks = fitting + unusualRows + applying + saving

    static var rules: [Rule] { [fitsAndApplies, needsNoTarget] + checks.map(\.rule) }

    static let fitsAndApplies = Rule(
        "transform 1", "fits and transforms plain rows",
        "It plans a table of numbers, flags and categories, or of some of these, fits 120 rows of it and transforms 40 "
            + "others.")

    static let needsNoTarget = Rule(
        "transform 7", "needs no target unless it declares so",
        "Without `usesTarget`, it fits where the target is hidden.")

    static func verify(_ transform: any Transform, _ registry: Registry, _ findings: inout Findings) {
        var subject: TransformSubject?
        var looksAtTarget = false
        findings.verify(needsNoTarget) {
            let hidden = Result { try TransformSubject(transform, registry) }
            guard case .failure(let error) = hidden,
                (try? TransformSubject(transform, registry, showsTarget: true)) != nil
            else { return }
            looksAtTarget = true
            throw Breach("fit with the target hidden, then shown", "only the second worked: \(error)")
        }
        if looksAtTarget { return }
        findings.verify(fitsAndApplies) { subject = try TransformSubject(transform, registry) }
        if let subject { findings.verify(checks, subject) }
    }

    private static let fitting: [Check<TransformSubject>] = [
        Check(
            Rule(
                "transform 2", "delivers the schema that it plans",
                "Every planned column is delivered in its kind and role, and every delivered one was planned; `*` in a "
                    + "planned name stands for what only fitting tells, and may stand for no column.")
        ) { subject in
            let planned = try subject.transform.plan(subject.rows.table.schema)
            for field in subject.fitted.outputs.fields {
                let fits = planned.fields.contains {
                    matches(field.name, $0.name) && $0.kind == field.kind && $0.role == field.role
                }
                try require(
                    fits, "compare the delivered columns with the plan",
                    "'\(field.name)' (\(field.kind.rawValue), \(field.role.rawValue)) was not planned")
            }
            for field in planned.fields where !field.name.contains("*") {
                try require(
                    subject.fitted.outputs.index(of: field.name) != nil,
                    "compare the plan with the delivered columns", "'\(field.name)' was not delivered")
            }
        },
        Check(
            Rule(
                "transform 3", "names its inputs and outputs",
                "Once fitted, its inputs are the features it was fitted on, its outputs exactly the columns that it "
                    + "delivers, one row for each.")
        ) { subject in
            try requireEqual(
                Difference.schemas(try subject.rows.table.schema, subject.fitted.inputs), "read the inputs")
            try subject.requireDelivered(subject.fitted, subject.probe, "transform 40 rows")
            try subject.requireDelivered(subject.fitted, subject.rows.table, "transform the training rows")
        },
        Check(
            Rule(
                "transform 4", "changes neither its configuration nor its rows",
                "After fitting and transforming, parameters, training rows and table are what they were.")
        ) { subject in
            let transform = try type(of: subject.transform).init(parameters: subject.transform.parameterValues)
            let before = transform.parameterValues
            let samples = subject.samples
            let rows = try samples.training(.binary, 0..<120, validation: samples.training(.binary, 120..<160))
            let usesTarget = subject.descriptor.capabilities.contains(.usesTarget)
            let fitted = try transform.fit(usesTarget ? rows : rows.withoutTargets, in: subject.context())
            try require(
                transform.parameterValues == before, "read the parameters after a fit",
                JSON.object(transform.parameterValues).serialized())
            let probe = try samples.table(160..<200)
            _ = try fitted.apply(probe, in: subject.context())
            try requireEqual(Difference.between(try samples.table(0..<120), rows.table), "read the training rows")
            try requireEqual(Difference.between(try samples.table(160..<200), probe), "read the table")
        },
        Check(
            Rule(
                "transform 5", "learns the same again, on any number of threads",
                "Fits on the same rows with the same seed, on 1, 2 and 5 threads, save the same state and give the same "
                    + "rows, bit for bit.")
        ) { subject in
            for threads in [1, 2, 5] {
                let attempted = "fit again on \(threads) threads"
                let again = try attempt(attempted) {
                    try subject.fit(subject.rows, in: subject.context(threads: threads))
                }
                try requireEqual(Difference.between(try subject.fitted.state(), try again.state()), attempted)
                try subject.requireSameResult(again, attempted)
            }
        },
        Check(
            Rule(
                "transform 6", "learns the same with either backend",
                "Rows transformed after a fit by Swift kernels equal those by C kernels within 1e-6 relative.")
        ) { subject in
            let context = subject.context(backend: .swift)
            let table = try attempt("fit and transform with Swift kernels") {
                try subject.fit(subject.rows, in: context).apply(subject.probe, in: context)
            }
            try requireEqual(
                Difference.between(subject.result, table, tolerance: 1e-6), "compare C and Swift kernels")
        },
        Check(
            Rule(
                "transform 8", "takes weights as it declares",
                "Declared exact, a row of weight 3 counts as three rows, within the declared tolerance; otherwise "
                    + "weights are no reason to fail.")
        ) { subject in
            let counts = (0..<120).map { [1, 1, 2, 1, 3][$0 % 5] }
            let weighted = SampleRows.rows(
                try subject.rows.table, subject.samples.target(.binary, 0..<120),
                weights: Buffer(counts.map(Double.init)), validation: subject.rows.validation)
            let table = try attempt("fit weighted rows") {
                try subject.fit(weighted).apply(subject.probe, in: subject.context())
            }
            guard case .exact(let tolerance) = subject.descriptor.weights else { return }
            let repeated = try subject.rows.rows(
                counts.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) })
            let expected = try attempt("fit repeated rows") {
                try subject.fit(repeated).apply(subject.probe, in: subject.context())
            }
            try requireEqual(
                Difference.between(expected, table, tolerance: max(tolerance, .leastNonzeroMagnitude)),
                "compare a fit on repeated rows with one on weighted rows, tolerance \(tolerance)")
        },
        Check(
            Rule(
                "transform 9", "leaves rows that are held out alone",
                "A `RowReplacingTransform` returns rows that have the columns it delivers and are none of the validation "
                    + "part, and transforms other rows as after a plain fit.")
        ) { subject in
            guard let transform = subject.transform as? any RowReplacingTransform else { return }
            let (fitted, rows) = try attempt("fit and replace the rows") {
                try transform.fitReplacing(subject.rows, in: subject.context())
            }
            try subject.requireSameResult(fitted, "transform rows after a fit that replaces the training rows")
            try requireEqual(Difference.schemas(fitted.outputs, try rows.table.schema), "read the replaced rows")
            try require(rows.count > 0, "read the replaced rows", "there are none")
            let held = Set(subject.rows.validation?.rowIDs ?? Buffer([]))
            try require(
                rows.rowIDs.allSatisfy { !held.contains($0) }, "read the replaced rows",
                "a row of the validation part is among them")
        },
    ]

    /// Whether a name fits a planned one, in which `*` stands for anything.
    private static func matches(_ name: String, _ planned: String) -> Bool {
        name == planned || planned.contains("*") && ColumnSelector([planned]).selects(Field(name, .number))
    }
}
