import ApusCore
import ApusKernels
import ApusLinear
import Testing

struct LinearRegressionTests {
    /// Draws in −1 ..< 1.
    static func draws(_ seed: UInt64, _ rows: Int, _ columns: Int) -> [[Double]] {
        let random = CounterRandom(seed: seed, purpose: "test")
        return (0..<rows).map { row in (0..<columns).map { 2 * random.unit(row * columns + $0) - 1 } }
    }

    static func fit(
        _ x: [[Double]], _ y: [Double], weights: [Double]? = nil, _ listener: Listener? = nil, threads: Int = 1,
        backend: Backend = .c, _ change: (inout LinearRegression) -> Void = { _ in }
    ) throws -> LinearModel {
        var learner = LinearRegression()
        change(&learner)
        let rows = try trainingRows(x, .values(Buffer(y)), weights: weights)
        return try linear(
            try learner.fit(rows, from: nil, in: try context(threads: threads, backend: backend, listener)))
    }

    @Test func `constant and all-zero columns get no weight`() throws {
        let x = Self.draws(1, 30, 2).map { [$0[0], 7, 0, $0[1]] }
        let model = try Self.fit(x, x.map { 2 * $0[0] - $0[3] + 5 })
        #expect(model.coefficients[0][1] == 0 && model.coefficients[0][2] == 0)
        #expect(abs(model.coefficients[0][0] - 2) < 1e-13 && abs(model.coefficients[0][3] + 1) < 1e-13)
        #expect(abs(model.intercepts[0] - 5) < 1e-13)
    }

    @Test func `a constant target needs no coefficients`() throws {
        let model = try Self.fit(Self.draws(2, 10, 3), [Double](repeating: 4, count: 10))
        #expect(model.coefficients == [[0, 0, 0]] && model.intercepts == [4])
    }

    @Test func `one row is answered by its target`() throws {
        let model = try Self.fit([[3, 4]], [9])
        #expect(try model.predict(numberTable([[0, 0]], width: 2)).value(0) == 9)
    }

    @Test func `no feature leaves the mean`() throws {
        let model = try Self.fit([[], [], []], [1, 2, 6])
        #expect(model.intercepts == [3])
    }

