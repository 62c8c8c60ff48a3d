import ApusCore

/// The pure-Swift twin of `ck_trees.h`: binning, gradients, histograms, partition.
enum SwiftTrees {
    static func bin<Number: BinaryFloatingPoint>(
        _ count: Int, _ bounds: UnsafePointer<Double>, _ values: UnsafePointer<Number>,
        _ bins: UnsafeMutablePointer<UInt8>
    ) {
        for row in 0..<count {
            let value = Double(values[row])
            var position = 0
            for bit in stride(from: 7, through: 0, by: -1) {
                // Added, not jumped over: every other guess of where a value belongs would be wrong.
                position += (bounds[position + (1 &<< bit) - 1] < value ? 1 : 0) &<< bit
            }
            bins[row] = value.isNaN ? UInt8(TreeLayout.missing) : UInt8(truncatingIfNeeded: position)
        }
    }

    static func pack(
        _ count: Int, _ columns: Int, _ stride: Int, _ record: Int, _ bins: UnsafePointer<UInt8>,
        _ packed: UnsafeMutablePointer<UInt8>
    ) {
        for row in 0..<count {
            let target = packed + record * row
            for slot in 0..<columns { target[slot] = bins[stride * slot + row] }
            for slot in columns..<record { target[slot] = 0 }
        }
    }

    static func maxima(
        _ count: Int, _ stride: Int, _ gradients: UnsafePointer<Double>, _ hessians: UnsafePointer<Double>
    ) -> (gradient: Double, hessian: Double) {
        var maxima = (gradient: 0.0, hessian: 0.0)
        for row in 0..<count {
            maxima.gradient = max(maxima.gradient, abs(gradients[stride * row]))
            maxima.hessian = max(maxima.hessian, hessians[stride * row])
        }
        return maxima
    }

    static func fixedSums(
        _ count: Int, _ stride: Int, _ scales: TreeScales, _ shift: Int, _ gradients: UnsafePointer<Double>,
        _ hessians: UnsafePointer<Double>
    ) -> FixedSums {
        var sums = FixedSums()
        for row in 0..<count {
            let size = DeterministicMath.integer(abs(gradients[stride * row]) * scales.gradient)
            let rough = size &>> Int64(shift)
            sums.gradient &+= size
            sums.hessian &+= DeterministicMath.integer(hessians[stride * row] * scales.hessian)
            sums.squares &+= rough &* rough
        }
        return sums
    }

    static func leafSums(
        _ count: Int, _ stride: Int, _ scales: TreeScales, _ leaves: UnsafePointer<UInt16>,
        _ gradients: UnsafePointer<Double>, _ hessians: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<Int64>
    ) {
        for row in 0..<count {
            let sum = sums + 3 * Int(leaves[row])
            sum[0] &+= DeterministicMath.integer(gradients[stride * row] * scales.gradient)
            sum[1] &+= DeterministicMath.integer(hessians[stride * row] * scales.hessian)
            sum[2] &+= 1
        }
    }

    static func quantise(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, _ stride: Int, _ scales: TreeScales,
        _ gradients: UnsafePointer<Double>, _ hessians: UnsafePointer<Double>, _ packed: PackedGradients
    ) -> (gradient: Int64, hessian: Int64) {
        var totals: (gradient: Int64, hessian: Int64) = (0, 0)
        for position in 0..<count {
            let row = stride * (rows.map { Int($0[position]) } ?? position)
            let gradient = DeterministicMath.integer(gradients[row] * scales.gradient)
            let hessian = DeterministicMath.integer(hessians[row] * scales.hessian)
            totals.gradient &+= gradient
            totals.hessian &+= hessian
            packed.pointer[packed.stride * position] =
                UInt32(truncatingIfNeeded: gradient) << 16 | UInt32(truncatingIfNeeded: hessian) & 0xffff
        }
        return totals
    }

    static func route(
        _ count: Int, _ divisions: [TreeDivision], _ stride: Int, _ bins: UnsafePointer<UInt8>,
        _ leaves: UnsafeMutablePointer<UInt16>
    ) {
        for row in 0..<count {
            var leaf: UInt16 = 0
            for division in divisions where division.leaf == leaf {
                if !division.left.contains(Int(bins[stride * division.column + row])) { leaf = division.right }
            }
            leaves[row] = leaf
        }
    }

    static func histogram(
        _ count: Int, _ columns: Int, _ rows: UnsafePointer<UInt32>?, _ first: Int, _ record: Int,
        _ packed: UnsafePointer<UInt8>, _ gradients: PackedGradients?, _ cells: UnsafeMutablePointer<UInt64>
    ) {
        for position in 0..<count {
            let row = rows.map { Int($0[position]) } ?? first + position
            let gradient = gradients.map { widen($0.pointer[$0.stride * row]) } ?? 1
            let bins = packed + record * row
            var column = cells
            for slot in 0..<columns {
                column[Int(bins[slot])] &+= gradient
                column += TreeLayout.stride
            }
        }
    }

