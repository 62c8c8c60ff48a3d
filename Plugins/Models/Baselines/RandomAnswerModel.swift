import ApusCore

/// The fitted random answer.
struct RandomAnswerModel: Model {
    struct Saved: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var strategy: RandomAnswer.Strategy
        var answers: [Double]
        /// As text: JSON numbers hold 53 bits.
        var seed: String
    }

    let inputs: Schema
    let outputs: Prediction.Schema
    let strategy: RandomAnswer.Strategy
    /// The probabilities of classes or labels, or sorted values to draw from.
    let answers: [Double]
    let seed: UInt64

    func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let keys = rowKeys(try inputs.align(table))
        let random = CounterRandom(seed: seed, purpose: "baseline.random")
        let width = outputs.outputs
        return try Prediction(
            outputs,
            Matrix(rows: keys.count, columns: width) { target in
                for (row, key) in keys.enumerated() {
                    let draw = random.unit(Int(bitPattern: UInt(key)))
                    switch outputs.task {
                    case .regression: target[row] = value(draw)
                    case .binary, .multiclass:
                        let label = label(draw)
                        for place in 0..<width { target[row * width + place] = place == label ? 1 : 0 }
                    case .multilabel:
                        for place in 0..<width {
                            let draw = random.unit(Int(bitPattern: UInt(mix(key, UInt64(place + 1)))))
                            target[row * width + place] = draw < answers[place] ? 1 : 0
                        }
                    }
                }
            })
    }

    private func value(_ draw: Double) -> Double {
        guard strategy == .uniform, let least = answers.first, let greatest = answers.last else {
            return answers[min(Int(draw * Double(answers.count)), answers.count - 1)]
        }
        return least * (1 - draw) + greatest * draw
    }

    private func label(_ draw: Double) -> Int {
        var sum = 0.0
        for (label, share) in answers.enumerated() {
            sum += share
            if draw < sum { return label }
        }
        return answers.lastIndex { $0 > 0 } ?? 0
    }

    /// One number for what stands in each row: FNV-1a over the values' bits, mixed at the end by the generator.
    private func rowKeys(_ table: Table) -> [UInt64] {
        var keys = [UInt64](repeating: 0xcbf2_9ce4_8422_2325, count: table.rowCount)
        for column in table.columns {
            if let values = column.doubles {
                for (row, value) in values.enumerated() {
                    // All missing values and both zeros are one.
                    let bits = value.isNaN ? Double.nan.bitPattern : (value == 0 ? 0 : value.bitPattern)
                    keys[row] = mix(keys[row], bits)
                }
            } else {
                for row in keys.indices {
                    for byte in (column.text(row) ?? "\u{0}").utf8 { keys[row] = mix(keys[row], UInt64(byte)) }
                }
            }
        }
        return keys
    }

    private func mix(_ key: UInt64, _ value: UInt64) -> UInt64 {
        var mixed = (key ^ value) &* 0x100_0000_01b3
        mixed ^= mixed >> 29
        return mixed
    }

    func state() throws -> State {
        try State(
            of: RandomAnswer.self,
            Saved(inputs: inputs, outputs: outputs, strategy: strategy, answers: answers, seed: String(seed)))
    }
}
