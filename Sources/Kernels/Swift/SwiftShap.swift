/// The pure-Swift twin of `ck_shap.h`; the same bits.
enum SwiftShap {
    private typealias Quad = SIMD4<Double>

    static func explain(
        _ count: Int, _ tree: ShapTree, _ weights: [Double], _ tables: UnsafePointer<Double>,
        _ right: UnsafePointer<UInt8>, _ states: UnsafeMutablePointer<UInt8>, _ products: UnsafeMutablePointer<Double>,
        _ sums: UnsafeMutablePointer<Double>, _ stride: Int, _ contributions: UnsafeMutablePointer<Double>
    ) {
        for split in tree.splits {
            for row in 0..<count {
                let met = split.previous == 0 ? 1 : states[(2 * Int(split.previous)) * ShapTree.rows + row]
                for side in 0..<2 {
                    let place = 2 * (Int(split.child) + side) * ShapTree.rows + row
                    let goesHere = right[ShapTree.rows * Int(split.node) + row] == UInt8(side)
                    states[place] = goesHere ? met : 0
                    states[place + ShapTree.rows] = 2 - met - states[place]
                }
            }
        }
        for row in 0..<count {
            explain(row, tree, weights, tables, states, products, sums, contributions + stride * row)
        }
    }

    private static func explain(
        _ row: Int, _ tree: ShapTree, _ weights: [Double], _ tables: UnsafePointer<Double>,
        _ states: UnsafePointer<UInt8>, _ products: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>,
        _ contributions: UnsafeMutablePointer<Double>
    ) {
        let points = tree.points
        func factors(_ node: Int) -> UnsafePointer<Double> {
            tables + 2 * points * (ShapTree.states * node + Int(states[(2 * node + 1) * ShapTree.rows + row]))
        }
        for point in 0..<points { products[point] = weights[point] }
        for split in tree.splits {
            let above = products + points * Int(split.node)
            for child in Int(split.child)...Int(split.child) + 1 {
                let (product, factors) = (products + points * child, factors(child))
                for q in Swift.stride(from: 0, to: points, by: 4) {
                    store(load(above, q) * load(factors, q), product, q)
                }
            }
        }
        for (leaf, value) in zip(tree.leaves, tree.leafValues) {
            let product = products + points * Int(leaf)
            for q in Swift.stride(from: 0, to: points, by: 4) { store(load(product, q) * value, product, q) }
        }
        sums.update(repeating: 0, count: points * tree.inputs.count)
        for split in tree.splits.reversed() {
            let child = Int(split.child)
            let (left, right) = (products + points * child, products + points * (child + 1))
            let (leftFactors, rightFactors) = (factors(child) + points, factors(child + 1) + points)
            let (sum, above) = (sums + points * Int(split.slot), products + points * Int(split.node))
            for q in Swift.stride(from: 0, to: points, by: 4) {
                let (l, r) = (load(left, q), load(right, q))
                store(load(sum, q) + (l * load(leftFactors, q) + r * load(rightFactors, q)), sum, q)
                store(l + r, above, q)
            }
        }
        for (slot, input) in tree.inputs.enumerated() {
            var sum = load(sums + points * slot, 0)
            for q in Swift.stride(from: 4, to: points, by: 4) { sum += load(sums + points * slot, q) }
            contributions[Int(input)] += (sum[0] + sum[2]) + (sum[1] + sum[3])
        }
    }

    @inline(__always)
    private static func load(_ memory: UnsafePointer<Double>, _ at: Int) -> Quad {
        UnsafeRawPointer(memory + at).loadUnaligned(as: Quad.self)
    }

    @inline(__always)
    private static func store(_ quad: Quad, _ memory: UnsafeMutablePointer<Double>, _ at: Int) {
        UnsafeMutableRawPointer(memory + at).storeBytes(of: quad, as: Quad.self)
    }
}