    @Test(arguments: Backend.allCases)
    func `more columns than rows fit exactly, with the least norm`(backend: Backend) throws {
        let x = Self.draws(3, 12, 40)
        let y = Self.draws(4, 12, 1).map { $0[0] }
        let listener = Listener()
        let model = try Self.fit(x, y, listener, backend: backend)
        let prediction = try model.predict(numberTable(x, width: 40))
        for row in 0..<12 { #expect(abs(prediction.value(row) - y[row]) < 1e-12) }
        #expect(listener.warnings.count == 1 && listener.warnings[0].contains("29 of 40"))
    }

    @Test(arguments: Backend.allCases)
    func `columns that follow from others share the weight, with a warning`(backend: Backend) throws {
        let x = Self.draws(5, 50, 2).map { [$0[0], $0[1], $0[0], $0[0] + $0[1]] }
        let y = x.map { 4 * $0[0] + $0[1] }
        let listener = Listener()
        let model = try Self.fit(x, y, listener, backend: backend)
        #expect(listener.warnings.count == 1 && listener.warnings[0].contains("2 of 4"))
        // The two equal columns are alike in the solution of least norm.
        #expect(abs(model.coefficients[0][0] - model.coefficients[0][2]) < 1e-12)
        let prediction = try model.predict(numberTable(x, width: 4))
        for row in 0..<50 { #expect(abs(prediction.value(row) - y[row]) < 1e-12) }
    }

    @Test(arguments: Backend.allCases)
    func `the columns of one category are solved alike from few rows and from many`(backend: Backend) throws {
        // 12 columns of which one is 1 in each row, all equally often: their sum is the intercept.
        let noise = Self.draws(16, 39_996, 3)
        let x = noise.enumerated().map { row, draws in (0..<12).map { $0 == row % 12 ? 1.0 : 0 } + draws }
        let y = x.enumerated().map { row, values in Double(row % 12) + values[12] - 3 * values[13] }
        let listener = Listener()
        let many = try Self.fit(x, y, listener, backend: backend)
        let few = try Self.fit(Array(x.prefix(1200)), Array(y.prefix(1200)), backend: backend)
        let data = try Self.fit(x, y, backend: backend) { $0.solver = .qr }
        #expect(listener.warnings.count == 1 && listener.warnings[0].contains("1 of 15"))
        for (a, b) in zip(many.coefficients[0], data.coefficients[0]) { #expect(abs(a - b) < 1e-10) }
        for (a, b) in zip(many.coefficients[0], few.coefficients[0]) { #expect(abs(a - b) < 1e-10) }
        #expect(abs(many.coefficients[0][5] - many.coefficients[0][4] - 1) < 1e-10)
    }

    @Test(arguments: [1e-4, 1e-7])
    func `nearly dependent columns keep their digits`(distance: Double) throws {
        let x = Self.draws(17, 60_000, 10).map { row in row + [row[0] + distance * row[1] * row[2]] }
        let y = x.map { 2 * $0[0] - $0[3] }
        let model = try Self.fit(x, y)
        // Coefficients of nearly equal columns are known to roundoff / distance.
        #expect(abs(model.coefficients[0][0] - 2) < 1e-14 / distance)
        #expect(abs(model.coefficients[0][10]) < 1e-14 / distance)
        #expect(abs(model.coefficients[0][3] + 1) < 1e-12)
    }

    @Test func `20 rows of 10,000 columns are fitted`() throws {
        let x = Self.draws(18, 20, 10_000)
        let y = Self.draws(19, 20, 1).map { $0[0] }
        let model = try Self.fit(x, y)
        let prediction = try model.predict(numberTable(x, width: 10_000))
        for row in 0..<20 { #expect(abs(prediction.value(row) - y[row]) < 1e-11) }
    }

    @Test(arguments: [1e-12, 1e-6, 1e6, 1e12], LeastSquaresSolver.allCases)
    func `wildly scaled columns lose no digits`(scale: Double, solver: LeastSquaresSolver) throws {
        let x = Self.draws(6, 40, 3).map { [$0[0] * scale, $0[1], $0[2] / scale] }
        let y = x.map { 3 * $0[0] / scale + $0[1] - 2 * $0[2] * scale + 1 }
        let model = try Self.fit(x, y) { $0.solver = solver }
        let expected = [3 / scale, 1, -2 * scale]
        for (found, wanted) in zip(model.coefficients[0], expected) {
            #expect(abs(found - wanted) <= 1e-12 * abs(wanted))
        }
        #expect(abs(model.intercepts[0] - 1) < 1e-12)
    }

    @Test func `singular equations are an error if Cholesky is asked for`() throws {
        let x = Self.draws(9, 20, 1).map { [$0[0], $0[0]] }
        let error = #expect(throws: ApusError.self) {
            try Self.fit(x, x.map { $0[0] }) { $0.solver = .cholesky }
        }
        #expect(error?.description.contains("qr") == true)
    }

    @Test(arguments: [(50, 3), (30_000, 12)])
    func `a weight of two is a row that stands there twice`(shape: (rows: Int, columns: Int)) throws {
        let x = Self.draws(10, shape.rows, shape.columns)
        let y = Self.draws(11, shape.rows, 1).map { $0[0] }
        let weights = (0..<shape.rows).map { Double($0 % 3) }
        let repeated = (0..<shape.rows).flatMap { [Int](repeating: $0, count: $0 % 3) }
        let weighted = try Self.fit(x, y, weights: weights)
        let plain = try Self.fit(repeated.map { x[$0] }, repeated.map { y[$0] })
        for (a, b) in zip(weighted.coefficients[0], plain.coefficients[0]) { #expect(abs(a - b) < 1e-12) }
        #expect(abs(weighted.intercepts[0] - plain.intercepts[0]) < 1e-12)
    }

    @Test(arguments: LeastSquaresSolver.allCases)
    func `threads change no bit`(solver: LeastSquaresSolver) throws {
        let x = Self.draws(12, 20_000, 20)
        let y = Self.draws(13, 20_000, 1).map { $0[0] }
        let models = try [1, 2, 5].map { threads in
            try Self.fit(x, y, threads: threads) { $0.solver = solver }
        }
        for model in models.dropFirst() {
            #expect(model.coefficients == models[0].coefficients && model.intercepts == models[0].intercepts)
        }
    }

    @Test func `what is no finite number is refused by column and row`() throws {
        func message(_ value: Double) -> String {
            let error = #expect(throws: ApusError.self) { try Self.fit([[1, 2], [3, value], [5, 6]], [1, 2, 3]) }
            return error?.description ?? ""
        }
        #expect(message(.infinity).contains("'x2' row 2") && message(.infinity).contains("transform.impute"))
        #expect(message(.nan).contains("'x2' row 2") && message(.nan).contains("transform.impute"))
        #expect(message(1e300) == "" || message(1e300).contains("'x2'"))
        #expect(throws: ApusError.self) { try Self.fit([[1], [2]], [1, .infinity]) }
        #expect(throws: ApusError.self) { try Self.fit([], []) }
    }

    @Test func `categories and classes are refused with a remedy`() throws {
        let table = try Table(["colour": Column(categories: ["red", "blue"])])
        let rows = TrainingRows(.table(table), targets: [.values(Buffer([1, 2]))], rowIDs: Buffer([0, 1]))
        let error = #expect(throws: ApusError.self) {
            try LinearRegression().fit(rows, from: nil, in: try context())
        }
        #expect(error?.description.contains("transform.one_hot") == true)
        let labelled = try trainingRows([[1], [2]], classes([0, 1], 2))
        #expect(throws: ApusError.self) { try LinearRegression().fit(labelled, from: nil, in: try context()) }
    }

    @Test func `a saved model answers the same, row by row too`() throws {
        let x = Self.draws(14, 200, 5)
        let model = try Self.fit(x, x.map { $0[0] * 3 + $0[4] })
        let restored = try linear(try LinearRegression.restoring(try model.state()))
        let table = try numberTable(x, width: 5)
        let (first, second) = (try model.predict(table), try restored.predict(table))
        #expect(first.values.elements.elementsEqual(second.values.elements))
        for row in 0..<200 {
            var output = [0.0]
            x[row].withUnsafeBufferPointer { features in
                output.withUnsafeMutableBufferPointer { model.predict(row: features, into: $0) }
            }
            #expect(output[0] == first.value(row))
        }
        let contributions = try model.contributions(table, in: context())[0]
        for row in 0..<200 {
            #expect(abs((0..<6).reduce(0) { $0 + contributions[row, $1] } - first.value(row)) < 1e-12)
        }
        #expect(model.importance["coefficient"]?.count == 5)
        #expect(model.importance["coefficient"]?.firstIndex { $0 > 1 } == 0)
    }

    @Test func `damaged state is refused`() throws {
        let model = try Self.fit(Self.draws(15, 9, 2), [1, 2, 3, 4, 5, 6, 7, 8, 9])
        for name in ["coefficients", "means", "intercepts", "deviations"] {
            var state = try model.state()
            state.tensors[name] = Tensor([Double.nan, 1])
            #expect(throws: ApusError.self) { try LinearRegression.restoring(state) }
            state.tensors[name] = nil
            #expect(throws: ApusError.self) { try LinearRegression.restoring(state) }
        }
    }

    @Test func `a cancelled fit stops`() throws {
        let context = try context()
        context.cancellation.cancel()
        let rows = try trainingRows([[1], [2]], .values(Buffer([1, 2])))
        let error = #expect(throws: ApusError.self) { try LinearRegression().fit(rows, from: nil, in: context) }
        #expect(error?.kind == .cancelled)
    }
}
