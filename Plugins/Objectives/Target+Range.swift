import ApusCore

extension Target {
    /// The numbers, each of them one that `accepts` takes. `expected` completes «expected …».
    func numbers(
        for objective: some Objective, _ expected: String, remedy: String, where accepts: (Double) -> Bool
    ) throws -> Buffer<Double> {
        let values = try numbers(for: objective)
        guard let first = values.first(where: { !accepts($0) }) else { return values }
        let refused = values.count { !accepts($0) }
        throw ApusError(
            "\(type(of: objective).descriptor.id) expects a target of \(expected), found \(Column.text(first))"
                + (refused > 1 ? " and \((refused - 1).grouped) more such rows" : ""), remedy: remedy)
    }
}
