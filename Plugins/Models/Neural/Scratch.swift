/// Memory that one fit writes again and again, all zero at first.
final class Scratch<Element: BitwiseCopyable & AdditiveArithmetic> {
    let pointer: UnsafeMutablePointer<Element>

    init(_ count: Int) {
        let bytes = max(count, 1) * MemoryLayout<Element>.stride
        pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: Element.self, capacity: max(count, 1))
        pointer.initialize(repeating: .zero, count: max(count, 1))
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
