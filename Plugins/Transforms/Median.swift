import ApusCore

/// The median of the values that are present: the mean of the middle two where there is no single one; 0 without values.
/// A weight of 2 counts as two rows.
func median(_ values: Buffer<Double>, _ weights: Buffer<Double>?) -> Double {
    if let weights { return weightedMedian(values, weights) }
    var present = values.filter { !$0.isNaN }
    guard !present.isEmpty else { return 0 }
    let middle = present.count / 2
    let upper = select(middle, of: &present)
    guard present.count % 2 == 0, let lower = present[..<middle].max() else { return upper }
    return lower / 2 + upper / 2
}

/// The element of rank `rank`; smaller ones are before it afterwards (quickselect with the median of three).
private func select(_ rank: Int, of values: inout [Double]) -> Double {
    var (low, high) = (0, values.count - 1)
    while low < high {
        let middle = low + (high - low) / 2
        if values[middle] < values[low] { values.swapAt(middle, low) }
        if values[high] < values[low] { values.swapAt(high, low) }
        if values[high] < values[middle] { values.swapAt(high, middle) }
        let pivot = values[middle]
        var (left, right) = (low, high)
        while left <= right {
            while values[left] < pivot { left += 1 }
            while values[right] > pivot { right -= 1 }
            if left <= right {
                values.swapAt(left, right)
                left += 1
                right -= 1
            }
        }
        if rank <= right {
            high = right
        } else if rank >= left {
            low = left
        } else {
            break
        }
    }
    return values[rank]
}

private func weightedMedian(_ values: Buffer<Double>, _ weights: Buffer<Double>) -> Double {
    let order = values.indices.filter { !values[$0].isNaN && weights[$0] > 0 }.sorted { values[$0] < values[$1] }
    let half = order.reduce(0) { $0 + weights[$1] } / 2
    var sum = 0.0
    for (place, row) in order.enumerated() {
        sum += weights[row]
        if sum > half { return values[row] }
        if sum == half, place + 1 < order.count { return values[row] / 2 + values[order[place + 1]] / 2 }
    }
    return order.last.map { values[$0] } ?? 0
}

/// The weighted mean of the values that are present; 0 without values.
func average(_ values: Buffer<Double>, _ weights: Buffer<Double>?) -> Double {
    var (mean, total) = (0.0, 0.0)
    for (row, value) in values.enumerated() where !value.isNaN {
        let weight = weights?[row] ?? 1
        guard weight > 0 else { continue }
        total += weight
        mean += (value - mean) * (weight / total)
    }
    return mean
}
