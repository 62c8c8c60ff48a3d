import ApusCore
import ApusKernels

/// Trees laid out for batches: 512 rows at a time become planes of bits, one a row. There is a plane for each distinct
/// comparison of the trees; a tree's nodes split the planes of the rows that reach them, and those of one child flip some
/// bits of the number of the leaf that they reach. All nodes are visited, which costs less than walking down row by row.
struct SlicedForest: Sendable {
    private let treesPerScore: Int
    /// Numbers that a leaf answers; trees of one number each are grouped by score.
    private let width: Int
    private let numbers: [RankedSplits.Number]
    private let categories: [RankedSplits.Category]
    private let bounds: Buffer<Double>
    private let tables: Buffer<UInt8>
    private let runs: [SlicedTrees.Run]
    private let masks: Buffer<ForestMask>
    private let trees: Buffer<ForestTree>
    private let splits: Buffer<ForestSplit>
    private let leafValues: Buffer<Double>
    private let columnCount: Int
    /// The plane of the first mask.
    private let firstMask: Int

    /// Lays out trees, those of a score one after another; where `vectors` are given, `scores` numbers a node, each tree
    /// adds to all scores. Nil where a tree has too many leaves.
    init?(_ trees: [Tree], _ splits: RankedSplits, scores: Int, vectors: [[Double]]?) {
        let leaves = trees.map { ($0.nodes.count + 1) / 2 }.max() ?? 1
        guard leaves <= ForestLayout.maxLeaves else { return nil }
        width = vectors == nil ? 1 : scores
        treesPerScore = vectors == nil ? trees.count / max(1, scores) : trees.count
        let layout = SlicedTrees(trees, splits, leaves: leaves, vectors: vectors, width: width)
        (numbers, categories, columnCount) = (splits.numbers, splits.categories, splits.columnCount)
        (runs, firstMask) = (layout.runs, layout.firstMask)
        bounds = Buffer(splits.bounds)
        tables = Buffer(splits.tables)
        masks = Buffer(layout.masks)
        self.trees = Buffer(layout.trees)
        self.splits = Buffer(layout.splits)
        leafValues = Buffer(layout.leafValues + [Double](repeating: 0, count: ForestLayout.padding))
    }

    /// What one thread writes to: blocks of columns, planes, and one column's values and indices.
    private final class Workspace {
        fileprivate let columns: UnsafeMutablePointer<Int8>
        fileprivate let planes: UnsafeMutablePointer<UInt64>
        fileprivate let values: UnsafeMutablePointer<Double>
        fileprivate let indices: UnsafeMutablePointer<UInt16>

        fileprivate init(columns columnCount: Int, planes planeCount: Int) {
            columns = Workspace.allocate(columnCount * ForestLayout.rows)
            planes = Workspace.allocate(planeCount * ForestLayout.words)
            values = Workspace.allocate(ForestLayout.rows)
            indices = Workspace.allocate(ForestLayout.rows)
            columns.initialize(repeating: 0, count: columnCount * ForestLayout.rows)
            // The others are written before they are read.
            planes.initialize(repeating: .max, count: ForestLayout.words)
            values.initialize(repeating: 0, count: ForestLayout.rows)
            indices.initialize(repeating: RankedSplits.missing, count: ForestLayout.rows)
        }

        deinit {
            columns.deallocate()
            planes.deallocate()
            values.deallocate()
            indices.deallocate()
        }

