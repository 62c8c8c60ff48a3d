import ApusCore

/// A transform, rows that it takes, and what it made of them.
struct TransformSubject: Sendable {
    let transform: any Transform
    let registry: Registry
    let samples: SampleRows
    /// 120 rows, and 40 more as the validation part; the target is hidden unless the transform declares to use it.
    let rows: TrainingRows
    /// 40 rows that are in none of them.
    let probe: Table
    let fitted: any FittedTransform
    /// `probe`, transformed.
    let result: Table

    init(_ transform: any Transform, _ registry: Registry, showsTarget: Bool = false) throws {
        self.transform = transform
        self.registry = registry
        samples = try TransformSubject.samples(for: transform)
        let all = try samples.training(.binary, 0..<120, validation: samples.training(.binary, 120..<160))
        rows = showsTarget ? all : try TransformSubject.visible(all, to: transform)
        probe = try samples.table(160..<200)
        (fitted, result) = try attempt("fit 120 rows and transform 40 others") { [rows, probe] in
            let context = RunContext(seed: 7, threads: 1, registry: registry)
            let fitted = try transform.fit(rows, in: context)
            return (fitted, try fitted.apply(probe, in: context))
        }
    }

    var descriptor: Descriptor { type(of: transform).descriptor }

    func context(threads: Int = 1, backend: Backend = .c) -> RunContext {
        RunContext(seed: 7, threads: threads, backend: backend, registry: registry)
    }

    func fit(_ rows: TrainingRows, in context: RunContext? = nil) throws -> any FittedTransform {
        try transform.fit(TransformSubject.visible(rows, to: transform), in: context ?? self.context())
    }

    func requireSameResult(_ fitted: any FittedTransform, _ attempted: String, tolerance: Double = 0) throws {
        let table = try attempt(attempted) { try fitted.apply(probe, in: context()) }
        try requireEqual(Difference.between(result, table, tolerance: tolerance), attempted)
    }

    /// Transformed rows have exactly the schema that the fitted transform names.
    func requireDelivered(_ fitted: any FittedTransform, _ table: Table, _ attempted: String) throws {
        let result = try attempt(attempted) { try fitted.apply(table, in: context()) }
        try requireEqual(Difference.schemas(fitted.outputs, result.schema), attempted)
        try require(result.rowCount == table.rowCount, attempted, "\(table.rowCount) rows became \(result.rowCount)")
    }

    private static func visible(_ rows: TrainingRows, to transform: any Transform) throws -> TrainingRows {
        type(of: transform).descriptor.capabilities.contains(.usesTarget) ? rows : rows.withoutTargets
    }

    /// The widest sample whose plan the transform does not refuse.
    private static func samples(for transform: any Transform) throws -> SampleRows {
        let declared = type(of: transform).descriptor.capabilities
        let candidates: [Set<Capability>] = [
            declared.union([.missingValues, .categories]), [.missingValues, .categories], [.categories],
            [.missingValues], declared, [],
        ]
        var refusal: (any Error)?
        for candidate in candidates {
            let samples = SampleRows(capabilities: candidate)
            do {
                _ = try transform.plan(samples.table(0..<1).schema)
                return samples
            } catch {
                refusal = refusal ?? error
            }
        }
        throw Breach("plan a table of numbers and categories, or of numbers alone", refusal.map(told) ?? "")
    }
}
