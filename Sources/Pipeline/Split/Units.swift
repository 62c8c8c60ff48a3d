import ApusCore

/// What a split may not tear apart: single rows, sets of equal rows, groups, moments.
struct Units {
    /// The unit of each row.
    private var unit: [Int]
    private let hashes: [Int]
    private let strategy: Split.Strategy
    private let classes: Buffer<Int32>?
    private let times: Buffer<Double>?
    private let groups: [Int]?
    /// How many units there are.
    let count: Int
    /// What a unit is called.
    let name: String
    /// Rows that equal an earlier row.
    let duplicates: Int
    /// Whether equal rows stay together.
    let duplicatesTogether: Bool
    var notes: [String] = []

    init(_ data: Dataset, strategy: Split.Strategy) throws {
        self.strategy = strategy
        // Of columns that are set aside, an identifier would make every row another.
        let compared = try data.table.filter { $0.role == .feature || $0.role == .target }
        (hashes, duplicates) = Units.numbered(RowHash.hashes(of: compared))
        times = data.times?.doubles
        groups = data.groups.map { column in
            var numbers: [String: Int] = [:]
            return (0..<column.count).map { row in
                let name = column.text(row) ?? ""
                if let number = numbers[name] { return number }
                numbers[name] = row
                return row
            }
        }
        switch data.target {
        case .values: classes = nil
        case .classes(let codes, _): classes = codes
        case .flags(let flags, let labels):
            let (codes, note) = Units.labelSets(flags, width: labels.count)
            classes = codes
            if strategy == .stratified { notes.append(note) }
        }
        let rows = data.count
        switch strategy {
        case .time:
            unit = Array(0..<rows)
            name = "moments"
            duplicatesTogether = false
        case .group:
            unit = groups ?? Array(0..<rows)
            name = "groups"
            duplicatesTogether = false
        case .auto, .random, .stratified:
            var sizes = [Int](repeating: 0, count: rows)
            for number in hashes { sizes[number] += 1 }
            let largest = sizes.max() ?? 0
            // Equal rows of a table with few columns are different things that look alike, not copies of one.
            let areLarge = largest > max(1, rows / 20) || duplicates * 5 > rows
            duplicatesTogether = duplicates > 0 && !areLarge
            unit = duplicatesTogether ? hashes : Array(0..<rows)
            name = duplicatesTogether ? "different rows" : "rows"
            if duplicates > 0, areLarge, rows >= 20 {
                notes.append(
                    "\(duplicates.grouped) rows equal an earlier one, too many to be copies: they are divided like others."
                )
            }
        }
        // A unit bears the number of its first row.
        count = unit.enumerated().reduce(0) { $0 + ($1.offset == $1.element ? 1 : 0) }
    }

    /// Rows of one set of labels share a stratum; those of sets too rare to be divided share the last.
    private static func labelSets(_ flags: Buffer<UInt8>, width: Int) -> (codes: Buffer<Int32>, note: String) {
        let fewest = 10
        var numbers: [[UInt8]: Int32] = [:]
        var sizes: [Int] = []
        let codes = stride(from: 0, to: flags.count, by: width).map { start in
            let set = Array(flags[start..<start + width])
            let number = numbers[set] ?? Int32(sizes.count)
            if numbers.updateValue(number, forKey: set) == nil { sizes.append(0) }
            sizes[Int(number)] += 1
            return number
        }
        let rare = sizes.count { $0 < fewest }
        let note =
            "Rows are divided within their set of labels: \((sizes.count - rare).grouped) sets"
            + (rare > 0 ? "; rows of \(rare.grouped) sets of fewer than \(fewest) rows are divided by chance." : ".")
        return (Buffer(codes.map { sizes[Int($0)] < fewest ? Int32(sizes.count) : $0 }), note)
    }

    /// Divides `rows`, in ascending order, into those that stay and a share that is held.
    func hold(_ fraction: Double, of rows: [Int], _ random: CounterRandom) -> (rest: [Int], held: [Int]) {
        let wanted = Int((Double(rows.count) * fraction).rounded())
        if strategy == .time, let times { return holdLatest(wanted, of: rows, times) }
        var isHeld = [Bool](repeating: false, count: unit.count)
        var sizes = [Int](repeating: 0, count: unit.count)
        for stratum in strata(rows) {
            let wanted = strategy == .stratified ? Int((Double(stratum.count) * fraction).rounded()) : max(1, wanted)
            var candidates: [(key: UInt64, unit: Int)] = []
            for row in stratum {
                if sizes[unit[row]] == 0 { candidates.append((random[unit[row]], unit[row])) }
                sizes[unit[row]] += 1
            }
            candidates.sort { ($0.key, $0.unit) < ($1.key, $1.unit) }
            // One unit always stays.
            var (taken, chosen) = (0, 0)
            for candidate in candidates where taken < wanted && chosen + 1 < candidates.count {
                let size = sizes[candidate.unit]
                // A large unit may overshoot only if that comes nearer to the wanted share.
                if taken + size - wanted > wanted - taken, taken > 0 { continue }
                isHeld[candidate.unit] = true
                chosen += 1
                taken += size
            }
            for candidate in candidates { sizes[candidate.unit] = 0 }
        }
        return (rows.filter { !isHeld[unit[$0]] }, rows.filter { isHeld[unit[$0]] })
    }

    private func strata(_ rows: [Int]) -> [[Int]] {
        guard strategy == .stratified, let classes else { return [rows] }
        return Dictionary(grouping: rows) { classes[$0] }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Holds the latest rows; rows of one moment stay together.
    private func holdLatest(_ wanted: Int, of rows: [Int], _ times: Buffer<Double>) -> (rest: [Int], held: [Int]) {
        let ascending = rows.map { times[$0] }.sorted()
        guard let first = ascending.first, wanted > 0 else { return (rows, []) }
        var border = ascending[ascending.count - wanted]
        if border == first { border = ascending.first { $0 > first } ?? .infinity }
        return (rows.filter { times[$0] < border }, rows.filter { times[$0] >= border })
    }

    /// Notes how many groups and equal rows stand on both sides.
    mutating func countCrossings(_ left: [Int], _ right: [Int]) {
        guard !right.isEmpty else { return }
        if let groups, strategy != .group {
            let shared = Set(left.map { groups[$0] }).intersection(right.map { groups[$0] }).count
            if shared > 0 { notes.append("\(shared.grouped) groups have rows in both the training and the test part.") }
        }
        guard duplicates > 0, !duplicatesTogether else { return }
        let known = Set(left.map { hashes[$0] })
        let crossing = right.count { known.contains(hashes[$0]) }
        if crossing > 0 { notes.append("\(crossing.grouped) test rows equal a row that was fitted on.") }
    }

    /// Equal hashes get the number of the first row that has them: open addressing, no allocation a row.
    private static func numbered(_ hashes: [UInt64]) -> (numbers: [Int], repeated: Int) {
        var capacity = 16
        while capacity < hashes.count * 2 { capacity *= 2 }
        var firstRows = [Int32](repeating: -1, count: capacity)
        var repeated = 0
        let numbers = hashes.indices.map { row in
            var slot = Int(truncatingIfNeeded: hashes[row]) & (capacity - 1)
            while firstRows[slot] >= 0 {
                let first = Int(firstRows[slot])
                if hashes[first] == hashes[row] {
                    repeated += 1
                    return first
                }
                slot = (slot + 1) & (capacity - 1)
            }
            firstRows[slot] = Int32(row)
            return row
        }
        return (numbers, repeated)
    }
}
