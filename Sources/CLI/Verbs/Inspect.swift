import ApusCore
import ApusLifecycle
import ApusPipeline
import ArgumentParser

struct Inspect: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Show what is in an artifact or a table.",
        discussion: """
            Examples:
              apus inspect income.apus
              apus inspect people.csv --json
            """)

    @Argument(help: "An artifact (.apus) or a table.") var file: String
    @OptionGroup var read: ReadOptions
    @OptionGroup var display: OutputOptions

    func run(_ environment: Environment) throws -> Int32 {
        let (lines, json) =
            file.hasSuffix(".apus") || ArtifactFile.looksLikeOne(file)
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
}
