import ApusCore
import ApusKernels

/// The part of an objective's buffers that belongs to a range of rows, checked to lie inside them.
package struct ObjectiveRows {
    typealias Buffers = (UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>)

    /// Where the rows start in the target.
    let first: Int
    let count: Int
    private(set) var weights: UnsafePointer<Double>?
    let scores: UnsafePointer<Double>
    let outputs: GradientKernels.Outputs?

    /// `width` scores a row; nil where there are none.
    init?(
        _ rows: Range<Int>, width: Int, _ weights: Buffer<Double>?, _ scores: UnsafeBufferPointer<Double>,
        _ outputs: Buffers?
    ) {
        let end = rows.upperBound * width
        precondition(
            end <= scores.count && outputs.map { end <= $0.0.count && end <= $0.1.count } ?? true,
            "an objective's buffers are shorter than its rows")
        guard let base = scores.baseAddress else { return nil }
        let start = rows.lowerBound * width
        first = rows.lowerBound
        count = rows.count
        self.weights = weights.map { $0.unsafePointer + rows.lowerBound }
        self.scores = base + start
        if let outputs, let gradients = outputs.0.baseAddress, let hessians = outputs.1.baseAddress {
            self.outputs = (gradients + start, hessians + start)
        } else {
            self.outputs = nil
        }
    }

    /// The same rows with other weights, the first of which is that of the first row.
    func weighing(_ weights: UnsafePointer<Double>?) -> ObjectiveRows {
        var rows = self
        rows.weights = weights
        return rows
    }
}
