import ApusCore
import ApusKernels
import ApusNeural
import Foundation
import Testing

/// Losses and gradients of networks against finite differences, and against numpy;
/// `Tests/Golden/neural/generate.py` made the latter.
struct NetworkTests {
    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        let widths: [Int]
        let activation: Activation
        let layerNorm: Bool
        let objective: String
        let alpha: Double
        let x: [[Double]]
        let y: [Double]
        let weights: [Double]
        let start: [Double]
        let batch: Int
        let values: [Double]
        let gradient: [Double]
        let end: [Double]

        var testDescription: String { "\(objective) \(activation)\(layerNorm ? " with layer norm" : "")" }

        static let all: [Golden] = {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let data = (try? Data(contentsOf: Folder.golden.appendingPathComponent("steps.json"))) ?? Data()
            return (try? decoder.decode([Golden].self, from: data)) ?? []
        }()

        var target: Target {
            objective == "squared" ? .values(Buffer(y)) : classes(y.map { Int($0) }, max(2, widths[3]))
        }

        func rows() throws -> NetworkPass.Rows {
            let kernels = Kernels(backend: .c, threads: 1)
            return NetworkPass.Rows(
                features: try Matrix(packing: try numberTable(x), kernels), target: target, weights: Buffer(weights),
                meanWeight: weights.reduce(0, +) / Double(weights.count))
        }

