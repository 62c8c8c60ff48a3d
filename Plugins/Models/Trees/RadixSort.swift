/// Sorts doubles without NaN by their bits, eleven at a time; few distinct ones by counting them.
///
/// The upper half of the bits nearly always decides: what it leaves undecided is put right by insertion, or where that is
/// much, by sorting all bits. Digits that are equal everywhere cost one look.
package enum RadixSort {
    private static let digitBits = 11
    private static let values = 1 << digitBits
    /// Where the digits start of the sign, the exponent and 21 bits of the fraction, the lowest first; and the others.
    private static let upper: [UInt64] = [31, 42, 53]
    private static let lower: [UInt64] = [0, 11, 22]
    /// Moves for each number that insertion may take.
    private static let patience = 4
    /// Distinct values up to which counting is cheaper than sorting.
    private static let fewDistinct = 64

    /// Sorts `values` with the help of as much `scratch`.
    package static func sort(_ values: UnsafeMutableBufferPointer<Double>, scratch: UnsafeMutableBufferPointer<Double>)
    {
        guard values.count > 1, let first = values.baseAddress, let second = scratch.baseAddress else { return }
        let count = values.count
        let result = UnsafeMutableRawPointer(first).assumingMemoryBound(to: UInt64.self)
        var from = result
        var to = UnsafeMutableRawPointer(second).assumingMemoryBound(to: UInt64.self)
        // Order of bits is order of numbers once negative ones are inverted and positive ones get the sign bit.
        for index in 0..<count {
            let bits = from[index]
            from[index] = bits ^ (UInt64(bitPattern: Int64(bitPattern: bits) >> 63) | 1 << 63)
        }
        if !tally(count, from) {
            distribute(count, &from, &to, by: upper)
            if !insert(count, from) { distribute(count, &from, &to, by: lower + upper) }
        }
        for index in 0..<count {
            let bits = from[index]
            result[index] = bits ^ (~UInt64(bitPattern: Int64(bitPattern: bits) >> 63) | 1 << 63)
        }
    }

    /// Sorts keys that take few distinct values, by how often each of them occurs; false where there are more.
    private static func tally(_ count: Int, _ keys: UnsafeMutablePointer<UInt64>) -> Bool {
        let slots = 128
        return withUnsafeTemporaryAllocation(of: (key: UInt64, count: Int).self, capacity: slots) { table in
            table.initialize(repeating: (0, 0))
            var distinct = 0
            for index in 0..<count {
                let key = keys[index]
                var slot = Int((key &* 0x9e37_79b9_7f4a_7c15) >> 57)
                while table[slot].count > 0 && table[slot].key != key { slot = (slot + 1) % slots }
                if table[slot].count == 0 {
                    if distinct == fewDistinct { return false }
                    distinct += 1
                    table[slot].key = key
                }
                table[slot].count += 1
            }
            var place = keys
            for (key, count) in table.filter({ $0.count > 0 }).sorted(by: { $0.key < $1.key }) {
                place.update(repeating: key, count: count)
                place += count
            }
            return true
        }
    }

    /// Moves all keys to and fro, digit by digit; they end in `from`.
    private static func distribute(
        _ count: Int, _ from: inout UnsafeMutablePointer<UInt64>, _ to: inout UnsafeMutablePointer<UInt64>,
        by shifts: [UInt64]
    ) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: shifts.count * values) { starts in
            guard let starts = starts.baseAddress else { return }
            starts.initialize(repeating: 0, count: shifts.count * values)
            for (digit, shift) in shifts.enumerated() {
                let table = starts + values * digit
                for index in 0..<count { table[Int(from[index] >> shift & UInt64(values - 1))] += 1 }
            }
            for (digit, shift) in shifts.enumerated() {
                let table = starts + values * digit
                if table[Int(from[0] >> shift & UInt64(values - 1))] == count { continue }
                var total: UInt32 = 0
                for value in 0..<values { (table[value], total) = (total, total + table[value]) }
                for index in 0..<count {
                    let bits = from[index]
                    let value = Int(bits >> shift & UInt64(values - 1))
                    to[Int(table[value])] = bits
                    table[value] += 1
                }
                swap(&from, &to)
            }
        }
    }

    /// Sorts keys that are nearly sorted; false where they are not.
    private static func insert(_ count: Int, _ keys: UnsafeMutablePointer<UInt64>) -> Bool {
        var moves = 0
        for index in 1..<count where keys[index - 1] > keys[index] {
            let key = keys[index]
            var place = index
            while place > 0, keys[place - 1] > key {
                keys[place] = keys[place - 1]
                place -= 1
            }
            keys[place] = key
            moves += index - place
            if moves > patience * count { return false }
        }
        return true
    }
}
