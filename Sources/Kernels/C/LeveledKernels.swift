import ApusCore
import CKernels

/// Kernels that stand in Swift once, and in C once for each level of instructions.
package protocol LeveledKernels: Sendable {
    /// Kernels of `backend`; C kernels at the level of `ck_cpu_level` with this number, which the processor has.
    init(backend: Backend, level: UInt32)
}

extension LeveledKernels {
    /// Kernels of `backend`; C kernels at the level for this processor.
    package init(_ backend: Backend) { self.init(backend: backend, level: ck_cpu().rawValue) }

    /// C kernels at one level, for tests: 0 baseline, 1 v3, 2 v4; nil if the processor lacks it.
    package init?(level: UInt32) {
        guard level <= ck_cpu().rawValue else { return nil }
        self.init(backend: .c, level: level)
    }
}
