import CKernels
import Synchronization

/// One run of pass 1: the chunks' outcomes, and workspaces that threads take and give back.
final class CSVWork: @unchecked Sendable {
    private let job: CSVJob
    private let chunks: [CSVScan.Chunk]
    private let level: ck_cpu_level
    private let isStopped: @Sendable () -> Bool
    private let stringColumns: [Int]
    private let rows: SharedMemory<ck_csv_rows>
    private let statuses: SharedMemory<ck_status>
    /// The labels of each chunk, a string column each, in chunk-major order.
    private let labels: SharedMemory<LabelList>
    private let state: Mutex<State>

    private struct State {
        var workspaces: [CSVWorkspace] = []
        var findings: [ChunkFindings]
    }

    private struct LabelList {
        var labels: UnsafeMutablePointer<ck_csv_label>?
        var count: Int
    }

    /// Findings with the chunk that each cell is in.
    private struct ChunkFindings {
        var missing = 0
        var broken: Located?
        var infinite: Located?
        var big: Located?
        var huge: Located?
    }

    private struct Located {
        let chunk: Int
        let cell: ck_csv_cell

        static func earlier(_ one: Located?, _ chunk: Int, _ cell: ck_csv_cell) -> Located? {
            cell.row == 0 || one.map({ $0.chunk < chunk }) == true ? one : Located(chunk: chunk, cell: cell)
        }
    }

    init(job: CSVJob, chunks: [CSVScan.Chunk], level: ck_cpu_level, isStopped: @escaping @Sendable () -> Bool) {
        self.job = job
        self.chunks = chunks
        self.level = level
        self.isStopped = isStopped
        stringColumns = job.kinds.indices.filter { job.kinds[$0] == .string }
        rows = SharedMemory(count: chunks.count)
        statuses = SharedMemory(count: chunks.count)
        labels = SharedMemory(count: chunks.count * stringColumns.count)
        labels.base.initialize(repeating: LabelList(labels: nil, count: 0), count: labels.count)
        state = Mutex(State(findings: Array(repeating: ChunkFindings(), count: job.kinds.count)))
    }

    deinit {
        for index in 0..<labels.count { labels.base[index].labels?.deallocate() }
    }

    var outcomes: [ck_csv_rows] { Array(UnsafeBufferPointer(start: rows.base, count: chunks.count)) }

    /// Reads chunk `index`.
    func run(_ index: Int) {
        if isStopped() {
            rows.base[index] = ck_csv_rows()
            rows.base[index].malformed = .max
            statuses.base[index] = CK_OK
            return
        }
        let chunk = chunks[index]
        let workspace =
            state.withLock { $0.workspaces.popLast() } ?? CSVWorkspace(columns: job.kinds.count)
        workspace.prepare(stringColumns: stringColumns, rows: chunk.capacity)
        statuses.base[index] = ck_csv_parse_chunk(
            level, chunk.begin, chunk.end, chunk.isFirst ? 1 : 0, chunk.inQuotes ? 1 : 0, chunk.firstRow,
            chunk.capacity,
            job.job, workspace.positions, workspace.dictionaries, workspace.found, rows.base + index)
        for (position, column) in stringColumns.enumerated() {
            let count = Int(workspace.dictionaries[column].count)
            guard count > 0, let source = workspace.dictionaries[column].labels else { continue }
            let copy = UnsafeMutablePointer<ck_csv_label>.allocate(capacity: count)
            copy.initialize(from: source, count: count)
            labels.base[index * stringColumns.count + position] = LabelList(labels: copy, count: count)
        }
        state.withLock { state in
            for column in job.kinds.indices {
                let found = workspace.found[column]
                let before = state.findings[column]
                state.findings[column] = ChunkFindings(
                    missing: before.missing + Int(found.missing),
                    broken: .earlier(before.broken, index, found.broken),
                    infinite: .earlier(before.infinite, index, found.infinite),
                    big: .earlier(before.big, index, found.big), huge: .earlier(before.huge, index, found.huge))
            }
            state.workspaces.append(workspace)
        }
    }

