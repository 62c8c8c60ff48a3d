/// Sorts doubles without NaN by their bits, eight at a time; digits that are equal everywhere cost one look.
enum RadixSort {
    /// Sorts `values` with the help of as much `scratch`.
    static func sort(_ values: UnsafeMutableBufferPointer<Double>, scratch: UnsafeMutableBufferPointer<Double>) {
        guard values.count > 1, let first = values.baseAddress, let second = scratch.baseAddress else { return }
        let count = values.count
        var from = UnsafeMutableRawPointer(first).assumingMemoryBound(to: UInt64.self)
        var to = UnsafeMutableRawPointer(second).assumingMemoryBound(to: UInt64.self)
        // Order of bits is order of numbers once negative ones are inverted and positive ones get the sign bit.
        for index in 0..<count {
            let bits = from[index]
            from[index] = bits >> 63 == 1 ? ~bits : bits | 1 << 63
        }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 8 * 256) { starts in
            starts.initialize(repeating: 0)
            for index in 0..<count {
                let bits = from[index]
                for digit in 0..<8 { starts[digit << 8 | Int(bits >> UInt64(8 * digit) & 255)] += 1 }
            }
            for digit in 0..<8 {
                let shift = UInt64(8 * digit)
                let table = starts.baseAddress.unsafelyUnwrapped + 256 * digit
                if table[Int(from[0] >> shift & 255)] == count { continue }
                var total = 0
                for value in 0..<256 { (table[value], total) = (total, total + table[value]) }
                for index in 0..<count {
                    let bits = from[index]
                    let value = Int(bits >> shift & 255)
                    to[table[value]] = bits
                    table[value] += 1
                }
                swap(&from, &to)
            }
        }
        let result = UnsafeMutableRawPointer(first).assumingMemoryBound(to: UInt64.self)
        for index in 0..<count {
            let bits = from[index]
            result[index] = bits >> 63 == 1 ? bits & ~(1 << 63) : ~bits
        }
    }
}
