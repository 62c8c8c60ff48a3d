import ApusCore
import ApusKernels
import Testing

/// Every variant of the tree kernels against a naive definition, bit for bit.
@Suite struct TreeKernelTests {
    static let variants: [TreeKernels] = [TreeKernels(.swift)] + (0...2).compactMap { TreeKernels(level: $0) }
    private let random = CounterRandom(seed: 5, purpose: "tree kernels")

    /// Row numbers as kernels take them: all from `first` on, or a list.
    private func chosen(_ count: Int, _ first: Int, of rows: Int) -> [UInt32]? {
        first == 0 ? (0..<count).map { UInt32(random.below(rows, $0 + 900)) }.sorted() : nil
    }

    @Test(arguments: [0, 1, 7, 8, 9, 1000])
    func `a value's bin is the number of bounds below it`(count: Int) {
        let bounds = (0..<100).map { Double($0) * 0.5 - 20 } + [Double](repeating: .infinity, count: 155)
        let values = (0..<count).map { row -> Double in
            switch row % 9 {
            case 0: .nan
            case 1: .infinity
            case 2: -.infinity
            case 3: bounds[random.below(100, row)]
            default: random.unit(row) * 60 - 30
            }
        }
        let expected = values.map { value in
            value.isNaN ? 255 : UInt8(bounds.filter { $0 < value }.count)
        }
        let floats = values.map { Float($0) }
        let expectedFloats = floats.map { value in
            value.isNaN ? 255 : UInt8(bounds.filter { $0 < Double(value) }.count)
        }
        for kernels in Self.variants {
            var bins = [UInt8](repeating: 7, count: count)
            kernels.bin(count, bounds: bounds, values: values, into: &bins)
            #expect(bins == expected)
            kernels.bin(count, bounds: bounds, values: floats, into: &bins)
            #expect(bins == expectedFloats)
        }
    }

    @Test(arguments: [0, 1, 33, 500], [1, 5, 8, 14, 15, 28])
    func `packing and adding to histograms is what a loop over rows and columns does`(count: Int, columns: Int) {
        let rows = max(1, 2 * count)
        let bins = (0..<rows * columns).map { UInt8(truncatingIfNeeded: random[$0] % 256) }
        let gradients = (0..<rows).map { row -> UInt32 in
            let gradient = Int32(random.below(65_535, row)) - 32_767
            return UInt32(bitPattern: gradient << 16) | UInt32(random.below(65_536, row + 70_000))
        }
        for first in [0, count / 2] {
            let list = chosen(count, first, of: rows)
            var sums = [(Int64, Int64)](repeating: (0, 0), count: columns * 256)
            var counts = [UInt64](repeating: 0, count: columns * 256)
            for position in 0..<count {
                let row = list.map { Int($0[position]) } ?? first + position
                for column in 0..<columns {
                    let cell = column * 256 + Int(bins[column * rows + row])
                    sums[cell].0 += Int64(Int32(bitPattern: gradients[row]) >> 16)
                    sums[cell].1 += Int64(gradients[row] & 0xffff)
                    counts[cell] += 1
                }
            }
            for kernels in Self.variants {
                var cells = [UInt64](repeating: 0, count: columns * TreeLayout.stride)
                var counted = cells
                var selected = [UInt8](repeating: 9, count: list?.count ?? 0)
                if let list { kernels.select(count, rows: list, bins: bins, into: &selected) }
                #expect(selected == list?.map { bins[Int($0)] } ?? [])
                // Apart, and in the records' last bytes.
                for (record, offset) in [(16, 0), (32, 0), (32, 14)] where offset + columns <= record - 4 {
                    var packed = [UInt8](repeating: 9, count: rows * record)
                    let wide = Array(repeating: UInt8(3), count: offset * rows) + bins
                    kernels.pack(
                        rows, columns: offset + columns, stride: rows, record: record, bins: wide, into: &packed)
                    for row in 0..<rows {
                        for slot in 0..<record {
                            let expected = slot < offset + columns ? wide[slot * rows + row] : 0
                            #expect(packed[row * record + slot] == expected)
                        }
                    }
                    cells = cells.map { _ in 0 }
                    counted = cells
                    var words = gradients
                    words.withUnsafeMutableBufferPointer { words in
                        packed.withUnsafeMutableBytes { packed in
                            guard let base = packed.baseAddress, let first32 = words.baseAddress else { return }
                            var gradients = PackedGradients(first32, stride: 1)
                            if record == 32 {
                                gradients = PackedGradients(
                                    (base + 28).assumingMemoryBound(to: UInt32.self), stride: 8)
                                for row in 0..<rows { gradients.pointer[8 * row] = words[row] }
                            }
                            let block = UnsafePointer((base + offset).assumingMemoryBound(to: UInt8.self))
                            kernels.histogram(
                                count, columns: columns, rows: list, first: first, record: record, packed: block,
                                gradients: gradients, cells: &cells)
                            kernels.histogram(
                                count, columns: columns, rows: list, first: first, record: record, packed: block,
                                gradients: nil, cells: &counted)
                        }
                    }
                    expectCells(cells, counted, columns, sums, counts)
                }
                var whole = cells
                kernels.add(whole.count, cells, to: &whole)
                #expect(whole == cells.map { $0 &+ $0 })
                kernels.subtract(whole.count, cells, from: &whole)
                #expect(whole == cells)
            }
        }
    }

