/// The name in `names` that `name` is most likely a misspelling of: fewest edits, at most a third of its length.
func nearestName(to name: String, among names: [String]) -> String? {
    let letters = Array(name.lowercased())
    let best = names.map { (edits(letters, Array($0)), $0) }.min { $0 < $1 }
    return best.flatMap { $0.0 <= max(2, letters.count / 3) ? $0.1 : nil }
}

/// The Levenshtein distance.
private func edits(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in 0..<right.count {
            let substituted = diagonal + (letter == right[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(substituted, row[column] + 1, row[column + 1] + 1)
        }
    }
    return row[right.count]
}
