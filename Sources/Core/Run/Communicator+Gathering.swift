/// What sums of whole numbers can do. On one process none of it costs anything.
extension Communicator {
    /// The sum of the processes' numbers.
    public func sum(_ value: Int) throws -> Int {
        if size == 1 { return value }
        var values = [Int64(value)]
        try sum(&values)
        return Int(values[0])
    }

    /// Replaces each element by its sum over all processes; exact.
    public func sum(_ values: inout [Int64]) throws {
        if size == 1 { return }
        try values.withUnsafeMutableBufferPointer { try sum($0) }
    }

    /// The elements of all processes, one process after another.
    ///
    /// Each process adds its elements, as bits, to zeros at the others' places: that takes `size` times the traffic that
    /// a transport with gathering of its own would need.
    public func gather<Element: BitwiseCopyable>(_ own: UnsafeBufferPointer<Element>) throws -> [Element] {
        if size == 1 { return Array(own) }
        var counts = [Int64](repeating: 0, count: size)
        counts[rank] = Int64(own.count)
        try sum(&counts)
        let width = MemoryLayout<Element>.stride
        func words(_ count: Int64) -> Int { (Int(count) * width + 7) / 8 }
        var all = [Int64](repeating: 0, count: counts.reduce(0) { $0 + words($1) })
        let first = counts[..<rank].reduce(0) { $0 + words($1) }
        all.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[8 * first..<8 * first + own.count * width])
                .copyMemory(from: UnsafeRawBufferPointer(own))
        }
        try sum(&all)
        return all.withUnsafeBytes { bytes in
            var (elements, start): ([Element], Int) = ([], 0)
            elements.reserveCapacity(Int(counts.reduce(0, +)))
            for count in counts {
                let end = start + Int(count) * width
                elements += UnsafeRawBufferPointer(rebasing: bytes[start..<end]).bindMemory(to: Element.self)
                start += 8 * words(count)
            }
            return elements
        }
    }

    /// The elements of all processes, one process after another.
    public func gather<Element: BitwiseCopyable>(_ own: Buffer<Element>) throws -> Buffer<Element> {
        if size == 1 { return own }
        return try own.withUnsafeBufferPointer { Buffer(try gather($0)) }
    }

    /// Each place's greatest number over all processes.
    public func greatest(_ own: [Double]) throws -> [Double] {
        if size == 1 { return own }
        let all = try own.withUnsafeBufferPointer { try gather($0) }
        return own.indices.map { place in
            stride(from: place, to: all.count, by: own.count).reduce(all[place]) { max($0, all[$1]) }
        }
    }

    /// The answers of all processes, one process after another; all have the same labels.
    public func gather(_ own: Target) throws -> Target {
        switch own {
        case .values(let values): .values(try gather(values))
        case .classes(let codes, let labels): .classes(codes: try gather(codes), labels: labels)
        case .flags(let flags, let labels): .flags(try gather(flags), labels: labels)
        }
    }

    /// The weights of all processes' rows, one process after another; nil where none has any.
    public func gather(weights own: Buffer<Double>?, of rows: Int) throws -> Buffer<Double>? {
        if size == 1 { return own }
        guard try sum(own == nil ? 0 : 1) > 0 else { return nil }
        return try gather(own ?? Buffer(repeating: 1, count: rows))
    }
}
