/// exp and log whose bits do not depend on the machine or its C library: the same operations, in the same order, as
/// the C kernels'. Relative error below 4e-16.
public enum DeterministicMath {
    /// Rounds to the nearest integer, ties to even; for |x| < 2^51.
    @inlinable @inline(__always)
    public static func integer(_ x: Double) -> Int64 {
        let magic = 0x1.8p52
        return Int64(bitPattern: (x + magic).bitPattern &- magic.bitPattern)
    }

    /// e^x. Below -708 it stays at e^-708 and above 709 at e^709: never zero, subnormal or infinite.
    @inlinable @inline(__always)
    public static func exp(_ x: Double) -> Double {
        var x = x > -708 ? x : -708
        x = x < 709 ? x : 709
        // x = k ln 2 + r, |r| <= ln 2 / 2; the low bits of k + magic are k.
        let magic = 0x1.8p52
        let shifted = x * 0x1.71547652b82fep+0 + magic
        let k = shifted - magic
        let r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33
        var p = 0x1.6124613a86d09p-33
        p = p * r + 0x1.1eed8eff8d898p-29
        p = p * r + 0x1.ae64567f544e4p-26
        p = p * r + 0x1.27e4fb7789f5cp-22
        p = p * r + 0x1.71de3a556c734p-19
        p = p * r + 0x1.a01a01a01a01ap-16
        p = p * r + 0x1.a01a01a01a01ap-13
        p = p * r + 0x1.6c16c16c16c17p-10
        p = p * r + 0x1.1111111111111p-7
        p = p * r + 0x1.5555555555555p-5
        p = p * r + 0x1.5555555555555p-3
        p = p * r + 0x1.0000000000000p-1
        p = p * r + 1
        p = p * r + 1
        return Double(bitPattern: p.bitPattern &+ (shifted.bitPattern << 52))
    }

    /// ln x for positive normal finite x; anything else gives an unspecified value.
    @inlinable @inline(__always)
    public static func log(_ x: Double) -> Double {
        // x = 2^k m with m in [sqrt(1/2), sqrt(2)).
        let bits = x.bitPattern
        let offset = bits &- 0x3fe6_a09e_667f_3bcd
        let biased = (offset &+ (1024 << 52)) >> 52
        let k = Double(bitPattern: 0x4330_0000_0000_0000 | biased) - 0x1.00000000004p52
        let m = Double(bitPattern: bits &- (offset & 0xfff0_0000_0000_0000))
        let s = (m - 1) / (m + 1)
        let z = s * s
        var p = 1.0 / 21.0
        p = p * z + 1.0 / 19.0
        p = p * z + 1.0 / 17.0
        p = p * z + 1.0 / 15.0
        p = p * z + 1.0 / 13.0
        p = p * z + 1.0 / 11.0
        p = p * z + 1.0 / 9.0
        p = p * z + 1.0 / 7.0
        p = p * z + 1.0 / 5.0
        p = p * z + 1.0 / 3.0
        let twice = 2 * s
        let tail = twice * (z * p)
        return k * 0x1.62e42fee00000p-1 + (twice + (tail + k * 0x1.a39ef35793c76p-33))
    }
}
