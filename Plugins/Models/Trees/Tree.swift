import ApusKernels

/// A fitted tree in terms of the model's inputs. Children stand side by side, after their parent; node 0 is the root.
package struct Tree: Sendable, Equatable {
    /// A node.
    package struct Node: Sendable, Equatable {
        /// The input that it splits; -1 for a leaf.
        package var column = -1
        /// For a number: values up to it go left.
        package var threshold = 0.0
        /// For a category: the bins that go left.
        package var set: BinSet?
        /// Whether a missing value goes left.
        package var missingLeft = false
        /// The left child; the right one follows.
        package var child = 0
        /// How much the split lowered twice the loss, to second order.
        package var gain = 0.0
        /// The rows that came here in fitting, each as often as it was drawn.
        package var count = 0
        /// The value of a leaf.
        package var value = 0.0

        /// Whether it is a leaf.
        package var isLeaf: Bool { column < 0 }

        /// A leaf, until it is given a column.
        package init(count: Int = 0, value: Double = 0) {
            self.count = count
            self.value = value
        }
    }

    /// The nodes.
    package var nodes: [Node]

    /// A tree of these nodes.
    package init(nodes: [Node]) { self.nodes = nodes }

    /// How many leaves it has.
    var leaves: Int { (nodes.count + 1) / 2 }

    /// The longest way from the root to a leaf.
    package var depth: Int {
        var depths = [Int](repeating: 0, count: nodes.count)
        for (position, node) in nodes.enumerated() where !node.isLeaf {
            depths[node.child] = depths[position] + 1
            depths[node.child + 1] = depths[position] + 1
        }
        return depths.max() ?? 0
    }

    /// The value for one row, node by node: the definition that the compiled forest is tested against.
    package func value(row: UnsafeBufferPointer<Double>, binOfCode: [[UInt8]?]) -> Double {
        nodes[leaf(row: row, binOfCode: binOfCode)].value
    }

    /// The leaf that one row reaches.
    package func leaf(row: UnsafeBufferPointer<Double>, binOfCode: [[UInt8]?]) -> Int {
        var position = 0
        while !nodes[position].isLeaf {
            let node = nodes[position]
            let value = row[node.column]
            let goesLeft: Bool
            if let set = node.set {
                let bins = binOfCode[node.column] ?? []
                let isKnown = value >= 0 && value < Double(bins.count)
                goesLeft = isKnown ? set.contains(Int(bins[Int(value)])) : node.missingLeft
            } else {
                goesLeft = value.isNaN ? node.missingLeft : value <= node.threshold
            }
            position = goesLeft ? node.child : node.child + 1
        }
        return position
    }
}

extension Tree {
    /// A grown tree in terms of the table whose bins it splits; gains in units of `largest` squared.
    init(_ grown: GrownTree, _ binned: BinnedTable, largest: Double) {
        nodes = grown.nodes.map { node in
            var result = Node(count: node.count, value: node.value)
            guard node.column >= 0 else { return result }
            result.column = binned.features[node.column]
            result.child = node.child
            result.gain = node.gain * largest * largest
            result.missingLeft = node.left.contains(TreeLayout.missing)
            switch binned.bins[node.column].meaning {
            case .number(let bounds): result.threshold = bounds[node.bin]
            case .category: result.set = node.left
            }
            return result
        }
    }
}
