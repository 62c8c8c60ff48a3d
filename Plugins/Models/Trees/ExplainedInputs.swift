import ApusCore
import ApusKernels

/// The values of some rows, column by column, for deciding which side each of them takes at a node.
struct ExplainedInputs {
    private let rows: Int
    private let values: [Double]
    private let binOfCode: [[UInt8]?]

    /// The values of `columns` of `table`.
    init(_ table: Table, _ columns: [Int], _ range: Range<Int>, _ binOfCode: [[UInt8]?]) {
        rows = range.count
        self.binOfCode = binOfCode
        let rows = rows
        values = [Double](unsafeUninitializedCapacity: columns.count * rows) { target, count in
            count = columns.count * rows
            guard let base = target.baseAddress else { return }
            for (place, column) in columns.enumerated() {
                table.columns[column].write(range, to: base + place * rows, stride: 1)
            }
        }
    }

    /// Writes 1 for each of some rows that goes right at `node`, whose input stands at `place`.
    func decide(_ node: Tree.Node, at place: Int, rows range: Range<Int>, into right: UnsafeMutablePointer<UInt8>) {
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let values = base + place * rows + range.lowerBound
            if let set = node.set {
                let bins = binOfCode[node.column] ?? []
                for row in 0..<range.count {
                    let isKnown = values[row] >= 0 && values[row] < Double(bins.count)
                    let goesLeft = isKnown ? set.contains(Int(bins[Int(values[row])])) : node.missingLeft
                    right[row] = goesLeft ? 0 : 1
                }
            } else if node.missingLeft {
                for row in 0..<range.count { right[row] = values[row] > node.threshold ? 1 : 0 }
            } else {
                for row in 0..<range.count { right[row] = values[row] <= node.threshold ? 0 : 1 }
            }
        }
    }
}
