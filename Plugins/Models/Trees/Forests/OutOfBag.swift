import ApusCore
import ApusKernels

/// Which rows each tree has not seen, and how well the others' answers to them are: a score without held-out rows.
///
/// Source: Breiman, "Out-of-bag estimation", 1996.
final class OutOfBag: @unchecked Sendable {
    private let rows: Int
    private let trees: Int
    /// A bit a row, set where the tree has seen it; whole words a tree, so that trees can be marked side by side.
    private let seen: LargeMemory<UInt64>
    private var words: Int { (rows + 63) / 64 }

    init(rows: Int, trees: Int) {
        self.rows = rows
        self.trees = trees
        seen = LargeMemory((rows + 63) / 64 * trees)
        seen.buffer.initialize(repeating: 0)
    }

    /// Notes the rows of a tree's sample.
    func mark(_ sample: [UInt32], tree: Int) {
        let own = seen.pointer + words * tree
        for row in sample { own[Int(row) >> 6] |= 1 << UInt64(row & 63) }
    }

    private func isSeen(_ row: Int, _ tree: Int) -> Bool {
        seen.pointer[words * tree + row >> 6] >> UInt64(row & 63) & 1 == 1
    }

    /// Accuracy for classes (of labels: the mean over rows and labels), R² for numbers, of the mean answers of the trees
    /// that have not seen a row; rows that every tree has seen are left out. Nil where that leaves none.
    func score(
        _ model: ForestModel, _ table: Table, _ target: Target, rows active: [UInt32], kernels: Kernels,
        context: RunContext
    ) throws -> Double? {
        let chunk = 1024
        let chunks = (active.count + chunk - 1) / chunk
        let parts = ResultSlots<OutOfBagSums>(chunks)
        kernels.parallelFor(chunks) { part in
            if context.cancellation.isCancelled { return }
            var sums = OutOfBagSums()
            for row in active[part * chunk..<min(active.count, (part + 1) * chunk)] {
                guard let answer = self.answer(model, table, Int(row)) else { continue }
                sums.add(answer, target, Int(row))
            }
            parts[part] = sums
        }
        try context.checkCancellation()
        var sums = OutOfBagSums()
        for part in parts.values { sums.add(part) }
        if sums.rows < active.count {
            context.send(
                Warning(
                    "The out-of-bag score leaves out \((active.count - sums.rows).grouped) rows that every tree has seen: try more n_estimators."
                ))
        }
        return sums.score(target.task)
    }

    /// The mean answer of the trees that have not seen the row.
    private func answer(_ model: ForestModel, _ table: Table, _ row: Int) -> [Double]? {
        var answer = [Double](repeating: 0, count: model.width)
        var count = 0
        withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, table.columns.count)) { values in
            guard let base = values.baseAddress else { return }
            for (position, column) in table.columns.enumerated() {
                column.write(row..<row + 1, to: base + position, stride: 1)
            }
            for tree in 0..<trees where !isSeen(row, tree) {
                model.members[tree].add(UnsafeBufferPointer(values), binOfCode: model.binOfCode, to: &answer)
                count += 1
            }
        }
        return count > 0 ? answer.map { $0 / Double(count) } : nil
    }
}

/// What out-of-bag answers add up to.
struct OutOfBagSums: Sendable {
    private(set) var rows = 0
    private var right = 0.0
    private var errors = 0.0
    private var values = 0.0
    private var squares = 0.0

    /// Adds the answer to one row: the probability of the second of two classes, one number a class or label, or a value.
    mutating func add(_ answer: [Double], _ target: Target, _ row: Int) {
        rows += 1
        switch target {
        case .classes(let codes, let labels):
            let best =
                switch labels.count {
                case 1: 0
                case 2: answer[0] > 0.5 ? 1 : 0
                default: answer.indices.reduce(0) { answer[$1] > answer[$0] ? $1 : $0 }
                }
            right += Int(codes[row]) == best ? 1 : 0
        case .flags(let flags, let labels):
            let hits = labels.indices.reduce(0) {
                $0 + ((answer[$1] >= 0.5) == (flags[row * labels.count + $1] != 0) ? 1 : 0)
            }
            right += Double(hits) / Double(labels.count)
        case .values(let numbers):
            // Shifted by one of the values, so that squares do not drown the variance.
            let shift = numbers[0]
            let (value, error) = (numbers[row] - shift, numbers[row] - answer[0])
            errors += error * error
            values += value
            squares += value * value
        }
    }

    /// Adds other rows.
    mutating func add(_ other: OutOfBagSums) {
        rows += other.rows
        right += other.right
        errors += other.errors
        values += other.values
        squares += other.squares
    }

    /// Accuracy or R²; nil of no rows, or of values that are all alike.
    func score(_ task: LearningTask) -> Double? {
        guard rows > 0 else { return nil }
        guard task == .regression else { return right / Double(rows) }
        let spread = squares - values * values / Double(rows)
        return spread > 0 && errors.isFinite ? 1 - errors / spread : nil
    }
}
