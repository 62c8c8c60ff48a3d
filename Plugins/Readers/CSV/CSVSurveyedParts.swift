import ApusCore
import ApusKernels

/// Parts of a text that was surveyed before: kinds and labels are those of all rows.
struct CSVSurveyedParts: PartReader {
    let schema: Schema
    let report: ReadReport
    let columns: CSVColumns
    let parts: CSVParts
    let kinds: [CSVCellKind]

    var count: Int { parts.count }

    func read(_ part: Int, _ names: [String]?) throws -> Table {
        let wanted = try names.map { try $0.map { try schema.position(of: $0) } } ?? Array(kinds.indices)
        let isWanted = Set(wanted)
        let reading = try columns.checked(
            parts.read(part, kinds: kinds.indices.map { isWanted.contains($0) ? kinds[$0] : .skip }))
        let fields = wanted.map { schema.fields[$0] }
        let made = try columns.build(wanted, of: reading.columns) { place in
            CSVKind(rawValue: schema.fields[place].kind.rawValue).map { CSVDeclaration(kind: $0, origin: .user) }
        }.map(\.column)
        // Each part has labels of its own; they get the codes of all rows' labels.
        let own = try Table(
            Schema(zip(fields, made).map { Field($0.name, for: $1, role: $0.role) }), made, rowCount: reading.rowCount)
        return try Schema(fields).align(own)
    }
}
