import ApusCore
import ApusKernels
import CKernels
import Foundation
import Testing

struct DensePassTests {
    static let shapes = [(0, 3), (1, 0), (1, 1), (3, 2), (5, 17), (1000, 7), (20_000, 30)]

    static func logisticLoss(_ z: Double, _ y: Double) -> Double { max(z, 0) - z * y + log1p(exp(-abs(z))) }

    @Test(arguments: shapes, [Kernels.MarginLoss.squared, .logistic])
    func `a pass gives the loss and its gradient`(
        shape: (rows: Int, columns: Int), loss: Kernels.MarginLoss
    ) throws {
        let (rows, columns) = shape
        var draws = Draws(rows + columns)
        let x = draws.matrix(rows, columns, gap: 2)
        let targets = draws.vector(rows).map { loss == .logistic ? ($0 > 0 ? 1.0 : 0) : $0 }
        let weights = draws.vector(rows).map { abs($0) }
        let coefficients = draws.vector(columns)
        var expected = LossGradient(loss: 0, gradient: [Double](repeating: 0, count: columns), intercepts: [0])
        for row in 0..<rows {
            let z = (0..<columns).reduce(0.3) { $0 + x[row, $1] * coefficients[$1] }
            let residual = loss == .squared ? z - targets[row] : 1 / (1 + exp(-z)) - targets[row]
            expected.loss +=
                weights[row]
                * (loss == .squared ? residual * residual / 2 : DensePassTests.logisticLoss(z, targets[row]))
            expected.intercepts[0] += weights[row] * residual
            for column in 0..<columns { expected.gradient[column] += weights[row] * residual * x[row, column] }
        }
        // Columns that are x when they are standardised.
        let (means, scales) = (draws.vector(columns), draws.vector(columns).map { 2 + $0 })
        let source = try StandardizedColumns(
            (0..<columns).map { column in
                Buffer((0..<rows).map { x[$0, column] / scales[column] + means[column] })
            }, means: means, scales: scales, rows: rows)
        let bound = 1e-14 * Double(rows + 10) * Double(columns + 1)
        for isPacked in [true, false] {
            let results = try allKernels.map { kernels in
                isPacked
                    ? try kernels.linearPass(
                        loss, x, targets: Buffer(targets), weights: Buffer(weights), coefficients: coefficients,
                        intercept: 0.3)
                    : try kernels.linearPass(
                        loss, source, targets: Buffer(targets), weights: Buffer(weights), coefficients: coefficients,
                        intercept: 0.3)
            }
            for found in results {
                #expect(abs(found.loss - expected.loss) <= bound)
                #expect(abs(found.intercepts[0] - expected.intercepts[0]) <= bound)
                for (a, b) in zip(found.gradient, expected.gradient) { #expect(abs(a - b) <= bound) }
            }
            #expect(results[0] == results[1] && results[2] == results[3], "threads")
        }
    }

    @Test(arguments: [CK_CPU_BASELINE, CK_CPU_V3, CK_CPU_V4], [(1, 5), (7, 64), (8, 101), (27, 101)])
    func `every compiled variant of the pass over columns agrees with plain sums`(
        level: ck_cpu_level, shape: (columns: Int, rows: Int)
    ) throws {
        let (columns, rows) = shape
        var draws = Draws(columns + rows)
        let start = 3
        let x = (0..<columns).map { _ in Buffer(draws.vector(start + rows)) }
        let (means, scales, coefficients) = (draws.vector(columns), draws.vector(columns), draws.vector(columns))
        let (targets, weights) = (draws.vector(rows), draws.vector(rows).map { abs($0) })
        var expected = [Double](repeating: 1, count: columns)
        var residuals = [Double](repeating: 0, count: rows)
        for row in 0..<rows {
            func cell(_ column: Int) -> Double { (x[column][start + row] - means[column]) * scales[column] }
            let z = (0..<columns).reduce(0.25) { $0 + cell($1) * coefficients[$1] }
            residuals[row] = weights[row] * (z - targets[row])
            for column in 0..<columns { expected[column] += residuals[row] * cell(column) }
        }
        // What is asked for meanwhile changes nothing, nor does it matter whether it is there.
        for ahead in [0, 1 << 40] {
            var gradient = [Double](repeating: 1, count: columns)
            var (found, factors, sums) = (residuals, gradient, [0.0, 0])
            ck_columns_pass(
                level, CK_LOSS_SQUARED, rows, columns, start, ahead, 0.25, x.map { Optional($0.unsafePointer) }, means,
                scales, targets, weights, coefficients, &factors, &found, &gradient, &sums)
            for (a, b) in zip(gradient, expected) { #expect(abs(a - b) <= 1e-14 * Double(rows * columns)) }
            for (a, b) in zip(found, residuals) { #expect(abs(a - b) <= 1e-14 * Double(columns)) }
            #expect(abs(sums[1] - residuals.reduce(0, +)) <= 1e-14 * Double(rows * columns))
        }
        withExtendedLifetime(x) {}
    }

    @Test(arguments: [(0, 2, 3), (1, 1, 1), (4, 3, 2), (900, 6, 5), (5000, 20, 10)])
    func `softmax gives the loss and its gradient`(shape: (rows: Int, columns: Int, classes: Int)) throws {
        let (rows, columns, classes) = shape
        var draws = Draws(rows + classes)
        let x = draws.matrix(rows, columns, gap: 1)
        let labels = (0..<rows).map { _ in Int32(Double(classes) * abs(draws.unit())) }
        let weights = draws.vector(rows).map { abs($0) }
        let (coefficients, intercepts) = (draws.vector(classes * columns), draws.vector(classes))
        var loss = 0.0
        var gradient = [Double](repeating: 0, count: classes * columns)
        var sums = [Double](repeating: 0, count: classes)
        for row in 0..<rows {
            let z = (0..<classes).map { k in
                (0..<columns).reduce(intercepts[k]) { $0 + x[row, $1] * coefficients[k * columns + $1] }
            }
            let total = z.reduce(0) { $0 + exp($1) }
            loss += weights[row] * (log(total) - z[Int(labels[row])])
            for k in 0..<classes {
                let residual = weights[row] * (exp(z[k]) / total - (Int(labels[row]) == k ? 1 : 0))
                sums[k] += residual
                for column in 0..<columns { gradient[k * columns + column] += residual * x[row, column] }
            }
        }
        var results: [LossGradient] = []
        for kernels in allKernels {
            let found = try kernels.softmaxPass(
                x, labels: Buffer(labels), weights: Buffer(weights), coefficients: coefficients, intercepts: intercepts)
            results.append(found)
            let bound = 1e-14 * Double(rows + 10) * Double(columns + 1)
            #expect(abs(found.loss - loss) <= bound)
            for (a, b) in zip(found.gradient, gradient) { #expect(abs(a - b) <= bound) }
            for (a, b) in zip(found.intercepts, sums) { #expect(abs(a - b) <= bound) }
        }
        #expect(results[0] == results[1] && results[2] == results[3], "threads")
        if rows > 0 {
            #expect(throws: ApusError.self) {
                try Kernels().softmaxPass(
                    x, labels: Buffer(repeating: Int32(classes), count: rows), coefficients: coefficients,
                    intercepts: intercepts)
            }
        }
    }

    @Test(arguments: [Kernels.MarginLoss.squared, .logistic])
    func `the gradient is the slope of the loss`(loss: Kernels.MarginLoss) throws {
        var draws = Draws(11)
        let x = draws.matrix(60, 4)
        let targets = Buffer(draws.vector(60).map { $0 > 0 ? 1.0 : 0 })
        let point = draws.vector(4)
        for kernels in allKernels {
            func value(_ coefficients: [Double], _ intercept: Double) throws -> LossGradient {
                try kernels.linearPass(loss, x, targets: targets, coefficients: coefficients, intercept: intercept)
            }
            let found = try value(point, 0.2)
            let step = 1e-5
            for column in 0..<4 {
                var (up, down) = (point, point)
                up[column] += step
                down[column] -= step
                let slope = (try value(up, 0.2).loss - value(down, 0.2).loss) / (2 * step)
                // Central differences: step² from the curve, roundoff / step from the subtraction.
                #expect(abs(slope - found.gradient[column]) <= 1e-7)
            }
            let slope = (try value(point, 0.2 + step).loss - value(point, 0.2 - step).loss) / (2 * step)
            #expect(abs(slope - found.intercepts[0]) <= 1e-7)
        }
    }

    @Test func `NaN shows in the loss`() throws {
        let x = Matrix<Double>(Buffer([1, .nan, 3, 4]), rows: 2, columns: 2)
        for kernels in allKernels {
            for loss in [Kernels.MarginLoss.squared, .logistic] {
                let found = try kernels.linearPass(
                    loss, x, targets: Buffer([0, 1]), coefficients: [1, 1], intercept: 0)
                #expect(found.loss.isNaN)
            }
            let found = try kernels.softmaxPass(
                x, labels: Buffer([0, 1]), coefficients: [1, 1, 2, 2, 3, 3], intercepts: [0, 0, 0])
            #expect(found.loss.isNaN)
        }
    }

    @Test(arguments: [CK_CPU_BASELINE, CK_CPU_V3, CK_CPU_V4])
    func `every compiled variant gives exact probabilities`(level: ck_cpu_level) {
        var margins = stride(from: -800.0, through: 800, by: 0.37).map(\.self) + [0, -0.0, 1e-300, -1e300, 1e300]
        let expected = margins.map { z in z < 0 ? exp(z) / (1 + exp(z)) : 1 / (1 + exp(-z)) }
        ck_logistic(level, margins.count, &margins)
        for (found, wanted) in zip(margins, expected) {
            // Below e^−708 the kernel gives 0 where a subnormal number would stand.
            #expect(abs(found - wanted) <= 4e-16 * wanted || wanted < 1e-307 && found == 0, "\(found) for \(wanted)")
        }
    }

    @Test(arguments: [CK_CPU_BASELINE, CK_CPU_V3, CK_CPU_V4])
    func `every compiled variant agrees with the plain sums`(level: ck_cpu_level) {
        var draws = Draws(12)
        let (rows, columns) = (103, 29)
        let x = draws.vector(rows * columns)
        let (y, beta) = (draws.vector(rows).map { $0 > 0 ? 1.0 : 0 }, draws.vector(columns))
        var residuals = [Double](repeating: 0, count: rows)
        var gradient = [Double](repeating: 0, count: columns)
        var sums = [0.0, 0.0]
        ck_linear_pass(
            level, CK_LOSS_LOGISTIC, rows, columns, columns, 0.1, x, y, nil, beta, &residuals, &gradient, &sums)
        var (loss, total) = (0.0, 0.0)
        for row in 0..<rows {
            let z = (0..<columns).reduce(0.1) { $0 + x[row * columns + $1] * beta[$1] }
            loss += DensePassTests.logisticLoss(z, y[row])
            total += 1 / (1 + exp(-z)) - y[row]
        }
        #expect(abs(sums[0] - loss) <= 1e-12 && abs(sums[1] - total) <= 1e-12)
        let moments = ck_column_moments(level, x.count, x, nil)
        #expect(abs(moments.mean - x.reduce(0, +) / Double(x.count)) <= 1e-15)
    }

    @Test func `a row's margin does not depend on the rows around it`() throws {
        var draws = Draws(13)
        let columns = (0..<9).map { _ in Buffer(draws.vector(5003)) }
        let (means, coefficients) = (draws.vector(9), draws.vector(9))
        for kernels in allKernels {
            let all = try kernels.margins(
                columns, rows: 5003, means: means, coefficients: coefficients, intercept: 0.5)
            let probabilities = kernels.logistic(all)
            let shares = kernels.softmax([all, probabilities, all])
            for row in [0, 1, 17, 4095, 4096, 5002] {
                let one = try kernels.margins(
                    columns.map { $0.slice(row..<row + 1) }, rows: 1, means: means, coefficients: coefficients,
                    intercept: 0.5)
                #expect(one[0] == all[row])
                #expect(kernels.logistic(one)[0] == probabilities[row])
                let share = kernels.softmax([one, kernels.logistic(one), one])
                for k in 0..<3 { #expect(share[k][0] == shares[k][row]) }
            }
        }
    }
}
