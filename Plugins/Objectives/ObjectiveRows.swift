import ApusKernels

/// The part of an objective's buffers that belongs to a range of rows, checked to lie inside them.
struct ObjectiveRows {
    typealias Buffers = (UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>)

    private let scores: UnsafePointer<Double>?
    private let outputs: GradientKernels.Outputs?

    /// `width` scores a row.
    init(_ rows: Range<Int>, scores width: Int, _ scores: UnsafeBufferPointer<Double>, _ outputs: Buffers?) {
        let end = rows.upperBound * width
        precondition(
            end <= scores.count && outputs.map { end <= $0.0.count && end <= $0.1.count } ?? true,
            "an objective's buffers are shorter than its rows")
        let start = rows.lowerBound * width
        self.scores = rows.isEmpty ? nil : scores.baseAddress.map { $0 + start }
        if let outputs, let gradients = outputs.0.baseAddress, let hessians = outputs.1.baseAddress {
            self.outputs = (gradients + start, hessians + start)
        } else {
            self.outputs = nil
        }
    }

    /// The loss that `kernel` returns; 0 without rows.
    func run(_ kernel: (UnsafePointer<Double>, GradientKernels.Outputs?) -> Double) -> Double {
        scores.map { kernel($0, outputs) } ?? 0
    }
}