    /// The first row that cannot be read, in the order of the text.
    func firstProblem(skipsRagged: Bool) -> CSVProblem? {
        for index in chunks.indices {
            let outcome = rows.base[index]
            if statuses.base[index] != CK_OK { return .rowTooLong }
            let ragged = outcome.ragged > 0 && !skipsRagged
            if outcome.malformed != .max, !ragged || outcome.malformed < outcome.ragged_offset {
                return .quoting(offset: Int(outcome.malformed))
            }
            if ragged { return .ragged(offset: Int(outcome.ragged_offset), fields: Int(outcome.ragged_fields)) }
        }
        return nil
    }

    /// Merges a column's labels over the chunks, in their order, and points its codes to the merged ones.
    func mergeLabels(column: Int, slot: Int) -> CSVLabels {
        let lists = chunks.indices.map { labels.base[$0 * stringColumns.count + slot] }
        let most = lists.reduce(0) { $0 + $1.count }
        let merged = UnsafeMutablePointer<ck_csv_label>.allocate(capacity: max(most, 1))
        let slots = SharedMemory<UInt32>(count: ck_csv_slots(most))
        var dictionary = ck_csv_dictionary(labels: merged, slots: slots.base, count: 0, mask: 0)
        let map = SharedMemory<Int32>(count: lists.map(\.count).max() ?? 0)
        let codes = job.job.pointee.values[column]?.assumingMemoryBound(to: Int32.self)
        for (index, list) in lists.enumerated() {
            guard let first = list.labels, let codes else { continue }
            ck_csv_merge(list.count, job.text.start, first, &dictionary, map.base)
            let from = codes + chunks[index].firstRow
            for row in 0..<Int(rows.base[index].rows) { from[row] = map.base[Int(from[row])] }
        }
        return CSVLabels(text: job.text, labels: merged, count: Int(dictionary.count))
    }

    /// What was found, with rows counted through the whole table; `starts` is each chunk's first row.
    func findings(starts: [Int]) -> [CSVFindings] {
        func cell(_ located: Located?) -> CSVCell? {
            located.map {
                let start = Int($0.cell.offset)
                return CSVCell(
                    row: starts[$0.chunk] + Int($0.cell.row) - 1, range: start..<start + Int($0.cell.length))
            }
        }
        return state.withLock { $0.findings }.map {
            CSVFindings(
                missing: $0.missing, broken: cell($0.broken), infinite: cell($0.infinite), big: cell($0.big),
                huge: cell($0.huge))
        }
    }
}

/// What a thread needs to read a chunk.
private final class CSVWorkspace: @unchecked Sendable {
    let positions: UnsafeMutablePointer<UInt32>
    let dictionaries: UnsafeMutablePointer<ck_csv_dictionary>
    let found: UnsafeMutablePointer<ck_csv_found>
    private let columns: Int
    private var labels: UnsafeMutablePointer<ck_csv_label>?
    private var slots: UnsafeMutablePointer<UInt32>?
    private var capacity = 0

    init(columns: Int) {
        self.columns = columns
        positions = .allocate(capacity: ck_csv_workspace(columns))
        dictionaries = .allocate(capacity: max(columns, 1))
        dictionaries.initialize(
            repeating: ck_csv_dictionary(labels: nil, slots: nil, count: 0, mask: 0), count: columns)
        found = .allocate(capacity: max(columns, 1))
    }

    deinit {
        positions.deallocate()
        dictionaries.deallocate()
        found.deallocate()
        labels?.deallocate()
        slots?.deallocate()
    }

    func prepare(stringColumns: [Int], rows: Int) {
        found.initialize(repeating: ck_csv_found(), count: columns)
        let width = ck_csv_slots(rows)
        if rows > capacity {
            labels?.deallocate()
            slots?.deallocate()
            labels = .allocate(capacity: max(stringColumns.count * rows, 1))
            slots = .allocate(capacity: max(stringColumns.count * width, 1))
            capacity = rows
        }
        guard let labels, let slots else { return }
        for (position, column) in stringColumns.enumerated() {
            dictionaries[column] = ck_csv_dictionary(
                labels: labels + position * rows, slots: slots + position * width, count: 0, mask: 0)
        }
    }
}