        func pass(_ context: RunContext, dropout: Double = 0, batch: Int? = nil) throws -> NetworkPass {
            let shape = try NetworkShape(widths: widths, activation: activation, layerNorm: layerNorm)
            let loss = NetworkPass.Loss(
                objective: try context.registry.objective(PluginReference("objective.\(objective)")),
                offsets: [Double](repeating: 0, count: widths[3]), scale: 1, unit: 1, alpha: alpha, dropout: dropout)
            return NetworkPass(
                shape, loss, batch: batch ?? self.batch,
                Kernels(backend: context.backend, threads: context.threads), context)
        }
    }

    @Test func `there are golden networks of every kind`() { #expect(Golden.all.count == 18) }

    /// Single precision against double: 1e-5 is a hundred roundings of values of size 1.
    @Test(arguments: Golden.all, Backend.allCases)
    func `steps by momentum are those of the reference`(golden: Golden, backend: Backend) throws {
        let context = try context(threads: 2, backend: backend)
        let (pass, rows) = (try golden.pass(context), try golden.rows())
        var session = try context.registry.optimizer(
            PluginReference("sgd", ["learning_rate": 0.05, "momentum": 0.9, "tol": 0])
        ).start(dimension: golden.start.count)
        var (point, gradient) = (golden.start, [Double](repeating: .nan, count: golden.start.count))
        for (step, wanted) in golden.values.enumerated() {
            let order = (0..<golden.batch).map { (step * golden.batch + $0) % golden.x.count }
            let value = pass.evaluate(rows, order: order[...], step: step, at: point, gradient: &gradient)
            #expect(abs(value - wanted) < 1e-5 * max(1, abs(wanted)))
            if step == 0 {
                for (found, wanted) in zip(gradient, golden.gradient) { #expect(abs(found - wanted) < 1e-5) }
            }
            _ = try session.tell(value: value, gradient: gradient, at: &point)
        }
        for (found, wanted) in zip(point, golden.end) { #expect(abs(found - wanted) < 2e-5) }
    }

    /// The difference of two losses in single precision over a step of 1e-2 carries about 1e-4.
    @Test(arguments: Golden.all, [0, 0.4])
    func `gradients are slopes of the loss`(golden: Golden, dropout: Double) throws {
        let context = try context()
        let (pass, rows) = (try golden.pass(context, dropout: dropout, batch: 24), try golden.rows())
        // The same mask every time: the same step.
        func evaluate(_ point: [Double], _ gradient: inout [Double]) -> Double {
            pass.evaluate(rows, order: Array(0..<24)[...], step: 3, at: point, gradient: &gradient)
        }
        var gradient = [Double](repeating: .nan, count: golden.start.count)
        var unused = gradient
        _ = evaluate(golden.start, &gradient)
        var misses = 0
        for place in gradient.indices {
            let h = 1e-2
            var (up, down) = (golden.start, golden.start)
            up[place] += h
            down[place] -= h
            let slope = (evaluate(up, &unused) - evaluate(down, &unused)) / (2 * h)
            if abs(gradient[place] - slope) > 1e-3 * max(1, abs(slope)) { misses += 1 }
        }
        // A step over one of ReLU's corners changes the slope.
        #expect(misses <= (golden.activation == .relu ? gradient.count / 8 : 0))
    }

    @Test(arguments: [1, 7, 40, 200, 2500])
    func `no bit depends on threads, nor on how rows are cut but for rounding`(batch: Int) throws {
        let golden = try #require(Golden.all.first { $0.objective == "softmax" && $0.layerNorm })
        let x = draws("cut", 2500, 5)
        let codes = (0..<2500).map { $0 % 3 }
        let rows = NetworkPass.Rows(
            features: try Matrix(packing: try numberTable(x), Kernels(threads: 1)), target: classes(codes, 3),
            weights: nil, meanWeight: 1)
        let order = Array((0..<batch).map { $0 * 7 % 2500 })
        let results = try [1, 2, 3].map { threads -> (Double, [Double]) in
            let pass = try golden.pass(context(threads: threads), dropout: 0.3, batch: batch)
            var gradient = [Double](repeating: .nan, count: golden.start.count)
            let value = pass.evaluate(rows, order: order[...], step: 1, at: golden.start, gradient: &gradient)
            return (value, gradient)
        }
        for result in results.dropFirst() { #expect(result.0 == results[0].0 && result.1 == results[0].1) }
        // Row by row.
        let single = try golden.pass(context(), batch: 1)
        let whole = try golden.pass(context(), batch: batch)
        var (sum, part) = (
            [Double](repeating: 0, count: golden.start.count), [Double](repeating: 0, count: golden.start.count)
        )
        var value = 0.0
        for row in order {
            value += single.evaluate(rows, order: [row][...], step: 0, at: golden.start, gradient: &part)
            for place in sum.indices { sum[place] += part[place] }
        }
        let penalty = golden.alpha / 2 * weightSquares(golden) * Double(batch)
        let wholeValue = whole.evaluate(rows, order: order[...], step: 0, at: golden.start, gradient: &part)
        let wholePenalty = golden.alpha / 2 * weightSquares(golden)
        #expect(abs((value - penalty) - (wholeValue * Double(batch) - wholePenalty)) < 1e-5 * Double(batch))
    }

    private func weightSquares(_ golden: Golden) -> Double {
        var (squares, place) = (0.0, 0)
        for (index, sizes) in zip(golden.widths, golden.widths.dropFirst()).enumerated() {
            let count = sizes.0 * sizes.1
            for value in golden.start[place..<place + count] { squares += value * value }
            place += count + sizes.1 * (golden.layerNorm && index < golden.widths.count - 2 ? 3 : 1)
        }
        return squares
    }

    @Test func `dropout leaves out its share and keeps the mean`() throws {
        let golden = try #require(Golden.all.first { $0.activation == .tanh && $0.objective == "squared" })
        let context = try context()
        let plain = try golden.pass(context, batch: 24)
        let dropping = try golden.pass(context, dropout: 0.25, batch: 24)
        let rows = try golden.rows()
        var gradient = [Double](repeating: 0, count: golden.start.count)
        // The loss of a network that is nearly linear changes little on average, and each time it changes.
        let start = golden.start.map { $0 * 0.1 }
        let exact = plain.evaluate(rows, order: Array(0..<24)[...], step: 0, at: start, gradient: &gradient)
        let values = (0..<200).map {
            dropping.evaluate(rows, order: Array(0..<24)[...], step: $0, at: start, gradient: &gradient)
        }
        #expect(Set(values).count == 200)
        #expect(abs(values.reduce(0, +) / 200 - exact) < 0.01 * exact)
    }
}
