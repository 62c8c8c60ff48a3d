import ApusCore
import ApusPipeline
import Foundation
import Testing

@Suite struct SplitTests {
    private func dataset(
        _ rows: Int, classes: Int = 2, more: [(name: String, column: Column)] = [], group: String? = nil,
        time: String? = nil
    ) throws -> Dataset {
        let random = CounterRandom(seed: 9, purpose: "data")
        let table = try Table(
            [
                ("x", Column((0..<rows).map { random.unit($0) })),
                ("y", Column(categories: (0..<rows).map { "c\(random.below(classes, $0 + rows))" })),
            ] + more)
        return try Dataset(table, Dataset.Question(target: "y", group: group, time: time))
    }

    @Test func `the parts are disjoint and together all rows`() throws {
        for seed in 0..<5 as Range<UInt64> {
            let data = try dataset(503)
            let parts = try Split().divide(data, validation: true, seed: seed)
            let fitted = Set(parts.training.rowIDs), kept = Set(try #require(parts.training.validation).rowIDs)
            #expect(fitted.isDisjoint(with: kept))
            #expect(fitted.count + kept.count + parts.test.count == 503)
            #expect(abs(parts.test.count - 101) <= 1)
            #expect(abs(kept.count - 80) <= 2)
        }
    }

    @Test func `a stratified split has the same share of each class in each part`() throws {
        let data = try dataset(1_000, classes: 5)
        let parts = try Split().divide(data, validation: false, seed: 1)
        #expect(parts.report.strategy == "stratified")
        func shares(_ target: Target) -> [Double] {
            guard case .classes(let codes, let labels) = target else { return [] }
            return labels.indices.map { label in
                Double(codes.count { Int($0) == label }) / Double(codes.count)
            }
        }
        for (train, test) in zip(shares(try parts.training.target), shares(parts.test.target)) {
            #expect(abs(train - test) < 0.01)
        }
    }

    @Test func `the seed decides, and nothing else`() throws {
        let data = try dataset(200)
        let first = try Split().divide(data, validation: true, seed: 1)
        let again = try Split().divide(data, validation: true, seed: 1)
        let other = try Split().divide(data, validation: true, seed: 2)
        #expect(Array(first.training.rowIDs) == Array(again.training.rowIDs))
        #expect(Array(first.training.rowIDs) != Array(other.training.rowIDs))
    }

    @Test func `equal rows stay on one side`() throws {
        // 500 different rows, 50 of them twice.
        let ids = Array(0..<500) + Array(0..<50)
        let table = try Table([
            "x": Column(ids.map { Double($0) }), "y": Column(categories: ids.map { $0 % 2 == 0 ? "a" : "b" }),
        ])
        let data = try Dataset(table, Dataset.Question(target: "y"))
        for seed in 0..<10 as Range<UInt64> {
            let parts = try Split().divide(data, validation: true, seed: seed)
            #expect(parts.report.duplicates == 50)
            #expect(parts.report.duplicatesTogether)
            let part = [parts.training, try #require(parts.training.validation)].map {
                Set($0.rowIDs.map { ids[Int($0)] })
            }
            let test = Set(
                (0..<parts.test.count).compactMap { parts.test.table.columns[0].text($0).flatMap { Int($0) } })
            #expect(part[0].isDisjoint(with: part[1]))
            #expect(part[0].isDisjoint(with: test))
            #expect(part[1].isDisjoint(with: test))
        }
    }

    @Test func `too many equal rows are divided like others, and it says so`() throws {
        let table = try Table([
            "x": Column((0..<200).map { Double($0 % 4) }),
            "y": Column(categories: (0..<200).map { $0 % 4 < 2 ? "a" : "b" }),
        ])
        let parts = try Split().divide(Dataset(table, Dataset.Question(target: "y")), validation: false, seed: 0)
        #expect(!parts.report.duplicatesTogether)
        #expect(parts.report.notes.contains { $0.contains("196 rows equal an earlier one") })
        #expect(parts.report.notes.contains { $0.contains("test rows equal a row that was fitted on") })
    }

    @Test func `the latest rows are held out by time, and moments are not torn apart`() throws {
        let times = (0..<300).map { Int64(($0 * 7) % 300 / 3) }
        let data = try dataset(300, more: [("when", Column(timestamps: times))], time: "when")
        let parts = try Split().divide(data, validation: true, seed: 0)
        #expect(parts.report.strategy == "time")
        func moments(_ rows: TrainingRows) -> [Int64] { rows.rowIDs.map { times[Int($0)] } }
        let trained = moments(parts.training), kept = moments(try #require(parts.training.validation))
        #expect(try #require(trained.max()) < #require(kept.min()))
        #expect(parts.test.count == 60)
        #expect(try #require(kept.max()) == 79)
    }

    @Test func `groups stay together`() throws {
        let groups = (0..<400).map { "g\($0 % 23)" }
        let data = try dataset(400, more: [("g", Column(categories: groups))], group: "g")
        let parts = try Split().divide(data, validation: true, seed: 4)
        let trained = Set(parts.training.rowIDs.map { groups[Int($0)] })
        let kept = Set(try #require(parts.training.validation).rowIDs.map { groups[Int($0)] })
        #expect(trained.isDisjoint(with: kept))
        let used = trained.union(kept)
        #expect(used.count < 23)
        #expect(parts.training.count + parts.training.validation!.count == groups.count { used.contains($0) })
        #expect(abs(parts.test.count - 80) <= 18)
    }

    @Test func `a label that only held-out rows have is unknown to the training part`() throws {
        // The latest rows are held out, and they alone are blue.
        let table = try Table([
            "colour": Column(categories: (0..<100).map { $0 < 90 ? ["red", "green"][$0 % 2] : "blue" }),
            "when": Column((0..<100).map(Double.init)), "y": Column((0..<100).map { Double($0) * 0.5 }),
        ])
        let data = try Dataset(table, Dataset.Question(target: "y", time: "when"))
        let parts = try Split().divide(data, validation: true, seed: 0)
        #expect(try parts.training.table.schema["colour"]?.categories == ["green", "red"])
        #expect(parts.test.table["colour"]?.missingCount == 10)
        #expect(
            parts.report.notes == [
                "Column 'colour': 10 held-out values with a label that no training row has count as missing."
            ])
    }

    @Test(arguments: [0, 1])
    func `too few rows are refused`(rows: Int) throws {
        #expect(throws: ApusError.self) {
            let table = try Table([
                "x": Column([Double](repeating: 1, count: rows)), "y": Column([Double](repeating: 1, count: rows)),
            ])
            _ = try Split().divide(
                Dataset(table, Dataset.Question(target: "y", task: .regression)), validation: false, seed: 0)
        }
    }

    @Test func `two rows make one to fit and one to test`() throws {
        let table = try Table(["x": Column([1, 2]), "y": Column([1.5, 2.5])])
        let parts = try Split().divide(Dataset(table, Dataset.Question(target: "y")), validation: true, seed: 0)
        #expect(parts.training.count == 1)
        #expect(parts.test.count == 1)
        #expect(parts.training.validation == nil)
    }
}

@Suite struct DatasetTests {
    private func table(_ target: Column) throws -> Table {
        try Table(["x": Column((0..<target.count).map(Double.init)), "y": target])
    }

