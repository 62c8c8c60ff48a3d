/// A named block of numbers in a plugin's fitted state, little-endian, in C order.
public struct Tensor: Sendable, Equatable {
    /// Element types, by their names in the safetensors format.
    public enum DType: String, Sendable, CaseIterable {
        /// Unsigned bytes.
        case u8 = "U8"
        /// 16-bit integers.
        case i16 = "I16"
        /// 32-bit integers.
        case i32 = "I32"
        /// 64-bit integers.
        case i64 = "I64"
        /// Single precision.
        case f32 = "F32"
        /// Double precision.
        case f64 = "F64"

        /// Bytes of one element.
        public var width: Int {
            switch self {
            case .u8: 1
            case .i16: 2
            case .i32, .f32: 4
            case .i64, .f64: 8
            }
        }
    }

    /// The element type.
    public let dtype: DType
    /// The extent of each dimension.
    public let shape: [Int]
    /// The elements' bytes: the product of `shape` times the width.
    public let bytes: Buffer<UInt8>

    /// A tensor over existing bytes; throws where their number does not fit the shape.
    public init(dtype: DType, shape: [Int], bytes: Buffer<UInt8>) throws {
        var size = dtype.width
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { throw ApusError("tensor shape \(shape) is out of range") }
            size = product
        }
        guard size == bytes.count else {
            throw ApusError(
                "a tensor of shape \(shape) and type \(dtype.rawValue) needs \(size) bytes, found \(bytes.count)")
        }
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// A vector of elements of a type that a tensor can hold; a buffer's are not copied.
    public init<Element: TensorElement>(_ elements: some Collection<Element>, shape: [Int]? = nil) {
        let typed = elements as? Buffer<Element> ?? Buffer(elements)
        let shape = shape ?? [typed.count]
        precondition(shape.reduce(1, *) == typed.count, "shape and elements differ")
        self.dtype = Element.dtype
        self.shape = shape
        let raw = UnsafeRawPointer(typed.unsafePointer)
        bytes = Buffer(
            owner: Holder(typed), unsafePointer: raw.assumingMemoryBound(to: UInt8.self),
            count: typed.count * MemoryLayout<Element>.stride)
    }

    /// The number of elements.
    public var count: Int { bytes.count / dtype.width }

    /// The elements, without a copy where the bytes are aligned; throws if they are of another type.
    public func elements<Element: TensorElement>(_ type: Element.Type = Element.self) throws -> Buffer<Element> {
        guard dtype == Element.dtype else {
            throw ApusError("a tensor holds \(dtype.rawValue), expected \(Element.dtype.rawValue)")
        }
        let raw = UnsafeRawPointer(bytes.unsafePointer)
        if Int(bitPattern: raw) % MemoryLayout<Element>.alignment == 0 {
            return Buffer(
                owner: Holder(bytes), unsafePointer: raw.assumingMemoryBound(to: Element.self), count: count)
        }
        return Buffer(count: count) { target in
            bytes.withUnsafeBufferPointer {
                UnsafeMutableRawBufferPointer(target).copyMemory(from: UnsafeRawBufferPointer($0))
            }
        }
    }

    /// Equal type, shape and bytes.
    public static func == (left: Tensor, right: Tensor) -> Bool {
        left.dtype == right.dtype && left.shape == right.shape && left.bytes.elementsEqual(right.bytes)
    }
}

/// A number that a tensor can hold.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// Its type in a tensor.
    static var dtype: Tensor.DType { get }
}

extension UInt8: TensorElement {
    /// U8
    public static var dtype: Tensor.DType { .u8 }
}
extension Int16: TensorElement {
    /// I16
    public static var dtype: Tensor.DType { .i16 }
}
extension Int32: TensorElement {
    /// I32
    public static var dtype: Tensor.DType { .i32 }
}
extension Int64: TensorElement {
    /// I64
    public static var dtype: Tensor.DType { .i64 }
}
extension Float: TensorElement {
    /// F32
    public static var dtype: Tensor.DType { .f32 }
}
extension Double: TensorElement {
    /// F64
    public static var dtype: Tensor.DType { .f64 }
}

private final class Holder<Element: BitwiseCopyable & Sendable> {
    let buffer: Buffer<Element>
    init(_ buffer: Buffer<Element>) { self.buffer = buffer }
}
