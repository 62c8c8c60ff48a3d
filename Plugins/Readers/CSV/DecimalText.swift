import ApusCore

/// Numbers as decimal text at a place in memory: the digits of `Column.text`, without a string between.
enum DecimalText {
    /// Bytes that a number may take, and that may be written behind what it took.
    static let most = 48

    /// Powers of ten, all exact.
    static let powers = Buffer((0...22).map { power in (0..<power).reduce(1.0) { value, _ in value * 10 } })

    /// Writes a finite number; returns the place behind it.
    ///
    /// A decimal of at most 15 digits is told apart from any other by the double next to it, so that the one which
    /// rounds back to the number has the fewest digits. m / 10^k is such a decimal, rounded once, as m and 10^k are
    /// exact. Where none rounds back, the standard library finds the 16 or 17 digits.
    static func write(
        _ number: Double, to place: UnsafeMutablePointer<UInt8>, powers: UnsafePointer<Double>
    ) -> UnsafeMutablePointer<UInt8> {
        let size = number.magnitude
        if size < 9_007_199_254_740_992, number == Double(Int64(number)), number != 0 || number.sign == .plus {
            return write(Int64(number), to: place)
        }
        guard size >= 1e-4, size < 1e14 else { return writeSlowly(number, to: place) }
        // floor(log10) of the power of two at or below; one more digit in front, now and then.
        let digits = (Int(size.exponent) * 78_913) >> 18
        var power = min(16, 14 - digits)
        var scaled = round(size * powers[power])
        if scaled >= 1e15 {
            power -= 1
            scaled = round(size * powers[power])
        }
        guard scaled / powers[power] == size else { return writeSlowly(number, to: place) }
        var place = place
        if number < 0 {
            place.pointee = UInt8(ascii: "-")
            place += 1
        }
        let whole = UInt64(size)
        place = write(magnitude: whole, to: place)
        place.pointee = UInt8(ascii: ".")
        place += 1
        // The fraction as 16 digits, those of whole powers behind it zeros.
        let unit = UInt64(powers[power])
        let fraction = (UInt64(scaled) - whole * unit) * UInt64(powers[16 - power])
        let (first, last) = (eightDigits(fraction / 100_000_000), eightDigits(fraction % 100_000_000))
        let memory = UnsafeMutableRawPointer(place)
        memory.storeBytes(of: first | zeros, as: UInt64.self)
        (memory + 8).storeBytes(of: last | zeros, as: UInt64.self)
        let trailing = last == 0 ? 8 + first.leadingZeroBitCount / 8 : last.leadingZeroBitCount / 8
        return place + (16 - trailing)
    }

    /// Writes a whole number; returns the place behind it.
    static func write(_ number: Int64, to place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var place = place
        if number < 0 {
            place.pointee = UInt8(ascii: "-")
            place += 1
        }
        return write(magnitude: number.magnitude, to: place)
    }

    private static func write(
        magnitude: UInt64, to place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var place = place
        if magnitude < 10 {
            place.pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude)
            return place + 1
        }
        if magnitude < 100_000_000 { return append(magnitude, isFirst: true, to: place) }
        let (upper, lower) = (magnitude / 100_000_000, magnitude % 100_000_000)
        if upper < 100_000_000 {
            place = append(upper, isFirst: true, to: place)
        } else {
            place = append(upper / 100_000_000, isFirst: true, to: place)
            place = append(upper % 100_000_000, isFirst: false, to: place)
        }
        return append(lower, isFirst: false, to: place)
    }

    /// Eight digits, without zeros in front if they are the first.
    private static func append(
        _ number: UInt64, isFirst: Bool, to place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        let digits = eightDigits(number)
        let skipped = isFirst ? digits.trailingZeroBitCount / 8 : 0
        UnsafeMutableRawPointer(place).storeBytes(of: (digits | zeros) >> UInt64(8 * skipped), as: UInt64.self)
        return place + (8 - skipped)
    }

    private static let zeros: UInt64 = 0x3030_3030_3030_3030

    /// The eight digits of a number below 10^8, the first in the lowest byte: halves of four, of two, then of one, all
    /// at once, by multiplications that divide by 100 and by 10.
    @inline(__always)
    private static func eightDigits(_ number: UInt64) -> UInt64 {
        let fours = number / 10_000 | (number % 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x7f_0000_007f
        let twos = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (twos &* 103) >> 10 & 0x000f_000f_000f_000f
        return (tens | (twos &- tens &* 10) << 8).littleEndian
    }

    /// Rounds to the nearest integer, below 2^51.
    @inline(__always)
    private static func round(_ number: Double) -> Double { number + 0x1.8p52 - 0x1.8p52 }

    private static func writeSlowly(
        _ number: Double, to place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var text = Column.text(number)
        return text.withUTF8 { text in
            guard let bytes = text.baseAddress else { return place }
            place.update(from: bytes, count: text.count)
            return place + text.count
        }
    }
}
