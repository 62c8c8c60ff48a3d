import ApusCore

/// A division of training rows into parts of about equal size, each of which is held out once.
///
/// Which part a row falls into depends on the seed and on its place in the data alone; rows of one group stay together.
package struct Folds {
    /// The rows of each part, ascending; none is empty.
    package let parts: [[Int]]

    /// Throws where there are fewer rows, or groups, than folds.
    package init(_ rows: TrainingRows, count: Int, seed: UInt64) throws {
        let random = CounterRandom(seed: seed, purpose: "linear.folds")
        var members: [[Int]] = []
        if let groups = rows.groups {
            var numbers: [String: Int] = [:]
            for row in 0..<rows.count {
                let name = groups.text(row) ?? ""
                if let number = numbers[name] {
                    members[number].append(row)
                } else {
                    numbers[name] = members.count
                    members.append([row])
                }
            }
        } else {
            members = (0..<rows.count).map { [$0] }
        }
        guard members.count >= count else {
            throw ApusError(
                "\(members.count) \(rows.groups == nil ? "rows" : "groups") cannot be divided into \(count) folds",
                at: "parameter 'cv'", remedy: "Lower cv, or give alpha.", kind: .usage)
        }
        let keys = members.map { random[Int(rows.rowIDs[$0[0]])] }
        let order = members.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        var parts = [[Int]](repeating: [], count: count)
        for unit in order {
            // The smallest part, the first of equal ones: units of one row are dealt in turn.
            let place = parts.indices.min { (parts[$0].count, $0) < (parts[$1].count, $1) } ?? 0
            parts[place] += members[unit]
        }
        self.parts = parts.map { $0.sorted() }
    }

    /// The rows of all parts but one, ascending.
    package func others(than part: Int) -> [Int] {
        parts.indices.filter { $0 != part }.flatMap { parts[$0] }.sorted()
    }
}
