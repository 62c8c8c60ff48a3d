import ApusCore

extension Target {
    /// The objective that is usual for it.
    private var suitable: String {
        switch task {
        case .regression: "squared"
        case .binary: "logistic"
        case .multiclass: "softmax"
        case .multilabel: "multilabel"
        }
    }

    /// The numbers; throws for classes.
    func numbers(for objective: some Objective) throws -> Buffer<Double> {
        if case .values(let values) = self { return values }
        throw ApusError(
            "\(type(of: objective).descriptor.id) needs a target of numbers, found a \(task.rawValue) target",
            remedy: "Use objective.\(suitable), or set data.task to regression.",
            kind: .usage)
    }

    /// The classes; throws for numbers.
    func classes(for objective: some Objective) throws -> (codes: Buffer<Int32>, labels: [String]) {
        if case .classes(let codes, let labels) = self { return (codes, labels) }
        throw ApusError(
            "\(type(of: objective).descriptor.id) needs a target of classes, found a \(task.rawValue) target",
            remedy:
                "Use objective.\(suitable), or set data.task to binary or multiclass.",
            kind: .usage)
    }

    /// Two classes, or one alone; throws for more.
    func twoClasses(for objective: some Objective) throws -> (codes: Buffer<Int32>, labels: [String]) {
        let (codes, labels) = try classes(for: objective)
        guard labels.count <= 2 else {
            throw ApusError(
                "\(type(of: objective).descriptor.id) takes two classes, found \(labels.count)",
                remedy: "Use objective.softmax.", kind: .usage)
        }
        return (codes, labels)
    }

    /// Two or more classes; throws for a single one.
    func manyClasses(for objective: some Objective) throws -> (codes: Buffer<Int32>, labels: [String]) {
        let (codes, labels) = try classes(for: objective)
        guard labels.count >= 2 else {
            throw ApusError(
                "\(type(of: objective).descriptor.id) needs at least two classes", remedy: "Use objective.logistic.",
                kind: .usage)
        }
        return (codes, labels)
    }
}
