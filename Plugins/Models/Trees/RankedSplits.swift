import ApusCore
import ApusKernels

/// The splits of a forest as comparisons of bytes: which block a node reads, and above which byte it sends a row right.
///
/// A number's byte is its rank among the thresholds that the trees compare it with, so that comparing bytes decides as
/// comparing numbers would; a missing value ranks above all in one block of bytes and below all in another, and a node
/// reads the one that sends it to its side. Each set of categories has a block of its own.
struct RankedSplits {
    /// An input that is compared with thresholds: its bounds, level by level, and the first of its two blocks.
    struct Number: Sendable {
        var input: Int
        var steps: Int
        var bounds: Int
        var column: Int
    }

    /// An input whose categories are looked up: `table + indices * group + index` says of eight sets where an index,
    /// one a bin and one for missing values, goes. Its blocks start at `column`.
    struct Category: Sendable {
        var input: Int
        var indexOfCode: Buffer<UInt16>
        var groups: Int
        var table: Int
        var column: Int
    }

    private struct CategorySet: Hashable {
        let bins: BinSet
        let missingLeft: Bool
    }

    /// The index of a missing value, behind those of 256 bins.
    static let missing = UInt16(ForestLayout.indices - 1)

    private(set) var numbers: [Number] = []
    private(set) var categories: [Category] = []
    /// The bounds of all numbers, level by level, each from index 1.
    private(set) var bounds: [Double] = []
    /// The tables of all categories.
    private(set) var tables: [UInt8] = []
    private(set) var columnCount = 0
    /// The thresholds of each number, ascending.
    private(set) var thresholds: [Int: [Double]] = [:]
    private var sets: [Int: [CategorySet: Int]] = [:]
    private var firstColumn: [Int: Int] = [:]

    /// Blocks beyond which the bytes of 512 rows would be far from the processor.
    private static let maxColumns = 8192

    /// Gathers the splits of all trees; nil where an input has more than 255 thresholds or there are too many sets.
    init?(_ trees: [Tree], _ binOfCode: [[UInt8]?]) {
        for node in trees.lazy.flatMap(\.nodes) where !node.isLeaf {
            if let bins = node.set {
                let set = CategorySet(bins: bins, missingLeft: node.missingLeft)
                let known = sets[node.column, default: [:]].count
                sets[node.column, default: [:]][set, default: known] += 0
            } else {
                thresholds[node.column, default: []].append(node.threshold)
            }
        }
        for (input, values) in thresholds.sorted(by: { $0.key < $1.key }) {
            guard addNumber(input, values) else { return nil }
        }
        for (input, sets) in sets.sorted(by: { $0.key < $1.key }) { addCategory(input, sets, binOfCode[input] ?? []) }
        guard columnCount <= RankedSplits.maxColumns else { return nil }
    }

    private mutating func addNumber(_ input: Int, _ values: [Double]) -> Bool {
        var distinct: [Double] = []
        for value in values.sorted() where distinct.last != value { distinct.append(value) }
        guard distinct.count < 1 << ForestLayout.maxSteps else { return false }
        thresholds[input] = distinct
        firstColumn[input] = columnCount
        let steps = Int.bitWidth - distinct.count.leadingZeroBitCount
        numbers.append(
            Number(input: input, steps: steps, bounds: bounds.count, column: columnCount))
        columnCount += 2
        var levels = [Double](repeating: .infinity, count: max(ForestLayout.leastBounds, 1 << steps))
        for level in 0..<steps {
            for place in 0..<1 << level {
                let rank = (2 * place + 1) << (steps - 1 - level) - 1
                if rank < distinct.count { levels[1 << level + place] = distinct[rank] }
            }
        }
        bounds += levels
        return true
    }

    private mutating func addCategory(_ input: Int, _ sets: [CategorySet: Int], _ bins: [UInt8]) {
        let groups = (sets.count + 7) / 8
        firstColumn[input] = columnCount
        categories.append(
            Category(
                input: input, indexOfCode: Buffer(bins.map(UInt16.init)), groups: groups, table: tables.count,
                column: columnCount))
        columnCount += 8 * groups
        var table = [UInt8](repeating: 0, count: groups * ForestLayout.indices)
        for (set, number) in sets {
            let start = number / 8 * ForestLayout.indices
            let bit = UInt8(1) << UInt8(number % 8)
            for bin in 0..<256 where !set.bins.contains(bin) { table[start + bin] |= bit }
            if !set.missingLeft { table[start + Int(RankedSplits.missing)] |= bit }
        }
        tables += table
    }

    /// The block and the threshold of a node, as one number.
    func key(_ node: Tree.Node) -> UInt32 {
        let (column, threshold) = comparison(node)
        return UInt32(column) << 8 | UInt32(UInt8(bitPattern: threshold))
    }

    /// The block that a node reads, and the byte above which a row goes right.
    func comparison(_ node: Tree.Node) -> (column: Int, threshold: Int8) {
        let first = firstColumn[node.column] ?? 0
        if let bins = node.set {
            let set = CategorySet(bins: bins, missingLeft: node.missingLeft)
            return (first + (sets[node.column]?[set] ?? 0), -1)
        }
        var (low, high) = (0, thresholds[node.column]?.count ?? 0)
        while low < high {
            let middle = (low + high) / 2
            if thresholds[node.column]?[middle] ?? .infinity < node.threshold {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return (first + (node.missingLeft ? 1 : 0), Int8(truncatingIfNeeded: low - 128))
    }
}
