import ApusCore
import ApusKernels
import Testing

/// From scores to answers: every variant gives the bits of the links themselves.
@Suite struct LinkKernelTests {
    @Test(arguments: [0, 1, 2, 7, 8, 9, 100])
    func `kernels give the bits of the links`(rows: Int) {
        let random = CounterRandom(seed: 5, purpose: "links")
        let hard = [0, -0.0, 1e-300, -1e-300, 709, -709, 1e300, -1e300, 36.7, -36.7]
        for link in Link.allCases {
            for (width, count) in [(1, 1), (1, 2), (2, 2), (3, 3)] {
                let scores = (0..<rows * width).map { $0 < hard.count ? hard[$0] : (random.unit($0) - 0.5) * 80 }
                func apply(_ body: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void)
                    -> [UInt64]
                {
                    var outputs = [Double](repeating: 7, count: rows * count)
                    scores.withUnsafeBufferPointer { scores in
                        outputs.withUnsafeMutableBufferPointer { body(scores, $0) }
                    }
                    return outputs.map(\.bitPattern)
                }
                let expected = apply { link.apply(rows: rows, scores: $0, outputs: $1) }
                for kernels in [LinkKernels(.swift)] + (0...2).compactMap({ LinkKernels(level: $0) }) {
                    #expect(apply { kernels.apply(link, rows: rows, scores: $0, outputs: $1) } == expected)
                }
            }
        }
    }
}
