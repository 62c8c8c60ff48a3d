import ApusCore

/// What is verified of any plugin.
struct PluginSubject {
    let type: any Plugin.Type
    let registry: Registry

    var parameters: [ParameterSpecification] { type.parameters }
}

/// The rules for plugins of every kind.
///
/// What is not tested: whether a summary is true; parameters that only `validate` can judge together; that help and
/// reference pages read well.
enum PluginContract {
    static let checks: [Check<PluginSubject>] = [
        identity, sentences, defaults, unknownName, invalidValue, roundTrip, references,
    ]

    static let identity = Check<PluginSubject>(
        Rule(
            "plugin 1", "has an id and a summary",
            "The id is a family, a dot and a name in snake case; the summary is one line; the version is at least 1.")
    ) { subject in
        let descriptor = subject.type.descriptor
        var registry = Registry()
        try attempt("register it") { try registry.register(subject.type) }
        try require(isOneLine(descriptor.summary), "read the summary", "it is '\(descriptor.summary)'")
        try require(descriptor.version >= 1, "read the version", "it is \(descriptor.version)")
    }

    static let sentences = Check<PluginSubject>(
        Rule(
            "plugin 2", "explains each parameter",
            "Every parameter has one sentence on one line, with a full stop, and a name of its own.")
    ) { subject in
        for parameter in subject.parameters {
            try require(
                isOneLine(parameter.summary) && parameter.summary.hasSuffix("."),
                "read the sentence of '\(parameter.name)'", "it is '\(parameter.summary)'")
        }
        let names = subject.parameters.map(\.name)
        try require(Set(names).count == names.count, "list the parameters", "a name comes twice: \(names)")
    }

    static let defaults = Check<PluginSubject>(
        Rule(
            "plugin 3", "has defaults that it allows",
            "Every default and every search range lies inside the parameter's own interval or choices.")
    ) { subject in
        for parameter in subject.parameters {
            let attempted = "compare the default of '\(parameter.name)' with \(parameter.expectation)"
            if let interval = parameter.interval {
                for number in InvalidValues.numbers(in: parameter.defaultValue) {
                    try require(interval.contains(number), attempted, "it is \(number)")
                }
                if let search = parameter.search {
                    try require(
                        interval.contains(search.lower) && interval.contains(search.upper)
                            && search.lower < search.upper,
                        "compare the search range of '\(parameter.name)' with \(parameter.expectation)",
                        "it is \(search.lower) to \(search.upper)")
                }
            }
            if parameter.kind == .choice, let word = parameter.defaultValue.text {
                try require(parameter.choices.contains(word), attempted, "it is '\(word)'")
            }
        }
    }

    static let unknownName = Check<PluginSubject>(
        Rule(
            "plugin 4", "refuses unknown parameters",
            "A parameter it does not have is refused by an error that names the nearest one it has.")
    ) { subject in
        let names = Set(subject.parameters.map(\.name))
        try requireRefusal("set the parameter 'no_such_parameter'", naming: "no_such_parameter") {
            try subject.type.init(parameters: ["no_such_parameter": 1])
        }
        for name in names.sorted() where !names.contains(name + "x") {
            let nearest = Nearest.name(to: name + "x", among: names.sorted()) ?? name
            try requireRefusal("set the parameter '\(name)x'", naming: "'\(nearest)'") {
                try subject.type.init(parameters: [name + "x": 1])
            }
        }
    }

    static let invalidValue = Check<PluginSubject>(
        Rule(
            "plugin 5", "refuses invalid values",
            "A value of another kind, outside the interval or not among the choices is refused by an error that names "
                + "the parameter.")
    ) { subject in
        for parameter in subject.parameters {
            for value in InvalidValues.of(parameter) {
                try requireRefusal("set '\(parameter.name)' to \(value)", naming: "'\(parameter.name)'") {
                    try subject.type.init(parameters: [parameter.name: value])
                }
            }
        }
    }

    static let roundTrip = Check<PluginSubject>(
        Rule(
            "plugin 6", "makes itself from its own parameters",
            "The values that it tells make an equal configuration; no parameters make the default one.")
    ) { subject in
        let values = subject.type.init().parameterValues
        for (what, given) in [("its own values", values), ("no values", [:])] {
            let made = try attempt("make it from \(what)") { try subject.type.init(parameters: given) }
            try require(
                made.parameterValues == values, "make it from \(what)",
                "the values \(JSON.object(values).serialized()) became \(JSON.object(made.parameterValues).serialized())"
            )
        }
    }

    static let references = Check<PluginSubject>(
        Rule(
            "plugin 7", "refers to plugins that there are",
            "A plugin that a parameter names by default, unless it is 'auto', is in the registry and takes the parameters "
                + "given to it.")
    ) { subject in
        for parameter in subject.parameters where parameter.kind == .plugin {
            guard let reference = PluginReference(json: parameter.defaultValue), reference != .auto else { continue }
            _ = try attempt("find the default of '\(parameter.name)'") {
                try subject.registry.find(reference.id).init(parameters: reference.parameters)
            }
        }
    }

    private static func isOneLine(_ text: String) -> Bool {
        !text.isEmpty && !text.contains(where: \.isNewline) && text.count <= 160
    }
}

/// Values that a parameter must refuse, derived from its specification.
enum InvalidValues {
    static func of(_ parameter: ParameterSpecification) -> [JSON] {
        switch parameter.kind {
        case .number: ["abc", true, []] + outside(parameter.interval).map(JSON.number)
        case .integer: ["abc", true, [], 1.5, .number(1e300)] + outside(parameter.interval).map(JSON.number)
        case .flag: ["abc", 2, []]
        case .text: [1, true, []]
        case .choice: [1, [], .text(unknownWord(parameter.choices))]
        case .list: [1, true, ["key": 1]] + outside(parameter.interval).map { .list([.number($0)]) }
        case .map: [1, true, [1]] + outside(parameter.interval).map { ["key": .number($0)] }
        case .matrix: [1, true, ["key": 1], [1]]
        case .columns: [1, true, [1]]
        case .plugin: [1, true, [1], [:]]
        }
    }

    /// Numbers just outside, far outside, and none at all.
    private static func outside(_ interval: Interval?) -> [Double] {
        guard let interval else { return [] }
        var values = [Double.nan, .infinity, -.infinity]
        if interval.lower.isFinite { values += [interval.lower.nextDown, interval.lower - 1] }
        if interval.upper.isFinite { values += [interval.upper.nextUp, interval.upper + 1] }
        if interval.excludesLower { values.append(interval.lower) }
        if interval.excludesUpper { values.append(interval.upper) }
        return values.filter { !interval.contains($0) }
    }

    private static func unknownWord(_ choices: [String]) -> String { (choices.first ?? "") + "_nonsense" }

    static func numbers(in value: JSON) -> [Double] {
        switch value {
        case .number(let number): [number]
        case .list(let values): values.flatMap { numbers(in: $0) }
        case .object(let members): members.values.flatMap { numbers(in: $0) }
        default: []
        }
    }
}
