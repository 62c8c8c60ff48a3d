import ApusCore
import CKernels

extension Kernels {
    /// Σ x · coefficient + `initial` for every row. A row's margin depends on that row alone, to the last bit.
    public func margins(_ x: SparseRows, coefficients: [Double], initial: Buffer<Double>) throws -> Buffer<Double> {
        guard coefficients.count == x.width, initial.count == x.count else {
            throw ApusError("rows, coefficients and margins differ in size", at: "margins", kind: .plugin)
        }
        return Buffer(count: x.count) { buffer in
            _ = buffer.initialize(fromContentsOf: initial)
            guard x.width > 0 else { return }
            nonisolated(unsafe) let target = buffer
            let run = 4096
            parallelFor((x.count + run - 1) / run) { part in
                let rows = part * run..<min(x.count, (part + 1) * run)
                guard let out = target.baseAddress.map({ $0 + rows.lowerBound }) else { return }
                coefficients.withUnsafeBufferPointer { coefficients in
                    if let coefficients = coefficients.baseAddress { add(x, rows, coefficients, to: out) }
                }
            }
        }
    }

    /// `(classes, width)`: Σ factor · x over the rows of each class; all rows are of one where `labels` is nil. Factors,
    /// one a row, default to 1.
    public func sums(
        _ x: SparseRows, labels: Buffer<Int32>? = nil, classes: Int = 1, factors: Buffer<Double>? = nil
    ) throws -> [Double] {
        try check(x, labels, classes, factors)
        let size = try checkedProduct(classes, x.width, "sums")
        return reduced(x, partial: size) { rows, entries, target in
            let labels = labels.map { $0.unsafePointer + rows.lowerBound }
            let factors = factors.map { $0.unsafePointer + rows.lowerBound }
            switch backend {
            case .c:
                ck_sparse_sums(
                    rows.count, x.width, entries.offsets, entries.indices, entries.values, labels, factors, target)
            case .swift: SwiftSparse.sums(rows.count, x.width, entries, labels, factors, target)
            }
        }
    }

    /// `(classes, width)` each, over the entries of the rows of each class: Σ factor, and Σ factor · (x − mean)². What is
    /// no entry does not count.
    public func squares(
        _ x: SparseRows, labels: Buffer<Int32>? = nil, classes: Int = 1, factors: Buffer<Double>? = nil,
        means: [Double]
    ) throws -> (weights: [Double], squares: [Double]) {
        try check(x, labels, classes, factors)
        let size = try checkedProduct(classes, x.width, "squares")
        guard means.count == size else { throw ApusError("there is not one mean a sum", at: "squares", kind: .plugin) }
        let found = reduced(x, partial: 2 * size) { rows, entries, target in
            let labels = labels.map { $0.unsafePointer + rows.lowerBound }
            let factors = factors.map { $0.unsafePointer + rows.lowerBound }
            means.withUnsafeBufferPointer { means in
                guard let means = means.baseAddress else { return }
                switch backend {
                case .c:
                    ck_sparse_squares(
                        rows.count, x.width, entries.offsets, entries.indices, entries.values, labels, factors, means,
                        target, target + size)
                case .swift:
                    SwiftSparse.squares(rows.count, x.width, entries, labels, factors, means, target, target + size)
                }
            }
        }
        return (Array(found[..<size]), Array(found[size...]))
    }

    /// One visit of each of `places`, in order, of coordinate descent on `problem`: minimises
    /// ½ Σ weight · (residual + shift)² + Σ l1 |u| + ½ Σ l2 u² by one coordinate after the other. Returns the greatest
    /// change of one, by the root of its curvature. The rows' residuals are those of `u` but for the means, whose part is
    /// `shift`.
    public func sweep(
        _ problem: SparseDescent, _ places: [Int32], l1: [Double], l2: [Double], u: inout [Double],
        residuals: inout [Double], shift: inout Double
    ) throws -> Double {
        let width = problem.columns.count
        guard l1.count == width, l2.count == width, u.count == width, residuals.count == problem.columns.width,
            places.allSatisfy({ 0..<width ~= Int($0) })
        else { throw ApusError("columns, penalties and rows differ in size", at: "sweep", kind: .plugin) }
        if places.isEmpty || residuals.isEmpty { return 0 }
        defer { withExtendedLifetime(problem) {} }
        switch backend {
        case .c:
            let x = problem.columns
            return problem.means.withUnsafeBufferPointer { means in
                problem.curvatures.withUnsafeBufferPointer { curvatures in
                    l1.withUnsafeBufferPointer { l1 in
                        l2.withUnsafeBufferPointer { l2 in
                            var raw = ck_sparse_problem(
                                offsets: x.offsets.unsafePointer, indices: x.indices.unsafePointer,
                                values: x.values.unsafePointer, means: means.baseAddress,
                                curvatures: curvatures.baseAddress, l1: l1.baseAddress, l2: l2.baseAddress,
                                weights: problem.weights?.unsafePointer, total: problem.total,
                                is_positive: problem.isPositive ? 1 : 0)
                            return ck_sparse_sweep(places.count, places, &raw, &u, &residuals, &shift)
                        }
                    }
                }
            }
        case .swift:
            return places.withUnsafeBufferPointer {
                SwiftSparse.sweep($0, problem, l1, l2, &u, &residuals, &shift)
            }
        }
    }

