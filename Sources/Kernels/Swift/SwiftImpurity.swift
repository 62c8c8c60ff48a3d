import ApusCore

/// The pure-Swift twin of `ck_impurity.h`.
enum SwiftImpurity {
    static func gather(
        _ count: Int, _ width: Int, _ rows: UnsafePointer<UInt32>, _ source: UnsafePointer<Int64>,
        _ target: UnsafeMutablePointer<Int64>
    ) {
        for position in 0..<count {
            let from = source + width * Int(rows[position])
            for word in 0..<width { target[width * position + word] = from[word] }
        }
    }

    static func addToCells(
        _ count: Int, _ rule: ImpurityRule, _ rows: UnsafePointer<UInt32>, _ column: UnsafePointer<UInt8>,
        _ stride: Int, _ values: UnsafePointer<Int64>, _ cells: UnsafeMutablePointer<Int64>,
        _ counts: UnsafeMutablePointer<UInt32>?, _ present: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var seen = BinSet()
        let width = rule.width
        for position in 0..<count {
            let bin = Int(column[stride * Int(rows[position])])
            let cell = cells + width * bin
            if rule.isClasses {
                let word = values[position]
                cell[Int(word & ImpurityRule.classMask)] &+= word >> ImpurityRule.classBits
            } else {
                for word in 0..<width { cell[word] &+= values[width * position + word] }
            }
            counts?[bin] &+= 1
            seen.insert(bin)
        }
        var found = 0
        for bin in 0..<256 where seen.contains(bin) {
            present[found] = UInt8(bin)
            found += 1
        }
        return found
    }

    static func scan(
        _ rule: ImpurityRule, _ prefixes: ClosedRange<Int>, _ order: UnsafePointer<UInt8>,
        _ total: UnsafePointer<Int64>, _ start: UnsafePointer<Int64>?, _ startRows: Int,
        _ cells: UnsafePointer<Int64>, _ counts: UnsafePointer<UInt32>?, _ left: UnsafeMutablePointer<Int64>,
        _ best: inout Double, _ bestLeft: UnsafeMutablePointer<Int64>
    ) -> Int {
        let width = rule.width
        var found = 0
        var rows = startRows
        for word in 0..<width { left[word] = start?[word] ?? 0 }
        for prefix in 1...prefixes.upperBound {
            let bin = Int(order[prefix - 1])
            for word in 0..<width { left[word] &+= cells[width * bin + word] }
            if let counts {
                rows += Int(counts[bin])
                if rows < rule.minRows { continue }
                if rule.rows - rows < rule.minRows { break }
            }
            if prefix < prefixes.lowerBound { continue }
            let (score, leftWeight, rightWeight) = score(rule, total, left)
            if score > best, leftWeight > 0, rightWeight > 0 {
                best = score
                found = prefix
                bestLeft.update(from: left, count: width)
            }
        }
        return found
    }

    /// x ln x, 0 for 0.
    @inline(__always)
    static func xLogX(_ x: Double) -> Double { x > 0 ? x * DeterministicMath.log(x) : 0 }

    @inline(__always)
    private static func score(
        _ rule: ImpurityRule, _ total: UnsafePointer<Int64>, _ left: UnsafePointer<Int64>
    ) -> (score: Double, leftWeight: Double, rightWeight: Double) {
        let outputs = rule.outputs
        var (leftScore, rightScore, leftWeight, rightWeight) = (0.0, 0.0, 0.0, 0.0)
        if !rule.isClasses {
            leftWeight = Double(left[outputs])
            rightWeight = Double(total[outputs] - left[outputs])
        }
        for output in 0..<outputs {
            let (l, r) = (Double(left[output]), Double(total[output] - left[output]))
            if rule.isClasses {
                leftWeight += l
                rightWeight += r
            }
            if rule.isLogarithmic {
                leftScore += xLogX(l)
                rightScore += xLogX(r)
                if !rule.isClasses {
                    leftScore += xLogX(leftWeight - l)
                    rightScore += xLogX(rightWeight - r)
                }
            } else {
                leftScore += l * l
                rightScore += r * r
            }
        }
        guard rule.isLogarithmic else {
            return (leftScore / leftWeight + rightScore / rightWeight, leftWeight, rightWeight)
        }
        let terms = rule.isClasses ? 1 : Double(outputs)
        return (
            (leftScore - terms * xLogX(leftWeight)) + (rightScore - terms * xLogX(rightWeight)), leftWeight, rightWeight
        )
    }
}