    @Test(arguments: [0, 1, 33, 500], [1, 7, 240])
    func `adding rows of sparse columns is what a loop over their entries does`(count: Int, columns: Int) {
        let rows = max(1, 2 * count)
        let gradients = (0..<rows).map { row in
            UInt32(bitPattern: Int32(random.below(65_535, row) - 32_767) << 16) | UInt32(random.below(65_536, row + 7))
        }
        var (starts, entries): ([UInt64], [UInt16]) = ([0], [])
        for row in 0..<rows {
            // Some rows have none.
            for column in 0..<columns where random.unit(row * columns + column) < Double(row % 4) / 8 {
                entries.append(UInt16(column * TreeLayout.stride + random.below(256, row + column)))
            }
            starts.append(UInt64(entries.count))
        }
        for first in [0, count / 2] {
            let list = chosen(count, first, of: rows)
            var sums = [(Int64, Int64, UInt64)](repeating: (0, 0, 0), count: columns * TreeLayout.stride)
            var all: (Int64, Int64) = (0, 0)
            for position in 0..<count {
                let row = list.map { Int($0[position]) } ?? first + position
                let (gradient, hessian) = (
                    Int64(Int32(bitPattern: gradients[row]) >> 16), Int64(gradients[row] & 0xffff)
                )
                all = (all.0 + gradient, all.1 + hessian)
                for entry in Int(starts[row])..<Int(starts[row + 1]) {
                    let cell = Int(entries[entry])
                    sums[cell] = (sums[cell].0 + gradient, sums[cell].1 + hessian, sums[cell].2 + 1)
                }
            }
            for kernels in Self.variants {
                var cells = [UInt64](repeating: 0, count: sums.count)
                var counted = cells
                var words = gradients
                let (total, number) = words.withUnsafeMutableBufferPointer { words in
                    let packed = words.baseAddress.map { PackedGradients($0, stride: 1) }
                    return (
                        kernels.sparseHistogram(
                            count, rows: list, first: first, starts: starts, entries: entries, gradients: packed,
                            cells: &cells),
                        kernels.sparseHistogram(
                            count, rows: list, first: first, starts: starts, entries: entries, gradients: nil,
                            cells: &counted)
                    )
                }
                #expect(halves(total) == all)
                #expect(number == count)
                #expect(cells.indices.allSatisfy { halves(cells[$0]) == (sums[$0].0, sums[$0].1) })
                #expect(counted == sums.map(\.2))
            }
        }
    }

    /// Sums of gradients and of hessians.
    private func halves(_ cell: UInt64) -> (Int64, Int64) {
        (Int64(Int32(truncatingIfNeeded: cell >> 32)), Int64(UInt32(truncatingIfNeeded: cell)))
    }

