import ApusCore
import CKernels

/// From scores to answers; both backends give the same bits, those of `Link.apply`.
package struct LinkKernels: LeveledKernels {
    private let backend: Backend
    private let level: ck_cpu_level

    package init(backend: Backend, level: UInt32) {
        self.backend = backend
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