    /// A packed gradient as a cell.
    private static func widen(_ packed: UInt32) -> UInt64 {
        UInt64(bitPattern: Int64(Int32(bitPattern: packed) >> 16) << 32) &+ UInt64(packed & 0xffff)
    }

    static func sparseHistogram(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, _ first: Int, _ starts: UnsafePointer<UInt64>,
        _ entries: UnsafePointer<UInt16>, _ gradients: PackedGradients?, _ cells: UnsafeMutablePointer<UInt64>
    ) -> UInt64 {
        var total: UInt64 = 0
        for position in 0..<count {
            let row = rows.map { Int($0[position]) } ?? first + position
            let gradient = gradients.map { widen($0.pointer[$0.stride * row]) } ?? 1
            total &+= gradient
            for entry in Int(starts[row])..<Int(starts[row + 1]) { cells[Int(entries[entry])] &+= gradient }
        }
        return total
    }

    static func partitionMask(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, _ first: Int, _ column: UnsafePointer<UInt8>,
        _ leftTable: UnsafePointer<UInt8>, _ mask: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var left = 0
        for start in stride(from: 0, to: count, by: 8) {
            var bits: UInt8 = 0
            for position in start..<min(start + 8, count) {
                let row = rows.map { Int($0[position]) } ?? first + position
                bits |= leftTable[Int(column[row])] << UInt8(position & 7)
            }
            mask[start >> 3] = bits
            left += bits.nonzeroBitCount
        }
        return left
    }

    static func partitionWrite(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, _ first: Int, _ mask: UnsafePointer<UInt8>,
        _ left: UnsafeMutablePointer<UInt32>, _ right: UnsafeMutablePointer<UInt32>
    ) {
        var left = left
        var right = right
        for position in 0..<count {
            let row = rows.map { $0[position] } ?? UInt32(truncatingIfNeeded: first + position)
            if mask[position >> 3] >> UInt8(position & 7) & 1 == 1 {
                left.pointee = row
                left += 1
            } else {
                right.pointee = row
                right += 1
            }
        }
    }

    /// Rows that walk a tree side by side.
    private static let together = 8

    static func traverse(
        _ count: Int, _ forest: TreeForest, _ rowStride: Int, _ values: UnsafePointer<Double>, _ stride: Int,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: together) { at in
            for start in Swift.stride(from: 0, to: count, by: together) {
                let rows = values + rowStride * start
                let width = min(together, count - start)
                for tree in 0..<forest.trees {
                    at.update(repeating: forest.roots[tree])
                    for _ in 0..<forest.depths[tree] {
                        var hasMoved = false
                        for lane in 0..<width {
                            let next = step(from: at[lane], forest, rows + rowStride * lane)
                            hasMoved = hasMoved || next != at[lane]
                            at[lane] = next
                        }
                        if !hasMoved { break }
                    }
                    for lane in 0..<width { sums[stride * (start + lane)] += forest.leafValues[Int(at[lane])] }
                }
            }
        }
    }

    static func traverseVectors(
        _ count: Int, _ forest: TreeForest, _ rowStride: Int, _ width: Int, _ values: UnsafePointer<Double>,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<count {
            for tree in 0..<forest.trees {
                var at = forest.roots[tree]
                for _ in 0..<forest.depths[tree] {
                    let next = step(from: at, forest, values + rowStride * row)
                    if next == at { break }
                    at = next
                }
                let leaf = forest.leafValues + width * Int(at)
                for output in 0..<width { sums[width * row + output] += leaf[output] }
            }
        }
    }

    @inline(__always)
    private static func step(from position: UInt32, _ forest: TreeForest, _ row: UnsafePointer<Double>) -> UInt32 {
        let node = forest.nodes[Int(position)]
        let value = row[Int(node.column & TreeNode.columnMask)]
        if node.column & TreeNode.category != 0 {
            let set = forest.sets + Int(node.threshold)
            guard value >= 0, value < Double(set[0]) else {
                return node.child + (node.column & TreeNode.missingLeft != 0 ? 0 : 1)
            }
            let code = Int(value)
            return node.child + (set[1 + (code >> 6)] >> UInt64(code & 63) & 1 == 1 ? 0 : 1)
        }
        // A NaN fails either comparison.
        let right = node.column & TreeNode.missingLeft != 0 ? value > node.threshold : !(value <= node.threshold)
        return node.child + (right ? 1 : 0)
    }
}