        private static func allocate<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
            UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<Element>.stride, alignment: 64)
                .bindMemory(to: Element.self, capacity: max(1, count))
        }
    }

    /// Adds the trees' values to the scores of some rows, `(rows, scores)` row-major.
    func addScores(
        _ table: Table, _ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, kernels: TreeKernels
    ) {
        let most = runs.map(\.masks.count).max() ?? 0
        let workspace = Workspace(columns: columnCount, planes: firstMask + most)
        let scores = width > 1 ? width : trees.count / max(1, treesPerScore)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: ForestLayout.rows) {
            let part = first..<min(first + ForestLayout.rows, rows.upperBound)
            for number in numbers { rank(number, table.columns[number.input], part, workspace, kernels) }
            for category in categories { look(category, table.columns[category.input], part, workspace, kernels) }
            let sums = target + (first - rows.lowerBound) * scores
            for run in runs {
                kernels.masks(
                    part.count, masks: UnsafeBufferPointer(masks, run.masks), columns: workspace.columns,
                    planes: workspace.planes + firstMask * ForestLayout.words)
                add(run.trees, part.count, workspace, scores, to: sums, kernels)
            }
        }
        withExtendedLifetime(self) {}
    }

    /// Adds what some trees answer, score after score.
    private func add(
        _ range: Range<Int>, _ count: Int, _ workspace: Workspace, _ scores: Int,
        to sums: UnsafeMutablePointer<Double>, _ kernels: TreeKernels
    ) {
        guard width == 1 else {
            return kernels.sliceVectors(
                count, trees: UnsafeBufferPointer(trees, range), splits: splits.unsafePointer, width: width,
                leafValues: leafValues.unsafePointer, planes: workspace.planes, sums: sums)
        }
        var first = range.lowerBound
        while first < range.upperBound {
            let score = first / treesPerScore
            let last = min(range.upperBound, (score + 1) * treesPerScore)
            kernels.slice(
                count, trees: UnsafeBufferPointer(trees, first..<last), splits: splits.unsafePointer,
                leafValues: leafValues.unsafePointer, planes: workspace.planes, stride: scores, sums: sums + score)
            first = last
        }
    }

    private func rank(
        _ number: RankedSplits.Number, _ column: Column, _ rows: Range<Int>, _ workspace: Workspace,
        _ kernels: TreeKernels
    ) {
        let right = workspace.columns + number.column * ForestLayout.rows
        let left = right + ForestLayout.rows
        let bounds = bounds.unsafePointer + number.bounds
        switch column.storage {
        case .double(let values):
            kernels.rank(
                rows.count, steps: number.steps, bounds: bounds, values: values.unsafePointer + rows.lowerBound,
                right: right, left: left)
        case .float(let values):
            kernels.rank(
                rows.count, steps: number.steps, bounds: bounds, values: values.unsafePointer + rows.lowerBound,
                right: right, left: left)
        default:
            column.write(rows, to: workspace.values, stride: 1)
            kernels.rank(
                rows.count, steps: number.steps, bounds: bounds, values: workspace.values, right: right, left: left)
        }
    }

    private func look(
        _ category: RankedSplits.Category, _ column: Column, _ rows: Range<Int>, _ workspace: Workspace,
        _ kernels: TreeKernels
    ) {
        let indexOfCode = category.indexOfCode.unsafePointer
        let known = category.indexOfCode.count
        if case .category(let codes, _) = column.storage {
            let codes = codes.unsafePointer + rows.lowerBound
            let validity = column.validity
            for row in 0..<rows.count {
                let code = Int(codes[row])
                let isKnown = code >= 0 && code < known && validity?[rows.lowerBound + row] ?? true
                workspace.indices[row] = isKnown ? indexOfCode[code] : RankedSplits.missing
            }
        } else {
            column.write(rows, to: workspace.values, stride: 1)
            for row in 0..<rows.count {
                let value = workspace.values[row]
                workspace.indices[row] =
                    value >= 0 && value < Double(known) ? indexOfCode[Int(value)] : RankedSplits.missing
            }
        }
        kernels.sets(
            category.groups, tableStride: ForestLayout.indices, table: tables.unsafePointer + category.table,
            indices: workspace.indices, columns: workspace.columns + category.column * ForestLayout.rows)
    }
}

extension UnsafeBufferPointer where Element: BitwiseCopyable & Sendable {
    /// Some elements of a buffer, which the caller keeps alive.
    fileprivate init(_ buffer: Buffer<Element>, _ range: Range<Int>) {
        self.init(start: buffer.unsafePointer + range.lowerBound, count: range.count)
    }
}
