import ApusCore
import Testing

@Suite struct SparseRowsTests {
    private static func rows() throws -> SparseRows {
        try SparseRows(width: 5, offsets: [0, 2, 2, 3, 5], indices: [0, 3, 4, 1, 2], values: [1, -2, 0, 4, 5])
    }

    private static let dense: [[Double]] = [[1, 0, 0, -2, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 4, 5, 0, 0]]

    private func dense(_ rows: SparseRows) -> [[Double]] {
        (0..<rows.count).map { row in (0..<rows.width).map { rows[row, $0] } }
    }

    @Test func `rows, slices and selections hold the numbers that they say`() throws {
        let rows = try Self.rows()
        #expect(dense(rows) == Self.dense)
        #expect(rows.entryCount == 5 && rows.density == 0.25)
        #expect(dense(rows.rows([3, 0, 3])) == [Self.dense[3], Self.dense[0], Self.dense[3]])
        let part = rows.slice(1..<4)
        #expect(dense(part) == Array(Self.dense[1...]) && part.entryCount == 3)
        #expect(dense(part.rows([2, 0])) == [Self.dense[3], Self.dense[1]])
        #expect(rows.text(0) == "0:1 3:-2" && rows.text(1).isEmpty)
        #expect(dense(try rows.resized(to: 6)).allSatisfy { $0.count == 6 })
        #expect(throws: ApusError.self) { try rows.resized(to: 4) }
    }

    // In the slice elements 0 and 3 have no entry.
    @Test(arguments: [[-1, 0, 1, -1, 2], [0, 1, 2, 3, -1], [-1, -1, -1, -1, -1], [0, 1, 2, 3, 4]])
    func `selected numbers stand where they are wanted`(positions: [Int32]) throws {
        let kept = positions.indices.filter { positions[$0] >= 0 }
        for (rows, dense) in [(try Self.rows(), Self.dense), (try Self.rows().slice(1..<4), Array(Self.dense[1...]))] {
            let selected = try rows.selecting(positions, width: kept.count)
            #expect(self.dense(selected) == dense.map { row in kept.map { row[$0] } })
        }
        #expect(throws: ApusError.self) { try Self.rows().selecting([0, 1], width: 2) }
    }

    @Test func `what breaks the layout is refused with its row`() {
        func message(_ width: Int, _ offsets: [Int64], _ indices: [Int32], _ values: [Double]) -> String {
            do {
                _ = try SparseRows(width: width, offsets: offsets, indices: indices, values: values)
                return "it was taken"
            } catch {
                return "\(error)"
            }
        }
        #expect(message(3, [0, 1, 2], [0, 3], [1, 2]).contains("row 2: positions ascend from 0 to 2, found 3"))
        #expect(message(3, [0, 2], [1, 1], [1, 2]).contains("row 1: positions ascend"))
        #expect(message(3, [0, 1], [-1], [1]).contains("row 1: positions ascend"))
        #expect(
            message(3, [0, 1, 2], [0, 0], [1, .nan]).contains("row 2 element 0: expected a finite number, found nan"))
        #expect(message(3, [0, 2, 1], [0, 1], [1, 2]).contains("row 1"))
        #expect(message(3, [0, 5], [0], [1]).contains("do not fit together"))
        #expect(message(-1, [0], [], []).contains("do not fit together"))
        #expect(message(3, [], [], []).contains("do not fit together"))
    }

    @Test func `a vector is a column like others`() throws {
        let column = Column(.vector(try Self.rows()))
        #expect(column.kind == .vector && column.count == 4 && column.doubles == nil && !column.isConstant)
        #expect(Column(.vector(try SparseRows(width: 5, zeros: 3))).isConstant)
        // An entry of 0 is no difference.
        #expect(Column(.vector(try Self.rows().rows([1, 2]))).isConstant)
        let table = try Table(["v": column, "x": Column([1, 2, 3, 4])])
        #expect(table.schema.elementStarts == [0, 5, 6])
        #expect(table.schema.elementName(3) == "v#3" && table.schema.elementName(5) == "x")
        #expect(try table.rows([3]).column("v").text(0) == "1:4 2:5")
        #expect(throws: ApusError.self) { try Table(Schema([Field("v", .vector, width: 4)]), [column]) }
        #expect(throws: ApusError.self) { try Schema([Field("v", .number, width: 4)]) }
        #expect(throws: ApusError.self) { try Schema([Field("v", .vector, width: -1)]) }
    }

    @Test func `aligning brings a vector to the width that was fitted`() throws {
        let schema = try Schema([Field("v", .vector, width: 6)])
        let aligned = try schema.align(Table(["v": Column(.vector(try Self.rows()))]))
        #expect(aligned.schema == schema)
        let narrow = try Schema([Field("v", .vector, width: 3)])
        let error = #expect(throws: ApusError.self) { try narrow.align(Table(["v": Column(.vector(try Self.rows()))])) }
        #expect(error?.description.contains("column 'v'") == true)
        let words = #expect(throws: ApusError.self) { try schema.align(Table(["v": Column(texts: ["a"])])) }
        #expect(words?.description.contains("expected a vector, found \"a\"") == true)
    }
}
