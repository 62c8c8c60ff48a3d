import ApusCore
import CKernels

extension ck_status {
    /// Throws what the status means for `operation`.
    func check(_ operation: String) throws {
        switch self {
        case CK_OK: return
        case CK_SINGULAR: throw ApusError("the matrix is singular", at: operation)
        case CK_NOT_FINITE:
            throw ApusError("the result is not finite", at: operation, remedy: "Scale the columns first.")
        case CK_OUT_OF_MEMORY: throw ApusError("there is not enough memory", at: operation)
        case CK_TOO_LARGE:
            throw ApusError("a size exceeds what the algebra library can index (2,147,483,647)", at: operation)
        default: throw ApusError("the kernel failed with status \(rawValue)", at: operation, kind: .plugin)
        }
    }
}

/// `a * b`, or an error that names `operation` where the product is out of range.
func checkedProduct(_ a: Int, _ b: Int, _ operation: String) throws -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    guard !overflow, product <= Int.max / 64 else {
        throw ApusError("\(a) × \(b) elements are too many", at: operation)
    }
    return product
}
