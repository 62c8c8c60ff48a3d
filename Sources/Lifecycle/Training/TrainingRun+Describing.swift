import ApusCore
import ApusPipeline

extension TrainingRun {
    func describe(_ model: any Model, in report: inout TrainReport) {
        guard let model = model as? any Inspectable else { return }
        report.model.facts = model.facts
        guard model.importance[model.mainImportance] != nil else { return }
        let named = model.namedImportance
        let sum = named.reduce(0) { $0 + $1.importance }
        report.importanceMeasure = model.mainImportance
        report.importance = named.map {
            TrainReport.Importance(feature: $0.name, share: sum > 0 ? $0.importance / sum : 0)
        }.sorted { $0.share > $1.share }
    }

    func describe(_ table: Table, _ read: ReadReport, _ data: Dataset) -> TrainReport.Data {
        var facts = describe(data.target, table.schema, missing: table.columns.map(\.missingCount), read)
        facts.rows = table.rowCount
        facts.target = data.targetColumns.title
        facts.reason = data.reason
        facts.features = data.table.schema.features.fields.count
        return facts
    }

    /// What answers and columns tell; rows, target, reason and features are for the caller to fill in.
    func describe(_ target: Target, _ schema: Schema, missing counts: [Int], _ read: ReadReport) -> TrainReport.Data {
        let missing = zip(schema.names, counts).filter { $0.1 > 0 }
        var rows = [Int](repeating: 0, count: target.labels.count)
        switch target {
        case .values: break
        case .classes(let codes, _): for code in codes { rows[Int(code)] += 1 }
        case .flags(let flags, let labels):
            for (place, flag) in flags.enumerated() { rows[place % labels.count] += Int(flag) }
        }
        return TrainReport.Data(
            path: configuration.data.path ?? "", read: read, rows: 0, columns: schema.fields.count,
            kinds: ColumnKind.allCases.map { kind in (kind, schema.fields.count { $0.kind == kind }) }
                .filter { $0.1 > 0 }, missingCells: missing.reduce(0) { $0 + $1.1 },
            missing: missing.sorted { $0.1 > $1.1 }.map { ($0.0, $0.1) }, target: "", task: target.task, reason: "",
            classes: zip(target.labels, rows).map { ($0, $1) }, answeredRows: target.count, features: 0)
    }
}
