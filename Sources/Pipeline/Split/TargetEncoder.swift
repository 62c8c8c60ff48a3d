import ApusCore

/// Turns a target column into what a learner learns.
package enum TargetEncoder {
    /// Above this many whole numbers, a number is regressed.
    private static let mostNumberClasses = 20

    /// Above this many labels a target is no classification: memory and time grow with rows × labels.
    private static let mostClasses = 1_000

    /// The encoded target, and why the task was chosen. No value may be missing.
    static func encode(
        _ column: Column, name: String, task: LearningTask?, positive: String?
    ) throws -> (target: Target, reason: String) {
        let place = "target column '\(name)'"
        guard column.count > 0 else { throw ApusError("there are no rows to learn from") }
        var chosen = task?.isClassification
        var reason = "asked for"
        if chosen == nil { (chosen, reason) = infer(column) }
        if positive != nil, chosen == false {
            throw ApusError("a positive label needs a classification", at: place, kind: .usage)
        }
        guard chosen == true else {
            guard column.kind == .number, let values = column.doubles else {
                throw ApusError(
                    "expected numbers, found \(column.kind.rawValue)", at: place,
                    remedy: "A regression needs a number; leave the task out to classify.")
            }
            if let row = values.firstIndex(where: \.isInfinite) {
                throw ApusError("found an infinity", at: "\(place) row \((row + 1).grouped)")
            }
            guard values.contains(where: { $0 != values[0] }) || values.count == 1 else {
                throw ApusError(
                    "it is constant: every row has \(Column.text(values[0]))", at: place,
                    remedy: "There is nothing to learn; choose another target.")
            }
            return (.values(values), reason)
        }
        guard column.kind != .text else {
            throw ApusError(
                "expected labels, found free text", at: place,
                remedy: "Declare it a category (data.kinds), or choose another target.")
        }
        var labels = orderedLabels(column)
        guard labels.count > 1 else {
            throw ApusError(
                "it is constant: every row has '\(labels.first ?? "")'", at: place,
                remedy: "There is nothing to learn; choose another target.")
        }
        if task == nil, column.kind == .category { try refuseBrokenNumbers(labels, place) }
        guard labels.count <= mostClasses else {
            throw ApusError(
                "there are \(labels.count.grouped) different labels, at most \(mostClasses.grouped) can be classified",
                at: place, remedy: "Is it an identifier? Choose another target.")
        }
        if let task, (task == .binary) != (labels.count == 2) {
            throw ApusError(
                "the task is \(task.rawValue), but there are \(labels.count.grouped) different values", at: place,
                remedy: "Leave the task out to let it follow from the target.", kind: .usage)
        }
        if let positive {
            guard let position = labels.firstIndex(of: positive) else {
                throw ApusError(
                    "no row has the positive label '\(positive)'", at: place,
                    remedy: Nearest.suggestion(for: positive, among: labels), kind: .usage)
            }
            guard labels.count == 2 else {
                throw ApusError(
                    "a positive label needs two classes, there are \(labels.count)", at: place, kind: .usage)
            }
            labels.append(labels.remove(at: position))
        }
        return (try encode(column, labels: labels, name: name), reason)
    }

    /// The values of `column` as positions in `labels`, or as numbers if there are none; throws on a new label.
    /// `rows` are the positions that the column's rows had in the file, for messages.
    package static func encode(
        _ column: Column, labels: [String], name: String, rows: [Int]? = nil
    ) throws -> Target {
        let place = "target column '\(name)'"
        guard !labels.isEmpty else {
            guard column.kind == .number, let values = column.doubles else {
                throw ApusError("expected numbers, found \(column.kind.rawValue)", at: place)
            }
            return .values(values)
        }
        let positions = Dictionary(zip(labels, Int32(0)...), uniquingKeysWith: { first, _ in first })
        func code(_ label: String, _ row: Int) throws -> Int32 {
            if let code = positions[label] ?? Double(label).flatMap({ positions[Column.text($0)] }) { return code }
            throw ApusError(
                "the label '\(label)' was never seen in training",
                at: "\(place) row \(((rows?[row] ?? row) + 1).grouped)",
                remedy: Nearest.suggestion(for: label, among: labels))
        }
        let codes: [Int32]
        if case .category(let stored, let dictionary) = column.storage {
            var mapped = [Int32?](repeating: nil, count: dictionary.count)
            codes = try stored.indices.map { row in
                let index = Int(stored[row])
                if let known = mapped[index] { return known }
                let new = try code(dictionary[index], row)
                mapped[index] = new
                return new
            }
        } else {
            codes = try (0..<column.count).map { try code(column.text($0) ?? "", $0) }
        }
        return .classes(codes: Buffer(codes), labels: labels)
    }

    /// Throws where most labels of a category are numbers, and too many for classes: a word in a column of numbers.
    private static func refuseBrokenNumbers(_ labels: [String], _ place: String) throws {
        let numbers = labels.count { Double($0) != nil }
        guard numbers > mostNumberClasses, numbers * 2 >= labels.count,
            let word = labels.first(where: { Double($0) == nil })
        else { return }
        throw ApusError(
            "expected numbers or labels, found \(numbers.grouped) different numbers beside '\(word)'", at: place,
            remedy: "Add '\(word)' to data.missing, or name the task if they are labels.")
    }

    private static func infer(_ column: Column) -> (isClassification: Bool, reason: String) {
        guard column.kind == .number, let values = column.doubles else {
            return (true, "the target is a \(column.kind.rawValue)")
        }
        guard values.allSatisfy({ $0 == $0.rounded(.towardZero) }) else {
            return (false, "the target is a number with fractions")
        }
        var distinct: Set<Double> = []
        for value in values where distinct.count <= mostNumberClasses { distinct.insert(value) }
        let few = distinct.count <= 2 || distinct.count <= mostNumberClasses && distinct.count * 5 <= values.count
        return few
            ? (true, "the target has only \(distinct.count) different whole numbers")
            : (false, "the target is a number of many values")
    }

    /// The labels that occur: numbers in numeric order, others by their text.
    static func orderedLabels(_ column: Column) -> [String] {
        switch column.storage {
        case .category(_, let dictionary):
            let counts = column.categoryCounts ?? []
            return zip(dictionary, counts).filter { $0.1 > 0 }.map(\.0).sorted()
        case .flag: return Set((0..<column.count).compactMap { column.text($0) }).sorted()
        default:
            let values = Set(column.doubles ?? Buffer([])).sorted()
            return values.map { Column.text($0) }
        }
    }
}
