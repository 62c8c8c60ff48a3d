/// Finds the name that a mistyped one was meant to be.
public enum Nearest {
    /// The candidate with the fewest edits to `name`, if few enough for a slip: a third of the letters, at least two,
    /// and something of the word is left.
    public static func name(to name: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars)
        let limit = max(2, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().unicodeScalars)
            guard abs(letters.count - wanted.count) <= limit else { continue }
            let edits = distance(wanted, letters)
            if edits <= limit, edits < max(wanted.count, letters.count), edits < best?.distance ?? .max {
                best = (candidate, edits)
            }
        }
        return best?.name
    }

    /// The candidates that `name` may be short for: they begin with its first letter and hold the others in their order.
    public static func names(shortenedTo name: String, among candidates: some Sequence<String>) -> [String] {
        let letters = name.lowercased()
        guard letters.count > 1 else { return [] }
        return candidates.filter { candidate in
            var rest = letters[...]
            for letter in candidate where letter == rest.first { rest = rest.dropFirst() }
            return rest.isEmpty && candidate.first == letters.first
        }
    }

    /// A sentence for an error: «Did you mean 'x'?», or the list of what there is if nothing is near.
    public static func suggestion(for name: String, among candidates: some Collection<String>) -> String {
        if let near = Nearest.name(to: name, among: candidates) { return "Did you mean '\(near)'?" }
        if candidates.isEmpty { return "There is none at all." }
        let shown = candidates.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
        return "There are: \(shown)\(candidates.count > 20 ? " and \(candidates.count - 20) more" : "")."
    }

    /// Edits between two words: insertion, deletion, substitution, swap of neighbours (optimal string alignment).
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var edits = min(
                    last[column + 1] + 1, current[column] + 1, last[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    edits = min(edits, beforeLast[column - 1] + 1)
                }
                current.append(edits)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
