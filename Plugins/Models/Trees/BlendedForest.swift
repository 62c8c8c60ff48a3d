import ApusCore
import ApusKernels

/// Trees laid out for batches: 128 rows at a time become bytes, then every node of a tree is visited for all of them at
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

    /// The index of a missing value, behind those of 256 bins.
    static let missing = UInt16(ForestLayout.indices - 1)

    private let treesPerScore: Int
    /// Numbers that a leaf answers; trees of one number each are grouped by score.
    private let width: Int
    private let numbers: [Number]
    private let categories: [Category]
    private let bounds: Buffer<Double>
    private let tables: Buffer<UInt8>
    private let trees: Buffer<ForestTree>
    private let nodes: Buffer<ForestNode>
    private let leafValues: Buffer<Double>
    private let columnCount: Int
    private let leafSlots: Int
    private let slotCount: Int

    /// Lays out trees, those of a score one after another; where `vectors` are given, `scores` numbers a node, each tree
    /// adds to all scores. Nil where bytes do not suffice.
    init?(_ trees: [Tree], _ splits: BlendedSplits, scores: Int, vectors: [[Double]]?) {
        let leaves = trees.map { ($0.nodes.count + 1) / 2 }.max() ?? 1
        guard leaves <= ForestLayout.maxLeaves else { return nil }
        width = vectors == nil ? 1 : scores
        treesPerScore = vectors == nil ? trees.count / max(1, scores) : trees.count
        var layout = BlendedTrees(splits, leaves: leaves)
        for (index, tree) in trees.enumerated() {
            layout.add(
                tree, result: index % max(1, treesPerScore) % ForestLayout.together, vectors: vectors?[index],
                width: width)
        }
        (numbers, categories, columnCount) = (splits.numbers, splits.categories, splits.columnCount)
        bounds = Buffer(splits.bounds)
        tables = Buffer(splits.tables)
        self.trees = Buffer(layout.trees)
        nodes = Buffer(layout.nodes)
        leafValues = Buffer(layout.leafValues + [Double](repeating: 0, count: ForestLayout.padding))
        (leafSlots, slotCount) = (leaves, layout.slotCount)
    }

    /// What one thread writes to: blocks of columns, slots, and one column's values and indices.
    private final class Workspace {
        fileprivate let columns: UnsafeMutablePointer<Int8>
        fileprivate let slots: UnsafeMutablePointer<UInt8>
        fileprivate let values: UnsafeMutablePointer<Double>
        fileprivate let indices: UnsafeMutablePointer<UInt16>

        fileprivate init(columns columnCount: Int, leaves: Int, slots slotCount: Int) {
            columns = Workspace.allocate(columnCount * ForestLayout.rows)
            slots = Workspace.allocate(slotCount * ForestLayout.rows)
            values = Workspace.allocate(ForestLayout.rows)
            indices = Workspace.allocate(ForestLayout.rows)
            columns.initialize(repeating: 0, count: columnCount * ForestLayout.rows)
            values.initialize(repeating: 0, count: ForestLayout.rows)
            indices.initialize(repeating: BlendedForest.missing, count: ForestLayout.rows)
            for leaf in 0..<leaves {
                (slots + leaf * ForestLayout.rows).initialize(
                    repeating: UInt8(truncatingIfNeeded: leaf), count: ForestLayout.rows)
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
        let workspace = Workspace(columns: columnCount, leaves: leafSlots, slots: slotCount)
        let groups = trees.count / max(1, treesPerScore)
        let scores = width > 1 ? width : groups
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: ForestLayout.rows) {
            let part = first..<min(first + ForestLayout.rows, rows.upperBound)
            for number in numbers { rank(number, table.columns[number.input], part, workspace, kernels) }
            for category in categories { look(category, table.columns[category.input], part, workspace, kernels) }
            let sums = target + (first - rows.lowerBound) * scores
            for group in 0..<groups {
                let trees = UnsafeBufferPointer(
                    start: trees.unsafePointer + group * treesPerScore, count: treesPerScore)
                if width > 1 {
                    kernels.blendVectors(
                        part.count, trees: trees, nodes: nodes.unsafePointer, width: width,
                        leafValues: leafValues.unsafePointer, columns: workspace.columns, slots: workspace.slots,
                        sums: sums)
                } else {
                    kernels.blend(
                        part.count, trees: trees, nodes: nodes.unsafePointer, leafValues: leafValues.unsafePointer,
                        columns: workspace.columns, slots: workspace.slots, stride: scores, sums: sums + group)
                }
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
        let indexOfCode = category.indexOfCode.unsafePointer
        let known = category.indexOfCode.count
        if case .category(let codes, _) = column.storage {
            let codes = codes.unsafePointer + rows.lowerBound
            let validity = column.validity
            for row in 0..<rows.count {
                let code = Int(codes[row])
                let isKnown = code >= 0 && code < known && validity?[rows.lowerBound + row] ?? true
                workspace.indices[row] = isKnown ? indexOfCode[code] : BlendedForest.missing
            }
        } else {
            column.write(rows, to: workspace.values, stride: 1)
            for row in 0..<rows.count {
                let value = workspace.values[row]
                workspace.indices[row] =
                    value >= 0 && value < Double(known) ? indexOfCode[Int(value)] : BlendedForest.missing
            }
        }
        kernels.sets(
            category.groups, tableStride: ForestLayout.indices, table: tables.unsafePointer + category.table,
            indices: workspace.indices, columns: workspace.columns + category.column * ForestLayout.rows)
    }
}
