import ApusCore
import ApusKernels

/// Trees laid out for batches: 64 rows at a time become bytes, then every node of a tree is visited for all of them at
/// once, which costs less than walking down row by row while trees have at most 256 leaves.
///
/// A number's byte is its rank among the thresholds that the trees compare it with, so that comparing bytes decides as
/// comparing numbers would; a missing value ranks above all in one block of bytes and below all in another, and a node
/// reads the one that sends it to its side. Each set of categories has a block of its own.
struct BlendedForest: Sendable {
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

    /// Indices of a category: 256 bins, and one for a missing value.
    static let (indices, missing) = (257, UInt16(256))
    /// Slots: a leaf's number each, the results of the trees that are added together, the rest for nodes.
    static let firstResult = ForestLayout.maxLeaves
    /// The first slot for the nodes between.
    static let firstFree = firstResult + ForestLayout.together

    private let treesPerScore: Int
    private let numbers: [Number]
    private let categories: [Category]
    private let bounds: Buffer<Double>
    private let tables: Buffer<UInt8>
    private let trees: Buffer<ForestTree>
    private let nodes: Buffer<ForestNode>
    private let leafValues: Buffer<Double>
    private let columnCount: Int
    private let slotCount: Int

    /// Lays out trees, those of a score one after another, `treesPerScore` of each; nil where bytes do not suffice.
    init?(_ trees: [Tree], treesPerScore: Int, binOfCode: [[UInt8]?]) {
        guard let splits = BlendedSplits(trees, binOfCode) else { return nil }
        var layout = BlendedTrees(splits)
        for (index, tree) in trees.enumerated() {
            guard layout.add(tree, result: index % max(1, treesPerScore) % ForestLayout.together) else { return nil }
        }
        self.treesPerScore = treesPerScore
        (numbers, categories, columnCount) = (splits.numbers, splits.categories, splits.columnCount)
        bounds = Buffer(splits.bounds)
        tables = Buffer(splits.tables)
        self.trees = Buffer(layout.trees)
        nodes = Buffer(layout.nodes)
        leafValues = Buffer(layout.leafValues)
        slotCount = layout.slotCount
    }

    /// What one thread writes to: blocks of columns, slots, and one column's values and indices.
    private final class Workspace {
        fileprivate let columns: UnsafeMutablePointer<Int8>
        fileprivate let slots: UnsafeMutablePointer<UInt8>
        fileprivate let values: UnsafeMutablePointer<Double>
        fileprivate let indices: UnsafeMutablePointer<UInt16>

        fileprivate init(columns columnCount: Int, slots slotCount: Int) {
            columns = Workspace.allocate(columnCount * ForestLayout.rows)
            slots = Workspace.allocate(slotCount * ForestLayout.rows)
            values = Workspace.allocate(ForestLayout.rows)
            indices = Workspace.allocate(ForestLayout.rows)
            columns.initialize(repeating: 0, count: columnCount * ForestLayout.rows)
            values.initialize(repeating: 0, count: ForestLayout.rows)
            indices.initialize(repeating: BlendedForest.missing, count: ForestLayout.rows)
            for slot in 0..<slotCount {
                (slots + slot * ForestLayout.rows).initialize(
                    repeating: UInt8(truncatingIfNeeded: slot), count: ForestLayout.rows)
            }
        }

        deinit {
            columns.deallocate()
            slots.deallocate()
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
        let workspace = Workspace(columns: columnCount, slots: slotCount)
        let scores = trees.count / max(1, treesPerScore)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: ForestLayout.rows) {
            let part = first..<min(first + ForestLayout.rows, rows.upperBound)
            for number in numbers { rank(number, table.columns[number.input], part, workspace, kernels) }
            for category in categories { look(category, table.columns[category.input], part, workspace, kernels) }
            for score in 0..<scores {
                kernels.blend(
                    part.count,
                    trees: UnsafeBufferPointer(
                        start: trees.unsafePointer + score * treesPerScore, count: treesPerScore),
                    nodes: nodes.unsafePointer, leafValues: leafValues.unsafePointer, columns: workspace.columns,
                    slots: workspace.slots, stride: scores, sums: target + (first - rows.lowerBound) * scores + score)
            }
        }
        withExtendedLifetime(self) {}
    }

    private func rank(
        _ number: Number, _ column: Column, _ rows: Range<Int>, _ workspace: Workspace, _ kernels: TreeKernels
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
        _ category: Category, _ column: Column, _ rows: Range<Int>, _ workspace: Workspace, _ kernels: TreeKernels
    ) {
        column.write(rows, to: workspace.values, stride: 1)
        let indexOfCode = category.indexOfCode.unsafePointer
        let codes = Double(category.indexOfCode.count)
        for row in 0..<rows.count {
            let value = workspace.values[row]
            workspace.indices[row] = value >= 0 && value < codes ? indexOfCode[Int(value)] : BlendedForest.missing
        }
        kernels.sets(
            category.groups, tableStride: BlendedForest.indices, table: tables.unsafePointer + category.table,
            indices: workspace.indices, columns: workspace.columns + category.column * ForestLayout.rows)
    }
}
