import ApusCore

extension Kernels {
    /// Moments and standardised products of columns from one pass over them: means are guessed from some rows, and what
    /// the guess was off by is taken out of the sums. `factors` are one a row, such as the root of its weight.
    ///
    /// Nil where that would cost digits, or a column holds what is not finite. Where the guess was off by more than a
    /// deviation, a second pass starts from the means of the first; what is taken out is then less than what stays, and the
    /// products are as good as those of columns that were standardised before.
    /// Source: Chan, Golub and LeVeque, "Algorithms for computing the sample variance", Amer. Statist. 37 (1983).
    public func centredProducts(_ columns: [Buffer<Double>], factors: Buffer<Double>? = nil) throws -> CentredProducts?
    {
        guard let rows = columns.first?.count, rows > 0 else { return nil }
        let width = columns.count
        var guesses = guessedScales(of: columns)
        for _ in 0..<2 {
            let source = try StandardizedColumns(
                columns, means: guesses.map(\.shift), scales: guesses.map(\.scale), factors: factors, rows: rows)
            let sums = try gram(source, isBordered: true)
            let weight = sums[width, width]
            guard weight > 0, (0..<width).allSatisfy({ sums[$0, $0].isFinite && sums[$0, width].isFinite }) else {
                return nil
            }
            let slips = (0..<width).map { sums[$0, width] / weight }
            let squares = (0..<width).map { max(0, sums[$0, $0] - slips[$0] * sums[$0, width]) }
            if (0..<width).allSatisfy({ sums[$0, $0] <= 2 * squares[$0] }) {
                return try centred(columns, factors, guesses, sums, slips, squares)
            }
            for column in 0..<width { guesses[column].shift += slips[column] / guesses[column].scale }
        }
        return nil
    }

    private func centred(
        _ columns: [Buffer<Double>], _ factors: Buffer<Double>?, _ guesses: [(shift: Double, scale: Double)],
        _ sums: Matrix<Double>, _ slips: [Double], _ squares: [Double]
    ) throws -> CentredProducts? {
        let width = columns.count
        let weight = sums[width, width]
        let found = columns.indices.map { column in
            let (shift, scale) = guesses[column]
            let mean = shift + slips[column] / scale
            let reach = squares[column] > 0 ? 1.0 : 0
            return Moments(
                weight: weight, mean: mean, squares: squares[column] / scale / scale, least: mean - reach,
                greatest: mean + reach)
        }
        // Squares that nearly vanish may have lost digits at the end of the range.
        for column in columns.indices where squares[column] <= 0x1p-800 * weight {
            let weights = factors.map { Buffer($0.map { $0 * $0 }) }
            guard try moments([columns[column]], weights: weights)[0].squares == 0 else { return nil }
        }
        let roots = squares.map { $0 > 0 ? (weight / $0).squareRoot() : 0 }
        let products = Matrix<Double>(rows: width, columns: width) { target in
            for row in 0..<width {
                for column in 0..<width {
                    target[row * width + column] =
                        (sums[row, column] - slips[row] * sums[column, width]) * roots[row] * roots[column]
                }
            }
        }
        return CentredProducts(moments: found, products: products)
    }

    /// The mean of some rows of each column, exact where these are all the same, and the power of two that brings the
    /// farthest of them near 1.
    private func guessedScales(of columns: [Buffer<Double>]) -> [(shift: Double, scale: Double)] {
        let rows = columns[0].count
        let count = min(rows, 256)
        var guesses = [(shift: Double, scale: Double)](repeating: (0, 1), count: columns.count)
        guesses.withUnsafeMutableBufferPointer { guesses in
            nonisolated(unsafe) let guesses = guesses
            parallelFor(columns.count) { column in
                let x = columns[column]
                let first = x[0]
                let mean = first + (0..<count).reduce(0) { $0 + (x[$1 * rows / count] - first) } / Double(count)
                let reach = (0..<count).reduce(0) { max($0, abs(x[$1 * rows / count] - mean)) }
                let size = reach > 0 ? reach : abs(mean)
                guard size.isFinite, size > 0 else { return guesses[column] = (mean, 1) }
                // Powers of two in the range of normal numbers.
                let power = min(max(-size.exponent, -1000), 1000)
                guesses[column] = (mean, Double(sign: .plus, exponent: power, significand: 1))
            }
        }
        return guesses
    }
}
