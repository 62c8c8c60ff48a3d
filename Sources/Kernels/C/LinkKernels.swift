import ApusCore
import CKernels

/// From scores to answers; both backends give the same bits, those of `Link.apply`.
package struct LinkKernels: Sendable {
    private let backend: Backend
    private let level: ck_cpu_level

    /// Kernels of `backend`; C kernels at the level for this processor.
    package init(_ backend: Backend) {
        self.backend = backend
        level = ck_cpu()
    }

    /// C kernels at one level, for tests: 0 baseline, 1 v3, 2 v4; nil if the processor lacks it.
    package init?(level: UInt32) {
        guard level <= ck_cpu().rawValue else { return nil }
        backend = .c
        self.level = ck_cpu_level(rawValue: level)
    }

    /// What `link.apply` does.
    package func apply(
        _ link: Link, rows: Int, scores: UnsafeBufferPointer<Double>, outputs: UnsafeMutableBufferPointer<Double>
    ) {
        guard backend == .c, link == .logistic, scores.count == rows, outputs.count == 2 * rows,
            let source = scores.baseAddress, let target = outputs.baseAddress
        else { return link.apply(rows: rows, scores: scores, outputs: outputs) }
        ck_link_logistic(level, rows, source, target)
    }
}
