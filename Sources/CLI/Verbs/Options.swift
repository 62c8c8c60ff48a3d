import ApusCore
import ApusLifecycle
import ArgumentParser

/// Options of every verb that computes.
struct ComputeOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "The key of everything random.") var seed: String?
    @Option(parsing: .unconditional, help: "Threads to use; 0 takes all processors.") var threads: String?
    @Option(help: "The kernels that run: c or swift.") var kernels: String?

    func apply(to tree: inout ConfigurationTree) {
        if let seed { tree.set("run.seed", toText: seed, place: "--seed") }
        if let threads { tree.set("run.threads", toText: threads, place: "--threads") }
        if let kernels { tree.set("run.kernels", toText: kernels, place: "--kernels") }
    }
}

/// Options of every verb that prints.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON document.") var json = false
    @Flag(name: .shortAndLong, help: "Print nothing but errors, and the JSON if it is asked for.") var quiet = false
}

/// Options of every verb that reads a table.
struct ReadOptions: ParsableArguments {
    @Option(
        name: .customLong("set"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Set any key of the configuration; give it as often as needed.", valueName: "path=value"))
    var settings: [String] = []
    @Option(help: ArgumentHelp("What a malformed row does: error or skip.", valueName: "action")) var onBadRow: String?

    /// Writes the settings into `tree`, over what stands there.
    func apply(to tree: inout ConfigurationTree) throws {
        if let onBadRow { tree.set("data.on_bad_row", toText: onBadRow, place: "--on-bad-row") }
        for setting in settings {
            guard let equals = setting.firstIndex(of: "=") else {
                throw ApusError(
                    "expected PATH=VALUE, found '\(setting)'", at: "--set",
                    remedy: "Write it as in --set model.learning_rate=0.05.", kind: .usage)
            }
            let path = String(setting[..<equals])
            try tree.set(path, to: String(setting[setting.index(after: equals)...]), place: "--set \(path)")
        }
    }
}

extension Environment {
    /// The context that `run` describes, with the progress line if one is shown.
    func context(_ run: RunSection, progress: ProgressLine?) -> RunContext {
        RunContext(
            seed: UInt64(run.seed), threads: run.threads, backend: run.kernels, cancellation: cancellation,
            deadline: run.timeLimit.map { ContinuousClock.now + .seconds($0) }, monitors: progress.map { [$0] } ?? [],
            registry: registry)
    }

    /// The configuration that options alone give, for verbs that take no configuration file.
    func configuration(
        _ compute: ComputeOptions, _ read: ReadOptions, path: String, sections: [String]
    ) throws -> Configuration {
        for setting in read.settings where !sections.contains(where: { setting.hasPrefix("\($0).") }) {
            throw ApusError(
                "it has no effect here", at: "--set \(setting.prefix(60))",
                remedy: "This command takes keys of \(sections.joined(separator: ", ")).", kind: .usage)
        }
        var tree = ConfigurationTree()
        tree.set("data.path", toText: path, place: "the file")
        compute.apply(to: &tree)
        try read.apply(to: &tree)
        return try Configuration(tree, registry: registry)
    }
}
