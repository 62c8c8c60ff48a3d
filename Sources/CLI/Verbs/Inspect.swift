import ApusCore
import ApusLifecycle
import ApusPipeline
import ArgumentParser

struct Inspect: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Show what is in an artifact or a table.",
        usage: "apus inspect [<options>] <file>",
        discussion: """
            Examples:
              apus inspect income.apus
              apus inspect income.apus --tree 0
              apus inspect income.apus --tree 0 --svg tree.svg
              apus inspect people.csv --json
            """)

    @Argument(help: "An artifact (.apus) or a table.") var file: String
    @Option(parsing: .unconditional, help: ArgumentHelp("Print this tree of a model of trees, from 0.", valueName: "n"))
    var tree: Int?
    @Option(help: ArgumentHelp("Draw the tree for Graphviz; - is standard output.", valueName: "file")) var dot: String?
    @Option(help: ArgumentHelp("Draw the tree as a picture; - is standard output.", valueName: "file")) var svg: String?
    @Flag(help: "Overwrite files.") var force = false
    @OptionGroup var read: ReadOptions
    @OptionGroup var display: OutputOptions

    func run(_ environment: Environment) throws -> Int32 {
        let (lines, json) =
            tree != nil || dot != nil || svg != nil
            ? try trees(environment)
            : file.hasSuffix(".apus") || ArtifactFile.looksLikeOne(file)
                ? try artifact(environment) : try table(environment)
        if display.json {
            try environment.terminal.print(json.serialized(indent: 2))
        } else if !display.quiet {
            try lines.forEach(environment.terminal.print)
        }
        return 0
    }

    private func table(_ environment: Environment) throws -> ([String], JSON) {
        let configuration = try environment.configuration(
            ComputeOptions.parse([]), read, path: file, sections: ["data"])
        let (table, report) = try TableFile.read(
            file, reader: configuration.data.reader, parameters: configuration.readerParameters,
            in: environment.context(configuration.run, progress: nil))
        let summary = TableSummary(table)
        let terminal = environment.terminal
        let width = min(24, max(6, summary.lines.map(\.name.count).max() ?? 0))
        var lines = [
            terminal.bold("\(file): \(summary.rows.grouped) rows × \(summary.lines.count.grouped) columns"),
            report.format, "",
            terminal.dim("column".left(width) + " kind      " + "missing".right(8) + "distinct".right(9) + "  values"),
        ]
        for line in summary.lines {
            let text =
                line.name.fitted(width).left(width) + " "
                + (line.role == .feature ? line.kind.rawValue : line.role.rawValue).left(10)
                + (line.missing > 0 ? line.missing.grouped : "–").right(8)
                + (line.distinct.map { $0.grouped } ?? "–").right(9) + "  " + line.values
            lines.append(text.fitted(Terminal.width))
        }
        lines += report.allNotes.flatMap(terminal.note)
        var json = summary.json.object ?? [:]
        json["format"] = .text(report.format)
        json["reader"] = .object(report.settings)
        json["warnings"] = report.allNotes.json
        return (lines, .object(json))
    }

    private func artifact(_ environment: Environment) throws -> ([String], JSON) {
        let artifact = try Artifact.read(file, registry: environment.registry)
        let summary = ArtifactSummary(artifact)
        return (ArtifactText(terminal: environment.terminal).lines(file, artifact, summary), summary.json)
    }

    /// One tree of a model, printed unless it is only to be drawn.
    private func trees(_ environment: Environment) throws -> ([String], JSON) {
        let artifact = try Artifact.read(file, registry: environment.registry)
        let learner = artifact.description.learner
        guard let model = artifact.pipeline.model as? any TreeDescribing else {
            throw ApusError("\(learner) has no trees to show", at: file, kind: .usage)
        }
        let number = tree ?? 0
        guard number >= 0, number < model.treeCount else {
            throw ApusError(
                "there is no tree \(number)", at: "--tree",
                remedy: model.treeCount == 0
                    ? "The model has no trees." : "The trees are 0 to \((model.treeCount - 1).grouped).",
                kind: .usage)
        }
        let shown = model.describedTree(number)
        let drawing = TreeDrawing(shown, inputs: model.inputs)
        if display.json, [dot, svg].contains("-") {
            throw ApusError("it goes where the JSON goes", at: "-", remedy: "Name a file.", kind: .usage)
        }
        var drawn: [String] = []
        var written: [String] = []
        for case (let path?, let text) in [(dot, drawing.dot), (svg, drawing.svg)] {
            if path == "-" {
                drawn.append(text)
            } else {
                try AtomicFile.write(text, to: path, force: force)
                written.append("Wrote    \(path)")
            }
        }
        let text = TreeText(shown, inputs: model.inputs)
        let terminal = environment.terminal
        let title = terminal.bold(
            "\(file): tree \(number) of \(model.treeCount.grouped), \(shown.leaves.grouped) leaves")
        let lines = tree != nil || written.isEmpty ? [title, ""] + text.lines(width: Terminal.width) : []
        return (
            drawn.isEmpty ? lines + written : drawn,
            [
                "tree": number.json, "trees": model.treeCount.json, "answers": shown.answers.json, "nodes": text.json,
            ]
        )
    }
}
