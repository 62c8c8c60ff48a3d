import ApusBuiltins
import ApusCore
import ApusPipeline
import Testing

struct MultilabelTests {
    private func dataset(_ columns: [(String, Column)], positive: String? = nil, task: LearningTask? = nil) throws
        -> Dataset
    {
        let rows = columns[0].1.count
        let table = try Table([("x", Column((0..<rows).map(Double.init)))] + columns.map { (name: $0.0, column: $0.1) })
        return try Dataset(
            table, Dataset.Question(targets: columns.map(\.0), task: task, positive: positive))
    }

    private func message(_ columns: [(String, Column)], positive: String? = nil, task: LearningTask? = nil) -> String {
        do {
            return "\(try dataset(columns, positive: positive, task: task).target)"
        } catch {
            return "\(error)"
        }
    }

    private func flags(_ target: Target) -> [UInt8] {
        if case .flags(let flags, _) = target { Array(flags) } else { [] }
    }

    @Test func `flags, zeros and ones, and two labels become flags`() throws {
        let data = try dataset([
            ("a", Column(flags: [true, false, nil, true])), ("b", Column([0, 1, 1, 0])),
            ("c", Column(categories: ["no", "yes", "yes", "yes"])), ("d", Column(integers: [-1, 1, 1, -1])),
        ])
        #expect(data.target.task == .multilabel)
        #expect(data.target.labels == ["a", "b", "c", "d"])
        #expect(flags(data.target) == [1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0])
        #expect(data.droppedRows == 1)
        #expect(data.targetColumns.values == [["false", "true"], ["0", "1"], ["no", "yes"], ["-1", "1"]])
        #expect(data.table.schema.features.names == ["x"])
        #expect(data.notes.contains("1 row has no value in every target and is left out."))
    }

    @Test func `the positive value can be named, and a constant column is understood by the others`() throws {
        let data = try dataset(
            [
                ("a", Column(categories: ["in", "out", "in"])), ("b", Column(categories: ["out", "out", "out"])),
            ], positive: "in")
        #expect(flags(data.target) == [1, 0, 0, 0, 1, 0])
        #expect(data.notes.contains("The label 'b' holds in no row."))
    }

    @Test func `columns that are no labels are refused`() {
        let two = Column([0, 1, 1])
        #expect(
            message([("a", two), ("b", Column([0, 1, 2]))]).contains(
                "target column 'b': expected two values, found 3: '0', '1', '2'"))
        #expect(
            message([("a", two), ("b", Column(texts: ["x", "y", "x"]))]).contains(
                "expected two values, found free text"))
        #expect(
            message([("a", two), ("b", Column(categories: ["x", "x", "x"]))]).contains(
                "which does not tell whether the label holds"))
        #expect(message([("a", two), ("a", two)]).contains("both named 'a'"))
        #expect(
            message([("a", two), ("b", two)], task: .binary).contains("the task is binary, but there are 2 targets"))
        #expect(message([("a", two), ("b", two)], positive: "2").contains("no row has the positive label '2'"))
        #expect(
            message([("a", Column([.nan, 1])), ("b", Column([1, .nan]))]).contains("in every row some value is missing")
        )
    }

    @Test func `rows are divided within their set of labels`() throws {
        let count = 400
        let random = CounterRandom(seed: 5, purpose: "test")
        let data = try dataset(
            (0..<3).map { label in
                ("y\(label)", Column((0..<count).map { random.unit($0 * 3 + label) < 0.2 * Double(label + 1) ? 1 : 0 }))
            })
        let parts = try Split().divide(data, validation: false, seed: 1)
        #expect(parts.report.strategy == "stratified")
        #expect(parts.report.notes.contains { $0.hasPrefix("Rows are divided within their set of labels: 8 sets") })
        var sets: [[UInt8]: (all: Int, held: Int)] = [:]
        let (all, held) = (flags(data.target), flags(parts.test.target))
        for row in 0..<count { sets[Array(all[row * 3..<row * 3 + 3]), default: (0, 0)].all += 1 }
        for row in 0..<parts.test.count { sets[Array(held[row * 3..<row * 3 + 3]), default: (0, 0)].held += 1 }
        for (set, counts) in sets where counts.all >= 10 {
            #expect(abs(Double(counts.held) - 0.2 * Double(counts.all)) <= 0.5, "\(set)")
        }
    }

    @Test func `the truth of another table is read as that of training`() throws {
        let columns = TargetColumns(names: ["a", "b"], task: .multilabel, values: [["0", "1"], ["no", "yes"]])
        let table = try Table([
            "b": Column(categories: ["yes", "no"]), "a": Column(categories: ["1.0", "0"]), "x": Column([1, 2]),
        ])
        #expect(flags(try columns.encode(table)) == [1, 1, 0, 0])
        let odd = try Table(["b": Column(categories: ["yes", "maybe"]), "a": Column([1, 0])])
        #expect(throws: ApusError.self) { try columns.encode(odd) }
    }

    @Test func `what holds is what is at least as likely as not`() throws {
        let prediction = try Prediction(
            Prediction.Schema(task: .multilabel, labels: ["a", "b", "c"]),
            Matrix(Buffer([0.5, 0.49, 0.9, 0.1, 0.2, 0.3]), rows: 2, columns: 3))
        #expect(prediction.labels(0) == ["a", "c"])
        #expect(prediction.labels(1) == [])
        #expect(prediction.label(0) == nil)
        #expect(prediction.classIndex(0) == 2)
    }

    @Test func `a learner of classes refuses several labels and names those that learn them`() throws {
        let registry = try Registry.builtin()
        let pipeline = Pipeline([], try registry.learner(PluginReference("gaussian_naive_bayes")))
        let schema = try Schema([Field("x", .number)])
        let error = #expect(throws: ApusError.self) {
            try pipeline.plan(schema, task: .multilabel, among: registry)
        }
        #expect(error?.description.contains("does not learn a multilabel target") == true)
        #expect(error?.description.contains("baseline.zero_rule") == true)
    }
}
