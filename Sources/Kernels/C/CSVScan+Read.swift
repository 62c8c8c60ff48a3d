import ApusCore
import CKernels
import Synchronization

/// What pass 1 read.
public struct CSVReading: Sendable {
    /// The number of rows.
    public let rowCount: Int
    /// Blank lines left out.
    public let blankLines: Int
    /// Rows left out because they had another number of fields.
    public let raggedRows: Int
    /// The first of them, if any.
    public let firstRagged: CSVProblem?
    /// The columns, in order; nil for those that were skipped.
    public let columns: [CSVColumn?]
}

extension CSVScan {
    /// Pass 1: reads the columns as `kinds` says, one kind a column. Memory: 8 bytes a number, 4 a label. The failure
    /// is what is wrong with the first row that cannot be read.
    public func read(_ dialect: CSVDialect, kinds: [CSVCellKind]) -> Result<CSVReading, CSVFailure> {
        read(dialect, kinds: kinds, chunks(quoting: dialect.quoting, columns: dialect.columns))
    }

    /// Pass 1 over the rows that start in some chunks in a row, counted from 0 there.
    func read(
        _ dialect: CSVDialect, kinds: [CSVCellKind], _ chunks: [Chunk]
    ) -> Result<CSVReading, CSVFailure> {
        let capacity = chunks.last.map { $0.firstRow + $0.capacity } ?? 0
        let memory = kinds.enumerated().map { index, kind in
            kind == .skip ? nil : CSVColumnMemory(byteCount: capacity * (kind == .string ? 4 : 8), index: index)
        }
        let job = CSVJob(text: text, dialect: dialect, kinds: kinds, memory: memory)
        let work = CSVWork(job: job, chunks: chunks, level: level, isStopped: isStopped)
        kernels.parallelFor(chunks.count) { work.run($0) }
        if let problem = work.firstProblem(skipsRagged: dialect.skipsRagged) {
            return .failure(CSVFailure(problem: problem))
        }

        let outcomes = work.outcomes
        var starts: [Int] = []
        var rowCount = 0
        for outcome in outcomes {
            starts.append(rowCount)
            rowCount += Int(outcome.rows)
        }
        let stringColumns = kinds.indices.filter { kinds[$0] == .string }
        let labels = Mutex([CSVLabels?](repeating: nil, count: kinds.count))
        kernels.parallelFor(stringColumns.count) { position in
            let merged = work.mergeLabels(column: stringColumns[position], slot: position)
            labels.withLock { $0[stringColumns[position]] = merged }
        }
        let isShifted = zip(chunks, starts).contains { $0.firstRow != $1 }
        if isShifted {
            let offsets = starts
            kernels.parallelFor(kinds.count) { column in
                guard let base = memory[column]?.base else { return }
                let width = kinds[column] == .string ? 4 : 8
                for (index, chunk) in chunks.enumerated() where offsets[index] != chunk.firstRow {
                    (base + offsets[index] * width).copyMemory(
                        from: base + chunk.firstRow * width, byteCount: Int(outcomes[index].rows) * width)
                }
            }
        }
        let findings = work.findings(starts: starts)
        let merged = labels.withLock { $0 }
        let columns = kinds.indices.map { index in
            memory[index].map {
                CSVColumn(
                    kind: kinds[index], findings: findings[index], memory: $0, rowCount: rowCount, labels: merged[index]
                )
            }
        }
        let first = outcomes.first { $0.ragged > 0 }
        return .success(
            CSVReading(
                rowCount: rowCount, blankLines: outcomes.reduce(0) { $0 + Int($1.blank) },
                raggedRows: outcomes.reduce(0) { $0 + Int($1.ragged) },
                firstRagged: first.map { .ragged(offset: Int($0.ragged_offset), fields: Int($0.ragged_fields)) },
                columns: columns))
    }
}

/// A problem as an error.
public struct CSVFailure: Error {
    /// The problem.
    public let problem: CSVProblem
}

/// A `ck_csv_job` and the memory it points to.
final class CSVJob: @unchecked Sendable {
    let job: UnsafeMutablePointer<ck_csv_job>
    let kinds: [CSVCellKind]
    let text: TextBytes
    private let memory: [CSVColumnMemory?]
    private let runs: SharedMemory<ck_csv_run>
    private let tokens: SharedMemory<ck_csv_token>
    private let tokenBytes: SharedMemory<UInt8>
    private let values: SharedMemory<UnsafeMutableRawPointer?>

    init(text: TextBytes, dialect: CSVDialect, kinds: [CSVCellKind], memory: [CSVColumnMemory?]) {
        self.text = text
        self.kinds = kinds
        self.memory = memory
        var runs: [ck_csv_run] = []
        for (index, kind) in kinds.enumerated() {
            let kind = ck_csv_kind(kind.rawValue)
            if let last = runs.last, last.kind == kind {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(ck_csv_run(kind: kind, first: UInt32(index), count: 1))
            }
        }
        self.runs = SharedMemory(count: runs.count)
        for (index, run) in runs.enumerated() { self.runs.base[index] = run }

        values = SharedMemory(count: kinds.count)
        for (index, column) in memory.enumerated() { values.base[index] = column?.base }

        // Padded like any text, so that tokens can be tried as numbers.
        let missing = dialect.missing.filter { !$0.isEmpty }
        tokens = SharedMemory(count: missing.count)
        tokenBytes = SharedMemory(count: missing.reduce(128) { $0 + $1.count })
        tokenBytes.base.initialize(repeating: 0, count: tokenBytes.count)
        var isNumeric = false
        var next = tokenBytes.base + 64
        for (index, token) in missing.enumerated() {
            _ = UnsafeMutableBufferPointer(start: next, count: token.count).initialize(fromContentsOf: token)
            tokens.base[index] = ck_csv_token(text: next, length: token.count)
            var value = 0.0
            if ck_number_parse(CK_CPU_BASELINE, token.count, next, &value) == 0 { isNumeric = true }
            next += token.count
        }

        job = .allocate(capacity: 1)
        job.initialize(
            to: ck_csv_job(
                data: text.start, size: text.terminatedCount, columns: dialect.columns,
                separator: dialect.separator, quoting: dialect.quoting ? 1 : 0, trim: dialect.trim ? 1 : 0,
                numeric_tokens: isNumeric ? 1 : 0, skip_ragged: dialect.skipsRagged ? 1 : 0, runs: runs.count,
                tokens: missing.count, run: self.runs.base, token: tokens.base, values: values.base))
    }

    deinit { job.deallocate() }
}
