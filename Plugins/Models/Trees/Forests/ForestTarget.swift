import ApusCore
import ApusKernels

/// The target in integers, so that sums over rows depend on neither their order nor the processor.
///
/// A class becomes the row's weight, an output (a number, or a label's flag) its product with the weight; both in fixed
/// point, scaled by powers of two so that sums over a tree's sample stay below 2^50 for classes and 2^61 for outputs.
struct ForestTarget: Sendable {
    /// The kind of answer.
    let task: LearningTask
    /// Classes, labels, or 1 for a number.
    let outputs: Int
    /// Words that a row adds: one for a class, else one an output and the weight last.
    let rowWidth: Int
    /// What each row adds, `(rows, rowWidth)`: a class word, or sums and weight.
    let words: Buffer<Int64>
    /// Rows whose weight is above zero.
    let active: [UInt32]
    /// The numbers themselves; nil for classes and labels.
    let numbers: Buffer<Double>?
    private let center: Double
    private let exponent: Int
    private let sumBits: Int
    private let weightBits: Int

    /// Whether a row adds to one class.
    var isClasses: Bool { task.isClassification }

    /// `target` for samples of up to `draws` rows.
    init(_ target: Target, weights: Buffer<Double>?, draws: Int) {
        task = target.task
        let rows = target.count
        let drawBits = Int.bitWidth - draws.leadingZeroBitCount
        let largestWeight = weights?.max() ?? 1
        let isClasses = target.task.isClassification
        weightBits = weights == nil ? 0 : (isClasses ? 49 : 59) - max(drawBits, isClasses ? 0 : 10)
        /// Weights below 2, times 2^weightBits.
        func weight(_ row: Int) -> Double {
            guard let weights else { return 1 }
            return Double(sign: .plus, exponent: -Int(largestWeight.exponent), significand: weights[row])
        }
        let weightUnit = Double(sign: .plus, exponent: weightBits, significand: 1)
        let fixed: [Int64] = (0..<rows).map { DeterministicMath.integer(weight($0) * weightUnit) }
        active = (0..<UInt32(rows)).filter { fixed[Int($0)] > 0 }

        switch target {
        case .classes(let codes, let labels):
            outputs = max(1, labels.count)
            rowWidth = 1
            words = Buffer((0..<rows).map { fixed[$0] << ImpurityRule.classBits | Int64(codes[$0]) })
            numbers = nil
            (center, exponent, sumBits) = (0, 0, weightBits)
        case .flags(let flags, let labels):
            let count = labels.count
            outputs = count
            rowWidth = count + 1
            words = Buffer(count: rows * (count + 1)) { words in
                for row in 0..<rows {
                    for label in 0..<count {
                        words[row * (count + 1) + label] = flags[row * count + label] != 0 ? fixed[row] : 0
                    }
                    words[row * (count + 1) + count] = fixed[row]
                }
            }
            numbers = nil
            (center, exponent, sumBits) = (0, 0, weightBits)
        case .values(let values):
            outputs = 1
            rowWidth = 2
            let (least, most) = (values.min() ?? 0, values.max() ?? 0)
            let center = least / 2 + most / 2
            let largest = max(abs(least - center), abs(most - center))
            let exponent = largest > 0 ? Int(largest.exponent) : 0
            // Products below 4, each below 2^49 and all below 2^61 once scaled.
            let bits = min(46, 58 - drawBits)
            let unit = Double(sign: .plus, exponent: bits, significand: 1)
            words = Buffer(count: 2 * rows) { words in
                for row in 0..<rows {
                    let value = Double(sign: .plus, exponent: -exponent, significand: values[row] - center)
                    words[2 * row] = DeterministicMath.integer(weight(row) * value * unit)
                    words[2 * row + 1] = fixed[row]
                }
            }
            numbers = values
            (self.center, self.exponent, sumBits) = (center, exponent, bits)
        }
    }

    /// The rule by which splits are judged.
    func rule(_ settings: ForestSettings) -> ImpurityRule {
        ImpurityRule(
            outputs: outputs, isClasses: isClasses,
            isLogarithmic: task != .regression && settings.growth.criterion != .gini,
            minRows: settings.growth.minSamplesLeaf,
            rows: 0)
    }

    /// How much impurity, in scikit-learn's units and per unit of weight, one unit of score is.
    func impurityUnit(_ rule: ImpurityRule) -> Double {
        switch task {
        case .regression:
            return Double(sign: .plus, exponent: 2 * (weightBits - sumBits + exponent), significand: 1)
        case .binary, .multiclass: return rule.isLogarithmic ? 0x1.71547652b82fep+0 : 1
        case .multilabel: return (rule.isLogarithmic ? 0x1.71547652b82fep+0 : 2) / Double(outputs)
        }
    }

    /// The weight in sums of rows.
    func weight(_ sums: UnsafePointer<Int64>) -> Int64 {
        guard isClasses else { return sums[outputs] }
        return (0..<outputs).reduce(0) { $0 + sums[$1] }
    }

    /// What sums of rows answer: the mean, or the shares of classes or labels.
    func answer(_ sums: UnsafePointer<Int64>) -> [Double] {
        let weight = Double(weight(sums))
        return (0..<outputs).map { output in
            let share = Double(sums[output]) / weight
            guard task == .regression else { return share }
            return center
                + Double(sign: .plus, exponent: weightBits - sumBits + exponent, significand: share)
        }
    }
}
