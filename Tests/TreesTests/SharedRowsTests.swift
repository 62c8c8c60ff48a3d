import ApusCore
import ApusTrees
import Testing

/// Processes that each hold a share of the rows learn what one learns from all of them.
@Suite struct SharedRowsTests {
    /// How rows are dealt out.
    enum Share: CaseIterable {
        case blocks
        case turns
        case fewAndMany
        case nothingForOne

        func owner(of row: Int, _ rows: Int, _ size: Int) -> Int {
            switch self {
            case .blocks: row * size / rows
            case .turns: row % size
            case .fewAndMany: row < 7 ? 0 : 1 + row % (size - 1)
            case .nothingForOne: row * (size - 1) / rows
            }
        }
    }

    enum Problem: CaseIterable {
        case regression, absolute, huber, poisson, binary, balanced, multiclass, multilabel, sampled, searched,
            monotone, small
    }

    private func learner(_ problem: Problem) throws -> GradientBoosting {
        var learner = GradientBoosting()
        learner.nEstimators = 6
        learner.nIterNoChange = 3
        learner.learningRate = 0.3
        switch problem {
        case .absolute, .huber, .poisson: learner.objective = PluginReference("objective.\(problem)")
        case .balanced:
            learner.objective = PluginReference("objective.class_balanced")
            learner.classWeight = .balanced
        case .sampled: (learner.subsample, learner.colsampleBytree, learner.colsampleBylevel) = (0.6, 0.7, 0.8)
        case .searched: learner.searchRows = 100
        case .monotone: (learner.monotoneConstraints, learner.growPolicy) = (["a": .increasing], .depthWise)
        // Many a split fails by the exact count of its rows.
        case .small: (learner.numLeaves, learner.minSamplesLeaf, learner.minChildWeight) = (200, 3, 0)
        case .regression, .binary, .multiclass, .multilabel: break
        }
        return learner
    }

    private func target(_ score: [Double], _ problem: Problem) -> Target {
        switch problem {
        case .binary, .balanced, .sampled, .searched: Fixture.classes(score.map { $0 > 2 ? 1 : 0 }, ["no", "yes"])
        case .multiclass: ForestModelTests.target(score, .multiclass)
        case .multilabel: ForestModelTests.target(score, .multilabel)
        case .poisson: Fixture.numbers(score.map { max(0, $0).rounded() })
        case .regression, .absolute, .huber, .monotone, .small: Fixture.numbers(score)
        }
    }

    /// The rows at `places`, those from `held` on for validation, with weights and, for counts, offsets.
    private func rows(_ table: Table, _ target: Target, _ problem: Problem, _ places: [Int], held: Int) throws
        -> TrainingRows
    {
        func part(_ places: [Int], _ validation: TrainingRows?) throws -> TrainingRows {
            TrainingRows(
                .table(try table.rows(places)), targets: [target.rows(places)],
                weights: problem == .regression ? nil : Buffer(places.map { Double($0 % 5) / 4 + 0.1 }),
                offsets: problem == .poisson
                    ? Matrix(Buffer(places.map { Double($0 % 3) / 2 }), rows: places.count, columns: 1) : nil,
                rowIDs: Buffer(places.map(Int64.init)), validation: validation)
        }
        let validation = places.filter { $0 >= held }
        return try part(places.filter { $0 < held }, validation.isEmpty ? nil : try part(validation, nil))
    }

    private func fit(
        _ learner: GradientBoosting, _ size: Int, rows: @escaping @Sendable (Int) throws -> TrainingRows
    ) -> [Result<String, any Error>] {
        ThreadCommunicator.run(size) { communicator in
            var context = try Fixture.context(threads: 1 + communicator.rank % 2)
            context.communicator = communicator
            return try Fixture.bytes(learner.fit(rows(communicator.rank), from: nil, in: context))
        }
    }

    /// Cancels a fit once it has told of an iteration.
    private struct Stopper: MonitorSession {
        let cancellation: Cancellation
        init(_ cancellation: Cancellation) { self.cancellation = cancellation }

        func receive(_ event: any Event) -> [Alert] {
            if event is Iteration { cancellation.cancel() }
            return []
        }

        func snapshot() throws -> State { throw ApusError("there is nothing to keep") }
        func restore(_ state: State) throws {}
    }

