import ApusCore
import ApusLinear
import Foundation
import Testing

struct LogisticRegressionTests {
    static func fit(
        _ x: [[Double]], _ target: Target, weights: [Double]? = nil, _ context: RunContext,
        _ change: (inout LogisticRegression) -> Void = { _ in }
    ) throws -> LinearModel {
        var learner = LogisticRegression()
        change(&learner)
        return try linear(try learner.fit(trainingRows(x, target, weights: weights), from: nil, in: context))
    }

    /// Rows whose class depends on the first column and on chance.
    static func noisy(_ rows: Int, _ columns: Int, _ count: Int) -> (x: [[Double]], codes: [Int]) {
        let x = LinearRegressionTests.draws(21, rows, columns)
        let noise = LinearRegressionTests.draws(22, rows, 1)
        let codes = zip(x, noise).map { row, noise in
            min(count - 1, max(0, Int(((row[0] + noise[0] + 2) / 4 * Double(count)).rounded(.down))))
        }
        return (x, codes)
    }

    @Test(arguments: [2, 3], [1e-3, 1.0, 1e6])
    func `separable classes end in a finite, perfect answer`(count: Int, c: Double) throws {
        let codes = (0..<60).map { $0 / (60 / count) }
        let x: [[Double]] = codes.enumerated().map { row, code in
            [Double(code) * 10 + Double(row % 7) * 0.1, Double(row % 5)]
        }
        let listener = Listener()
        let model = try Self.fit(x, classes(codes, count), context(listener)) { $0.c = c }
        #expect(model.coefficients.joined().allSatisfy { $0.isFinite })
        let prediction = try model.predict(numberTable(x, width: 2))
        if c >= 1 { for row in 0..<60 { #expect(prediction.classIndex(row) == codes[row]) } }
        #expect(listener.warnings.isEmpty)
    }

    @Test func `without a penalty separable classes end without NaN`() throws {
        let x = (0..<20).map { [Double($0)] }
        let model = try Self.fit(x, classes((0..<20).map { $0 / 10 }, 2), context()) { $0.penalty = .none }
        let prediction = try model.predict(numberTable(x, width: 1))
        for row in 0..<20 { #expect(prediction.classIndex(row) == row / 10) }
    }

    @Test func `one class, and a class that does not occur`() throws {
        let x = [[1.0], [2], [3], [4]]
        for (codes, count) in [([1, 1, 1, 1], 2), ([0, 0, 0, 0], 2), ([2, 2, 2, 2], 3), ([0, 2, 0, 2], 3)] {
            let listener = Listener()
            let model = try Self.fit(x, classes(codes, count), context(listener))
            let prediction = try model.predict(numberTable(x, width: 1))
            for row in 0..<4 {
                let sum = (0..<count).reduce(0) { $0 + prediction.values[row, $1] }
                #expect(abs(sum - 1) < 1e-12)
                for label in 0..<count where !codes.contains(label) { #expect(prediction.values[row, label] == 0) }
            }
            #expect(listener.warnings.count == count - Set(codes).count)
        }
    }

    /// Long enough that a tenth of the rows is fitted first. Sorted by class, and with hardly any of one class, as well.
    @Test(arguments: ["mixed", "sorted", "rare"], Backend.allCases)
    func `a long table ends where its own gradient vanishes`(order: String, backend: Backend) throws {
        let count = 90_000
        var (x, codes) = Self.noisy(count, 2, 2)
        if order == "rare" { codes = codes.indices.map { $0 % 9_000 == 7 ? 1 : 0 } }
        if order == "sorted" {
            let rows = codes.indices.sorted { (codes[$0], $0) < (codes[$1], $1) }
            (x, codes) = (rows.map { x[$0] }, rows.map { codes[$0] })
        }
        let weights = (0..<count).map { Double($0 % 4) }
        var models: [LinearModel] = []
        for threads in [1, 3] {
            let listener = Listener()
            models.append(
                try Self.fit(
                    x, classes(codes, 2), weights: weights, context(threads: threads, backend: backend, listener)))
            #expect(listener.warnings.isEmpty && listener.steps < 40)
        }
        #expect(models[0].coefficients == models[1].coefficients, "threads")
        let answers = try models[0].predict(numberTable(x, width: 2)).values
        let total = weights.reduce(0, +)
        var slopes = [0.0, 0, 0]
        for row in 0..<count {
            let residual = weights[row] * (answers[row, 1] - Double(codes[row])) / total
            for (column, value) in (x[row] + [1]).enumerated() { slopes[column] += residual * value }
        }
        for column in 0..<2 { slopes[column] += models[0].coefficients[0][column] / total }
        // Columns of deviation 0.58; in the variables of the search a gradient is a few times larger.
        for slope in slopes { #expect(abs(slope) <= 1e-6) }
    }

    @Test(arguments: [1e-12, 1e-4, 1e4, 1e12])
    func `wildly scaled columns converge to the penalised minimum`(scale: Double) throws {
        let (x, codes) = Self.noisy(300, 3, 2)
        let listener = Listener()
        let scaled = x.map { [$0[0] * scale, $0[1], $0[2] / scale] }
        let model = try Self.fit(scaled, classes(codes, 2), context(listener)) { $0.tol = 1e-10 }
        #expect(listener.warnings.isEmpty && listener.steps < 60)
        // At the minimum c · Σ residual · x + coefficient is 0 for each column; the rest is measured in steps that change
        // loss and penalty about equally.
        let prediction = try model.predict(numberTable(scaled, width: 3))
        for (column, size) in [scale, 1, 1 / scale].enumerated() {
            var slope = 0.0
            for row in 0..<300 {
                slope += (prediction.values[row, 1] - Double(codes[row])) * scaled[row][column]
            }
            let unit = (size * size + 4.0 / 300).squareRoot()
            #expect(abs(slope + model.coefficients[0][column]) / 300 / unit <= 1e-9)
        }
    }

    @Test(arguments: [2, 4])
    func `threads change no bit`(count: Int) throws {
        let (x, codes) = Self.noisy(6000, 20, count)
        let models = try [1, 2, 5].map { try Self.fit(x, classes(codes, count), context(threads: $0)) }
        for model in models.dropFirst() {
            #expect(model.coefficients == models[0].coefficients && model.intercepts == models[0].intercepts)
        }
    }

    @Test(arguments: [2, 3])
    func `a weight of two is a row that stands there twice`(count: Int) throws {
        let (x, codes) = Self.noisy(200, 4, count)
        let repeated = (0..<200).flatMap { [Int](repeating: $0, count: $0 % 3) }
        let weights = (0..<200).map { Double($0 % 3) }
        let again = (x: repeated.map { x[$0] }, target: classes(repeated.map { codes[$0] }, count))
        let weighted = try Self.fit(x, classes(codes, count), weights: weights, context()) { $0.tol = 1e-11 }
        let plain = try Self.fit(again.x, again.target, context()) { $0.tol = 1e-11 }
        for (a, b) in zip(weighted.coefficients.joined(), plain.coefficients.joined()) { #expect(abs(a - b) < 1e-7) }
    }

    @Test(arguments: [2, 3])
    func `a saved model answers the same, row by row too`(count: Int) throws {
        let (x, codes) = Self.noisy(100, 3, count)
        let model = try Self.fit(x, classes(codes, count), context())
        let restored = try linear(try LogisticRegression.restoring(try model.state()))
        let table = try numberTable(x, width: 3)
        let (first, second) = (try model.predict(table), try restored.predict(table))
        #expect(first.values.elements.elementsEqual(second.values.elements))
        for row in 0..<100 {
            var outputs = [Double](repeating: 0, count: count)
            x[row].withUnsafeBufferPointer { features in
                outputs.withUnsafeMutableBufferPointer { model.predict(row: features, into: $0) }
            }
            for label in 0..<count { #expect(outputs[label] == first.values[row, label]) }
        }
    }

    @Test func `each iteration is told, and can be cancelled`() throws {
        let (x, codes) = Self.noisy(500, 5, 2)
        let listener = Listener()
        _ = try Self.fit(x, classes(codes, 2), context(listener))
        #expect(listener.steps > 2)

        let cancellation = Cancellation()
        let stopping = Listener { if $0 == 2 { cancellation.cancel() } }
        var stopped = try context(stopping)
        stopped.cancellation = cancellation
        let error = #expect(throws: ApusError.self) { try Self.fit(x, classes(codes, 2), stopped) }
        #expect(error?.kind == .cancelled && stopping.steps == 2)
    }

    @Test func `too few iterations are told`() throws {
        let (x, codes) = Self.noisy(500, 5, 2)
        let listener = Listener()
        _ = try Self.fit(x, classes(codes, 2), context(listener)) { $0.maxIter = 1 }
        #expect(listener.warnings.count == 1 && listener.warnings[0].contains("max_iter"))
    }

    @Test func `an unknown optimizer is refused with the nearest name`() throws {
        let (x, codes) = Self.noisy(20, 1, 2)
        let error = #expect(throws: ApusError.self) {
            try Self.fit(x, classes(codes, 2), context()) { $0.optimizer = PluginReference("lbgfs") }
        }
        #expect(error?.description.contains("lbfgs") == true)
    }

    @Test func `numbers are refused as a target`() throws {
        let error = #expect(throws: ApusError.self) {
            try Self.fit([[1], [2]], .values(Buffer([1, 2])), context())
        }
        #expect(error?.description.contains("linear_regression") == true)
    }
}
