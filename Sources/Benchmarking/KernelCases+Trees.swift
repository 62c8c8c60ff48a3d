import ApusCore
import ApusKernels

extension KernelCases {
    /// Kernels of boosted trees on a million rows, in runs of rows as learners call them. Their work is whole numbers and
    /// table look-ups, so they are held against the bandwidth of memory alone.
    static func trees(rows: Int) -> [KernelCase] {
        let run = 1 << 16
        let runs = (rows + run - 1) / run
        let recordBytes = TreeLayout.record
        let random = CounterRandom(seed: 1, purpose: "trees")
        let scores = Buffer((0..<rows).map { 4 * random.unit($0) - 2 })
        let codes = Buffer((0..<rows).map { Int32(random[$0 + rows] & 1) })
        let bounds = (0..<255).map { Double($0) / 64 - 2 }
        let packed = Buffer(
            (0..<rows * recordBytes).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 9) })
        let pairs = Buffer((0..<rows).map { UInt32(truncatingIfNeeded: random[$0] & 0x00ff_00ff) })

        let divisions = divisions(random)

        /// Runs `body` on every run of rows and adds what each returns, in order.
        @Sendable func summed(_ kernels: Kernels, _ body: @Sendable (Range<Int>) -> [Double]) -> [Double] {
            var parts = [[Double]](repeating: [], count: runs)
            parts.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let parts = buffer
                kernels.parallelFor(runs) { part in
                    parts[part] = body(part * run..<min(rows, (part + 1) * run))
                }
            }
            return parts.dropFirst().reduce(parts[0]) { sums, part in zip(sums, part).map { $0 + $1 } }
        }

        let text = "\(rows)"
        return [
            KernelCase(
                kernel: "tree_gradients", size: text, operations: 0, bytes: Double(rows * 28), tolerance: 0
            ) { kernels in
                summed(kernels) { range in
                    let count = range.count
                    return withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * count) { room in
                        guard let base = room.baseAddress else { return [] }
                        let loss = GradientKernels(kernels.backend).logistic(
                            count, codes: codes.unsafePointer + range.lowerBound, weights: nil,
                            scores: scores.unsafePointer + range.lowerBound, outputs: (base, base + count))
                        return [loss, base[0], base[2 * count - 1]]
                    }
                }
            },
            KernelCase(
                kernel: "tree_binning", size: text, operations: 0, bytes: Double(rows * 9), tolerance: 0
            ) { kernels in
                summed(kernels) { range in
                    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: range.count) { room in
                        guard let base = room.baseAddress else { return [] }
                        TreeKernels(kernels.backend).bin(
                            range.count, bounds: bounds, values: scores.unsafePointer + range.lowerBound, into: base)
                        return [Double(base[0]), Double(base[range.count - 1])]
                    }
                }
            },
            select(rows: rows, of: packed),
            KernelCase(
                kernel: "tree_histogram", size: "\(rows)×\(TreeLayout.block)", operations: 0,
                bytes: Double(rows * (recordBytes + 4)), tolerance: 0
            ) { kernels in
                summed(kernels) { range in
                    var cells = [UInt64](repeating: 0, count: TreeLayout.block * TreeLayout.stride)
                    TreeKernels(kernels.backend).histogram(
                        range.count, columns: TreeLayout.block, rows: nil, first: range.lowerBound,
                        record: recordBytes, packed: packed.unsafePointer,
                        gradients: PackedGradients(UnsafeMutablePointer(mutating: pairs.unsafePointer), stride: 1),
                        cells: &cells)
                    return cells.prefix(256).map { Double($0 & 0xffff_ffff) }
                }
            },
            sparseHistogram(rows: rows, pairs, summed),
            KernelCase(
                kernel: "tree_route", size: "\(rows)×\(divisions.count)", operations: 0,
                bytes: Double(rows * (TreeLayout.block + 2)), tolerance: 0
            ) { kernels in
                summed(kernels) { range in
                    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: range.count) { room in
                        guard let base = room.baseAddress else { return [] }
                        TreeKernels(kernels.backend).route(
                            range.count, divisions, stride: rows, bins: packed.unsafePointer + range.lowerBound,
                            leaves: base)
                        return [Double(base[0]), room.reduce(0) { $0 + Double($1) }]
                    }
                }
            },
            scan(columns: 1000, random),
        ]
    }

    /// Rows of which 10 of 200 columns have another than their most frequent bin.
    private static func sparseHistogram(
        rows: Int, _ pairs: Buffer<UInt32>,
        _ summed: @escaping @Sendable (Kernels, @Sendable (Range<Int>) -> [Double]) -> [Double]
    ) -> KernelCase {
        let (columns, kept) = (200, 10)
        let starts = Buffer((0...rows).map { UInt64($0 * kept) })
        let entries = Buffer(
            (0..<rows * kept).map { entry in
                let column = entry % kept * (columns / kept) + entry / kept * 7 % (columns / kept)
                return UInt16(column * TreeLayout.stride + 1)
            })
        return KernelCase(
            kernel: "tree_sparse_histogram", size: "\(rows)×\(kept) of \(columns)", operations: 0,
            bytes: Double(rows * (2 * kept + 12)), tolerance: 0
        ) { kernels in
            summed(kernels) { range in
                var cells = [UInt64](repeating: 0, count: columns * TreeLayout.stride)
                let total = TreeKernels(kernels.backend).sparseHistogram(
                    range.count, rows: nil, first: range.lowerBound, starts: starts.unsafePointer,
                    entries: entries.unsafePointer,
                    gradients: PackedGradients(UnsafeMutablePointer(mutating: pairs.unsafePointer), stride: 1),
                    cells: &cells)
                let used = stride(from: 1, to: cells.count, by: TreeLayout.stride)
                return ([total] + used.map { cells[$0] }).map { Double($0 & 0xffff_ffff) }
            }
        }
    }

    /// The bins of every third row, column by column.
    private static func select(rows: Int, of bins: Buffer<UInt8>) -> KernelCase {
        let chosen = Buffer((0..<rows / 3).map { UInt32(3 * $0) })
        let columns = TreeLayout.block
        return KernelCase(
            kernel: "tree_select", size: "\(chosen.count)×\(columns)", operations: 0,
            bytes: Double(columns * (rows + 5 * chosen.count)), tolerance: 0
        ) { kernels in
            var sums = [Double](repeating: 0, count: columns)
            sums.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let sums = buffer
                kernels.parallelFor(columns) { column in
                    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: chosen.count) { selected in
                        guard let base = selected.baseAddress else { return }
                        TreeKernels(kernels.backend).select(
                            chosen.count, rows: chosen.unsafePointer, bins: bins.unsafePointer + rows * column,
                            into: base)
                        sums[column] = Double(base[0]) + Double(base[chosen.count / 2]) + Double(base[chosen.count - 1])
                    }
                }
            }
            return sums
        }
    }

    /// The splits of a tree of 31 leaves.
    private static func divisions(_ random: CounterRandom) -> [TreeDivision] {
        (0..<30).map { split in
            let bin = random.below(255, 3 * split)
            return TreeDivision(
                left: BinSet(upTo: bin), threshold: bin, column: random.below(TreeLayout.block, 3 * split + 1),
                leaf: random.below(split + 1, 3 * split + 2), right: split + 1)
        }
    }

    /// The best threshold of each of many columns of 255 bins, in a leaf of about 2,000 rows.
    private static func scan(columns: Int, _ random: CounterRandom) -> KernelCase {
        let bins = TreeLayout.missing
        let cells = (0..<columns * TreeLayout.stride).map { cell in
            let gradient = Int64(random.below(2001, cell)) - 1000
            return UInt64(bitPattern: gradient << 32) &+ UInt64(random.below(2000, cell + 1_000_000))
        }
        let totals = (0..<columns).map { column in
            let sum = cells[column * TreeLayout.stride..<column * TreeLayout.stride + bins].reduce(0, &+)
            return TreeLeafTotals(
                gradientUnit: 1e-3, hessianUnit: 1e-3, lambda: 0, minHessian: 1e-3, minCount: 20,
                gradient: Double(Int32(truncatingIfNeeded: sum >> 32)),
                hessian: Double(UInt32(truncatingIfNeeded: sum)), count: 2000)
        }
        return KernelCase(
            kernel: "tree_scan", size: "\(columns)×\(bins)", operations: 0, bytes: Double(columns * bins * 8),
            tolerance: 0
        ) { kernels in
            var gains = [Double](repeating: 0, count: columns)
            gains.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let gains = buffer
                kernels.parallelFor(columns) { column in
                    let trees = TreeKernels(kernels.backend)
                    var sums = Array(cells[column * TreeLayout.stride..<(column + 1) * TreeLayout.stride])
                    sums[bins] = 0
                    trees.runningSums(bins: bins, &sums)
                    gains[column] = trees.scan(bins: bins, leaf: totals[column], sums: sums, counts: nil).gain
                }
            }
            return gains
        }
    }
}
