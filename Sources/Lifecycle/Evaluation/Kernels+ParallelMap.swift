import ApusKernels

extension Kernels {
    /// `[body(0), … body(count - 1)]`, computed on the pool; the order of the results is that of the indices.
    func parallelMap<Element: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Element) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            nonisolated(unsafe) let slots = buffer
            parallelFor(count) { index in
                (slots.baseAddress! + index).initialize(to: body(index))
            }
            initialized = count
        }
    }
}
