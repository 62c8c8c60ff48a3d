import ApusCore
import ApusKernels

/// Makes a table's column of what was read.
struct CSVColumnBuilder: Sendable {
    let text: TextBytes

    struct Built: Sendable {
        let field: Field
        let column: Column
        let note: String?
    }

    func build(_ column: CSVColumn, name: String, declaration: CSVDeclaration?) throws(ApusError) -> Built {
        switch column.kind {
        case .number: return try number(column, name, declaration)
        case .integer, .timestamp: return integer(column, name)
        case .string, .skip:
            return try CSVLabelColumn(text: text, column: column, name: name, declaration: declaration).build()
        }
    }

    private func number(
        _ column: CSVColumn, _ name: String, _ declaration: CSVDeclaration?
    ) throws(ApusError) -> Built {
        let note = try numberNote(column.findings, name, declaration)
        let values = Buffer(
            owner: column.memory, unsafePointer: UnsafePointer(column.doubles), count: column.rowCount)
        let made = Column(.double(values))
        return Built(field: Field(name, for: made), column: made, note: note)
    }

    /// What to say about the numbers of a column; throws where one is not finite.
    func numberNote(_ found: CSVFindings, _ name: String, _ declaration: CSVDeclaration?) throws(ApusError) -> String? {
        let modelled = declaration.flatMap { $0.origin == .schema ? $0 : nil }
        if let cell = found.infinite {
            let value = text.quoted(cell.range)
            let isWord = text[cell.range].contains { $0 | 0x20 == 0x69 }
            throw ApusError(
                isWord ? "\(value) is no finite number" : "\(value) is beyond the largest number",
                at: "column '\(name)' row \((cell.row + 1).grouped)",
                remedy: modelled?.remedy(for: value)
                    ?? "Add \(value) to data.missing, or declare the column categorical.")
        }
        guard let cell = found.huge ?? found.big else { return nil }
        return
            "Column '\(name)': whole numbers such as \(text.quoted(cell.range)) in row \((cell.row + 1).grouped) have "
            + "more digits than a number holds and are rounded"
            + (modelled == nil ? "; declare the column categorical if they are names." : ".")
    }

    private func integer(_ column: CSVColumn, _ name: String) -> Built {
        let integers = column.integers
        var validity: Bitmap?
        if column.findings.missing > 0 {
            validity = Bitmap(count: column.rowCount) { integers[$0] != .min }
            for row in 0..<column.rowCount where integers[row] == .min { integers[row] = 0 }
        }
        let values = Buffer(owner: column.memory, unsafePointer: UnsafePointer(integers), count: column.rowCount)
        let made = Column(column.kind == .integer ? .integer(values) : .timestamp(values), validity: validity)
        return Built(field: Field(name, for: made), column: made, note: nil)
    }
}