    @Test(arguments: Problem.allCases, Share.allCases)
    func `two and three processes learn the bytes of one`(problem: Problem, share: Share) throws {
        let count = 1100
        let (table, score) = try Fixture.mixed(count)
        let (learner, target) = (try learner(problem), target(score, problem))
        let whole = try rows(table, target, problem, Array(0..<count), held: 900)
        let expected = try Fixture.bytes(learner.fit(whole, from: nil, in: Fixture.context()))
        for size in [2, 3] {
            let found = fit(learner, size) { rank in
                let places = (0..<count).filter { share.owner(of: $0, count, size) == rank }
                return try rows(table, target, problem, places, held: 900)
            }
            #expect(found.count == size)
            for bytes in found { #expect(try bytes.get() == expected, "\(size) processes") }
        }
    }

    @Test func `so do two beyond the rows that bins are sampled from`() throws {
        let count = 210_000
        let random = CounterRandom(seed: 5, purpose: "many")
        let table = try Table([
            ("a", Column((0..<count).map { random.unit($0) })),
            ("b", Column((0..<count).map { random.unit(count + $0).squareRoot() })),
        ])
        let target = Fixture.numbers((0..<count).map { random.unit(2 * count + $0) * Double($0 % 7) })
        var learner = GradientBoosting()
        learner.nEstimators = 2
        learner.numLeaves = 5
        let expected = try Fixture.bytes(learner.fit(Fixture.rows(table, target), from: nil, in: Fixture.context()))
        let settings = learner
        for bytes in fit(
            settings, 2,
            rows: { rank in
                let places = Array(rank == 0 ? 0..<50_000 : 50_000..<count)
                return Fixture.rows(try table.rows(places), target.rows(places), ids: places.map(Int64.init))
            })
        {
            #expect(try bytes.get() == expected)
        }
    }

    @Test func `a model is continued by several processes as by one`() throws {
        let (table, score) = try Fixture.mixed(600)
        let (learner, target) = (try learner(.binary), target(score, .binary))
        let first = try learner.fit(Fixture.rows(table, target), from: nil, in: Fixture.context())
        let expected = try Fixture.bytes(learner.fit(Fixture.rows(table, target), from: first, in: Fixture.context()))
        let found = ThreadCommunicator.run(2) { communicator in
            var context = try Fixture.context(threads: 1)
            context.communicator = communicator
            let places = Array(communicator.rank == 0 ? 0..<200 : 200..<600)
            let rows = Fixture.rows(try table.rows(places), target.rows(places), ids: places.map(Int64.init))
            return try Fixture.bytes(learner.fit(rows, from: first, in: context))
        }
        for bytes in found { #expect(try bytes.get() == expected) }
    }

    @Test func `processes that differ are told so, and one that is stopped stops the others`() throws {
        let (table, score) = try Fixture.mixed(400)
        let target = target(score, .binary)
        func run(_ change: @escaping @Sendable (Int, inout RunContext, inout GradientBoosting) -> Void) -> [ApusError?]
        {
            ThreadCommunicator.run(2) { communicator in
                var context = try Fixture.context(threads: 1)
                context.communicator = communicator
                var learner = GradientBoosting()
                learner.nEstimators = 200
                change(communicator.rank, &context, &learner)
                let places = Array(communicator.rank == 0 ? 0..<200 : 200..<400)
                let rows = Fixture.rows(try table.rows(places), target.rows(places), ids: places.map(Int64.init))
                return try learner.fit(rows, from: nil, in: context).inputs
            }.map { result in
                if case .failure(let error) = result { error as? ApusError } else { nil }
            }
        }
        for errors in [
            run { rank, context, _ in context.seed = UInt64(rank) },
            run { rank, _, learner in learner.numLeaves = 5 + rank },
        ] {
            #expect(errors.allSatisfy { $0?.finding.contains("differ in columns") == true }, "\(errors)")
        }
        let stopped = run { rank, context, learner in
            learner.nEstimators = 100_000
            if rank == 1 { context.monitors = [Stopper(context.cancellation)] }
        }
        #expect(stopped[1]?.finding == "stopped before it was done", "\(stopped)")
        #expect(stopped[0]?.finding == "another process was stopped", "\(stopped)")
    }
}
