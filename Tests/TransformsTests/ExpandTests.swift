import ApusCore
import ApusTransforms
import Testing

struct ExpandTests {
    private func table() throws -> Table {
        let vectors = try SparseRows(width: 3, offsets: [0, 1, 1, 3], indices: [1, 0, 2], values: [2, 3, -4])
        return try Table(
            Schema([Field("a", .number), Field("v", .vector, width: 3), Field("b", .number)]),
            [Column([1, 2, 3]), Column(.vector(vectors)), Column([4, 5, 6])])
    }

    @Test func `a vector becomes the columns that it stands for, zeros included`() throws {
        let fitted = try Expand().fit(rows(try table()), in: RunContext())
        let result = try fitted.apply(try table())
        #expect(result.schema.names == ["a", "v#0", "v#1", "v#2", "b"])
        #expect(try ["v#0", "v#1", "v#2"].map { try numbers(result, $0) } == [[0, 0, 3], [2, 0, 0], [0, 0, -4]])
        #expect(try delivers(fitted, try table()))
        #expect(try Expand().plan(table().schema) == result.schema)
    }

    @Test func `labels name the columns`() throws {
        let schema = try Schema([Field("v", .vector, categories: ["red", "blue"], width: 2)])
        #expect(try Expand().plan(schema).names == ["v=red", "v=blue"])
    }

    @Test func `what memory cannot hold is refused`() throws {
        #expect(throws: ApusError.self) { try Expand().plan(Schema([Field("v", .vector, width: 1 << 20)])) }
        let wide = try Table(["v": Column(.vector(try SparseRows(width: 1 << 17, zeros: 1_000_000)))])
        let fitted = try Expand().fit(rows(wide), in: RunContext())
        let error = #expect(throws: ApusError.self) { try fitted.apply(wide) }
        #expect(error?.description.contains("column 'v': 1,000,000 rows of 131,072 columns do not fit") == true)
    }
}
