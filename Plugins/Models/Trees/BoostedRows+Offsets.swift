import ApusCore

/// Scores that rows bring with them.
extension BoostedRows {
    /// Adds `(rows, scores)` to the scores.
    func add(_ offsets: Matrix<Double>) {
        for score in 0..<offsets.columns {
            let scores = scores(of: score)
            for row in 0..<offsets.rows { scores[row * stride] += offsets[row, score] }
        }
    }

    /// The constants that make the loss least when they are added to `offsets`: by Newton's method, from the constants
    /// that are best without them less the mean offset. The order of the rows does not matter.
    func constants(beside offsets: Matrix<Double>, from start: [Double]) -> [Double] {
        let rows = max(1, offsets.rows)
        var constants = start.indices.map { score in
            start[score] - (OrderFreeSum.of(offsets.rows) { offsets[$0, score] } ?? 0) / Double(rows)
        }
        func fill() {
            self.fill(constants)
            add(offsets)
        }
        fill()
        if start.count == 1, let step = bestConstant { return [constants[0] + step] }
        for _ in 0..<100 {
            _ = evaluate(.c)
            let steps = constants.indices.map { score in
                let (gradient, hessian) = sums(of: score)
                return hessian > 0 ? -gradient / hessian : 0
            }
            guard steps.allSatisfy(\.isFinite) else { break }
            for score in constants.indices { constants[score] += steps[score] }
            fill()
            if zip(steps, constants).allSatisfy({ abs($0) <= 1e-12 * max(1, abs($1)) }) { break }
        }
        return constants
    }
}
