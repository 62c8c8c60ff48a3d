/// A model that is made of trees and shows them.
public protocol TreeDescribing: Model {
    /// How many trees there are.
    var treeCount: Int { get }
    /// The tree at `index`, which is below `treeCount`.
    func describedTree(_ index: Int) -> DescribedTree
}

/// A tree in terms of the model's inputs. Node 0 is the root; children come after their parent.
public struct DescribedTree: Sendable, Equatable {
    /// What sends a row to the left child.
    public enum Condition: Sendable, Equatable {
        /// A number up to this one; any number at all, if it is infinite.
        case upTo(Double)
        /// A flag that is false.
        case isFalse
        /// One of the first labels, and none of the second.
        case among([String], not: [String])
    }

    /// A node's question.
    public struct Split: Sendable, Equatable {
        /// The position of the input.
        public let column: Int
        /// What sends a row to the left child.
        public let condition: Condition
        /// Whether a missing value, or a label never seen, goes left.
        public let missingLeft: Bool
        /// The child where the condition holds.
        public let left: Int
        /// The other child.
        public let right: Int
        /// How much the split gained, by the model's measure.
        public let gain: Double

        /// A question.
        public init(column: Int, condition: Condition, missingLeft: Bool, left: Int, right: Int, gain: Double) {
            self.column = column
            self.condition = condition
            self.missingLeft = missingLeft
            self.left = left
            self.right = right
            self.gain = gain
        }
    }

    /// A node.
    public struct Node: Sendable, Equatable {
        /// The rows that came here in fitting.
        public let rows: Int
        /// What it answers, one number for each of the tree's `answers`; empty where only leaves answer.
        public let answer: [Double]
        /// How it goes on; nil for a leaf.
        public let split: Split?

        /// A node.
        public init(rows: Int, answer: [Double], split: Split?) {
            self.rows = rows
            self.answer = answer
            self.split = split
        }
    }

    /// The nodes.
    public let nodes: [Node]
    /// What the numbers of an answer are: one word such as `value`, or the labels whose probabilities they are.
    public let answers: [String]

    /// A tree.
    public init(nodes: [Node], answers: [String]) {
        self.nodes = nodes
        self.answers = answers
    }

    /// How many nodes are leaves.
    public var leaves: Int { nodes.reduce(0) { $0 + ($1.split == nil ? 1 : 0) } }

    /// Each node's distance from the root.
    public var depths: [Int] {
        var depths = [Int](repeating: 0, count: nodes.count)
        for (place, node) in nodes.enumerated() {
            guard let split = node.split else { continue }
            depths[split.left] = depths[place] + 1
            depths[split.right] = depths[place] + 1
        }
        return depths
    }
}