    private func check(
        _ x: SparseRows, _ labels: Buffer<Int32>?, _ classes: Int, _ factors: Buffer<Double>?
    ) throws {
        guard labels.map({ $0.count == x.count }) ?? (classes == 1), factors.map({ $0.count == x.count }) ?? true
        else { throw ApusError("rows, labels and factors differ in size", at: "sums", kind: .plugin) }
        guard labels?.allSatisfy({ $0 >= 0 && $0 < classes }) ?? true else {
            throw ApusError("a label is outside 0 ..< \(classes)", at: "sums", kind: .plugin)
        }
    }

    /// Adds x · coefficients of some rows to `margins`, which starts with the first of them.
    func add(
        _ x: SparseRows, _ rows: Range<Int>, _ coefficients: UnsafePointer<Double>,
        to margins: UnsafeMutablePointer<Double>
    ) {
        let entries = x.entries(from: rows.lowerBound)
        switch backend {
        case .c:
            ck_sparse_margins(
                ck_cpu(), rows.count, entries.offsets, entries.indices, entries.values, coefficients, margins)
        case .swift: SwiftSparse.margins(rows.count, entries, coefficients, margins)
        }
        withExtendedLifetime(x) {}
    }

    /// `partial` sums over all rows: those of chunks of rows, added in order.
    func reduced(
        _ x: SparseRows, partial: Int,
        _ body: @Sendable (Range<Int>, SwiftSparse.Entries, UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        let blocks = x.blocks(partial: partial)
        guard partial > 0, blocks.chunks > 0 else { return [Double](repeating: 0, count: partial) }
        var sums = [Double](repeating: 0, count: blocks.chunks * partial)
        sums.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let buffer = buffer
            parallelFor(blocks.chunks) { chunk in
                guard let target = buffer.baseAddress.map({ $0 + chunk * partial }) else { return }
                blocks.forEachBlock(of: chunk) { body($0, x.entries(from: $0.lowerBound), target) }
            }
        }
        withExtendedLifetime(x) {}
        return blocks.chunks == 1 ? sums : reduce(sums, chunks: blocks.chunks, width: partial)
    }
}

extension SparseRows {
    /// Pointers for the rows from one on.
    func entries(from row: Int) -> SwiftSparse.Entries {
        (offsets.unsafePointer + row, indices.unsafePointer, values.unsafePointer)
    }

    /// Blocks of rows whose entries fit the cache, in as many chunks as are worth `partial` sums of their own.
    func blocks(partial: Int) -> RowBlocks {
        let worth = entryCount / max(8 * partial, 1 << 15)
        return RowBlocks(
            rows: count, rowBytes: 16 + 12 * entryCount / max(1, count), partialBytes: partial * 8,
            maximumChunks: min(16, max(1, worth)))
    }

    /// Columns and rows exchanged: row `k` holds the entries of column `k`, by ascending row. Throws where there are more
    /// rows than a position can tell. Cost: two passes over the entries; memory: as much again.
    public func transposed() throws -> SparseRows {
        guard count <= Int(Int32.max) else {
            throw ApusError("at most \(Int32.max.grouped) sparse rows can be turned to columns, found \(count.grouped)")
        }
        var starts = [Int64](repeating: 0, count: width + 1)
        let range = Int(offsets[0])..<Int(offsets[count])
        for place in range { starts[Int(indices.unsafePointer[place]) + 1] += 1 }
        for column in 0..<width { starts[column + 1] += starts[column] }
        var next = starts
        let rows = UnsafeMutableBufferPointer<Int32>.allocate(capacity: range.count)
        defer { rows.deallocate() }
        let transposed = Buffer<Double>(count: range.count) { target in
            next.withUnsafeMutableBufferPointer { next in
                for row in 0..<count {
                    for place in entries(of: row) {
                        let column = Int(indices.unsafePointer[place])
                        let position = Int(next[column])
                        next[column] += 1
                        rows[position] = Int32(row)
                        target[position] = values.unsafePointer[place]
                    }
                }
            }
        }
        return try SparseRows(
            width: count, offsets: Buffer(starts),
            indices: Buffer(count: range.count) { _ = $0.initialize(fromContentsOf: rows) }, values: transposed)
    }
}