    private func expectCells(
        _ cells: [UInt64], _ counted: [UInt64], _ columns: Int, _ sums: [(Int64, Int64)], _ counts: [UInt64]
    ) {
        for column in 0..<columns {
            for bin in 0..<256 {
                let cell = cells[column * TreeLayout.stride + bin]
                #expect(halves(cell) == sums[column * 256 + bin])
                #expect(counted[column * TreeLayout.stride + bin] == counts[column * 256 + bin])
            }
        }
    }

    @Test(arguments: [0, 1, 8, 15, 16, 1003], [1, 3])
    func `gradients become integers and exact sums`(count: Int, stride: Int) {
        let gradients = (0..<count * stride).map { random.unit($0) * 2 - 1 }
        let hessians = (0..<count * stride).map { random.unit($0 + 5000) }
        let scales = TreeScales(gradient: 1000.5, hessian: 65_535)
        let leaves = (0..<count).map { UInt16(random.below(3, $0 + 10_000)) }
        for kernels in Self.variants {
            let maxima = kernels.maxima(count, stride: stride, gradients: gradients, hessians: hessians)
            #expect(maxima.gradient == (0..<count).map { abs(gradients[$0 * stride]) }.max() ?? 0)
            #expect(maxima.hessian == (0..<count).map { hessians[$0 * stride] }.max() ?? 0)
            var strided = [UInt32](repeating: 0, count: count * stride)
            func quantise(_ rows: [UInt32]? = nil) -> (gradient: Int64, hessian: Int64)? {
                strided.withUnsafeMutableBufferPointer { words in
                    words.baseAddress.map {
                        kernels.quantise(
                            rows?.count ?? count, rows: rows, stride: stride, scales: scales, gradients: gradients,
                            hessians: hessians, into: PackedGradients($0, stride: stride))
                    }
                }
            }
            let totals = quantise() ?? (0, 0)
            let packed = (0..<count).map { strided[stride * $0] }
            let expected = (0..<count).map { row in
                (
                    Int64((gradients[row * stride] * scales.gradient).rounded(.toNearestOrEven)),
                    Int64((hessians[row * stride] * scales.hessian).rounded(.toNearestOrEven))
                )
            }
            #expect(packed.map { Int64(Int32(bitPattern: $0) >> 16) } == expected.map(\.0))
            #expect(packed.map { Int64($0 & 0xffff) } == expected.map(\.1))
            #expect(totals.gradient == expected.reduce(0) { $0 + $1.0 })
            #expect(totals.hessian == expected.reduce(0) { $0 + $1.1 })
            let odd = (0..<count / 2).map { UInt32(2 * $0 + 1) }
            let oddTotals = quantise(odd) ?? (0, 0)
            #expect(odd.indices.map { strided[stride * $0] } == odd.map { packed[Int($0)] })
            #expect(oddTotals.gradient == odd.reduce(0) { $0 + expected[Int($1)].0 })
            #expect(oddTotals.hessian == odd.reduce(0) { $0 + expected[Int($1)].1 })
            let sums = kernels.fixedSums(
                count, stride: stride, scales: scales, shift: 3, gradients: gradients, hessians: hessians)
            #expect(sums.squares == expected.reduce(0) { $0 + (abs($1.0) >> 3) * (abs($1.0) >> 3) })
            #expect(sums.gradient == expected.reduce(0) { $0 + abs($1.0) })
            #expect(sums.hessian == totals.hessian)
            var ofLeaves = [Int64](repeating: 5, count: 9)
            kernels.leafSums(
                count, stride: stride, scales: scales, leaves: leaves, gradients: gradients, hessians: hessians,
                sums: &ofLeaves)
            var scores = gradients
            kernels.addLeafValues(count, stride: stride, leaves: leaves, values: [1, 20, 300], scores: &scores)
            for leaf in 0..<3 {
                let rows = (0..<count).filter { Int(leaves[$0]) == leaf }
                #expect(ofLeaves[3 * leaf] == rows.reduce(5) { $0 + expected[$1].0 })
                #expect(ofLeaves[3 * leaf + 1] == rows.reduce(5) { $0 + expected[$1].1 })
                #expect(ofLeaves[3 * leaf + 2] == Int64(5 + rows.count))
                for row in rows { #expect(scores[row * stride] == gradients[row * stride] + [1, 20, 300][leaf]) }
            }
        }
    }

    @Test(arguments: [0, 1, 63, 2048, 5000])
    func `rows get to the leaves that their bins lead to`(count: Int) {
        let columns = 3
        let stride = count + 5
        let bins = (0..<columns * stride).map { UInt8(truncatingIfNeeded: random[$0] % 256) }
        var divisions: [TreeDivision] = []
        for split in 0..<40 {
            let threshold = split % 3 == 2 ? nil : random.below(255, 7 * split + 1)
            var left = threshold.map { BinSet(upTo: $0) } ?? BinSet()
            if threshold == nil { for bin in 0..<256 where random[1000 * split + bin] & 1 == 0 { left.insert(bin) } }
            if split % 2 == 0 { left.insert(TreeLayout.missing) }
            divisions.append(
                TreeDivision(
                    left: left, threshold: threshold, column: random.below(columns, 7 * split + 2),
                    leaf: random.below(split + 1, 7 * split + 3), right: split + 1))
        }
        let expected = (0..<count).map { row -> UInt16 in
            var leaf: UInt16 = 0
            for division in divisions where division.leaf == leaf {
                if !division.left.contains(Int(bins[division.column * stride + row])) { leaf = division.right }
            }
            return leaf
        }
        for kernels in Self.variants {
            var leaves = [UInt16](repeating: 7, count: count + 1)
            kernels.route(count, divisions, stride: stride, bins: bins, leaves: &leaves)
            #expect(leaves == expected + [7])
        }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 64, 1001])
    func `a partition is stable and touches nothing else`(count: Int) {
        let rows = 2 * count + 1
        let column = (0..<rows + 3).map { UInt8(truncatingIfNeeded: random[$0] % 256) }
        for share in [0, 100, 256] {
            let table = (0..<256).map { UInt8($0 < share ? 1 : 0) }
            for first in [0, 1] {
                let list = chosen(count, first, of: rows)
                let all = (0..<count).map { list?[$0] ?? UInt32(first + $0) }
                let left = all.filter { table[Int(column[Int($0)])] == 1 }
                let right = all.filter { table[Int(column[Int($0)])] == 0 }
                for kernels in Self.variants {
                    var mask = [UInt8](repeating: 0xaa, count: count / 8 + 1)
                    let found = kernels.partitionMask(
                        count, rows: list, first: first, column: column, leftTable: table, mask: &mask)
                    #expect(found == left.count)
                    // Both sides in one array with guards around them: nothing is written past an end.
                    var target = [UInt32](repeating: .max, count: count + 2)
                    target.withUnsafeMutableBufferPointer { target in
                        guard let base = target.baseAddress else { return }
                        kernels.partitionWrite(
                            count, leftCount: found, rows: list, first: first, mask: mask, left: base + 1,
                            right: base + 1 + found)
                    }
                    #expect(target == [.max] + left + right + [.max])
                    var scores = [Double](repeating: 0, count: rows * 2)
                    kernels.addValue(count, rows: list, first: first, value: 1.5, stride: 2, scores: &scores)
                    var expected = [Double](repeating: 0, count: rows * 2)
                    for row in all { expected[2 * Int(row)] += 1.5 }
                    #expect(scores == expected)
                    var marks = [UInt16](repeating: 1, count: rows)
                    let below = all.filter { $0 < rows / 2 }
                    #expect(
                        kernels.mark(count, rows: list, first: first, below: rows / 2, leaf: 9, leaves: &marks)
                            == below.count)
                    #expect(marks == (0..<rows).map { below.contains(UInt32($0)) ? 9 : 1 })
                }
            }
        }
    }
}