    @Test func `the task follows from the target`() throws {
        func task(_ column: Column) throws -> LearningTask {
            try Dataset(table(column), Dataset.Question(target: "y")).target.task
        }
        #expect(try task(Column(categories: ["a", "b", "a"])) == .binary)
        #expect(try task(Column(flags: [true, false])) == .binary)
        #expect(try task(Column((0..<100).map { Double($0 % 10) })) == .multiclass)
        #expect(try task(Column((0..<100).map { Double($0 % 2) + 0.5 })) == .regression)
        #expect(try task(Column((0..<100).map { Double($0) })) == .regression)
    }

    @Test func `the last label in order is positive unless another is named`() throws {
        let column = Column([1, 2, 2, 1])
        #expect(try Dataset(table(column), Dataset.Question(target: "y")).target.labels == ["1", "2"])
        #expect(try Dataset(table(column), Dataset.Question(target: "y", positive: "1")).target.labels == ["2", "1"])
    }

    @Test(arguments: [
        (
            Column([3, 3, 3]), "y",
            "target column 'y': it is constant: every row has '3'. There is nothing to learn; choose another target."
        ),
        (Column([1, 2, 3]), "yy", "target column: there is no column 'yy'. Did you mean 'y'?"),
        (
            Column(numbers: [nil, nil, nil]), "y",
            "target column 'y': every value is missing. Choose another target, or check data.missing."
        ),
    ])
    func `a target that cannot be learned is refused`(column: Column, target: String, message: String) throws {
        let error = #expect(throws: ApusError.self) { try Dataset(table(column), Dataset.Question(target: target)) }
        #expect(error?.description == message)
    }

    @Test func `a target of very many labels is refused`() throws {
        let column = Column(categories: (0..<5_000).map { "id\($0 / 2)" })
        let error = #expect(throws: ApusError.self) { try Dataset(table(column), Dataset.Question(target: "y")) }
        #expect(
            error?.description
                == "target column 'y': there are 2,500 different labels, at most 1,000 can be classified. Is it an identifier? Choose another target."
        )
    }

    @Test func `rows without a target are dropped and counted`() throws {
        let data = try Dataset(table(Column(numbers: [1.5, nil, 2.5, nil])), Dataset.Question(target: "y"))
        #expect(data.count == 2)
        #expect(data.droppedRows == 2)
        #expect(data.notes == ["2 rows have no value in the target 'y' and are left out."])
    }
}

@Suite struct TrainingRowsTests {
    /// A program that could make training rows by itself could scale before it splits.
    @Test(.enabled(if: Toolchain.modules != nil, "the built modules were not found"))
    func `only a split makes training rows`() throws {
        let legal = """
            import ApusCore
            func use(_ rows: TrainingRows) -> Int { rows.count }
            """
        let illegal = """
            import ApusCore
            func make(_ table: Table) -> TrainingRows { TrainingRows(.table(table), targets: nil, rowIDs: Buffer([])) }
            """
        #expect(try Toolchain.compiles(legal).succeeded)
        let refused = try Toolchain.compiles(illegal)
        #expect(!refused.succeeded)
        #expect(refused.output.contains("inaccessible") || refused.output.contains("no accessible initializers"))
    }
}

/// Compiles snippets against the modules that these tests were built with.
private enum Toolchain {
    static var modules: String? {
        let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let candidates = [executable, executable.deletingLastPathComponent()].map {
            $0.appendingPathComponent("Modules").path
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0 + "/ApusCore.swiftmodule") }
    }

    static func compiles(_ source: String) throws -> (succeeded: Bool, output: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("snippet.swift")
        try source.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["swiftc", "-typecheck", "-swift-version", "6", "-I", modules ?? "", file.path]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus == 0, output)
    }
}
