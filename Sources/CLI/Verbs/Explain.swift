import ApusCore
import ApusLifecycle
import ApusPipeline
import ArgumentParser

struct Explain: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Show what moves a model's answers, row by row or over all rows.",
        discussion: """
            Examples:
              apus explain income.apus new.csv --rows 3
              apus explain income.apus new.csv --summary --svg summary.svg
              apus explain income.apus test.csv --importance --metric roc_auc
              apus explain income.apus new.csv --dependence age
              apus explain income.apus new.csv --dependence age --dependence sex
              apus explain income.apus
            """)

    @Argument(help: ArgumentHelp("The artifact.", valueName: "model.apus")) var artifact: String
    @Argument(help: "The table; - is standard input. Without one, the model's own importance of features.")
    var file: String?
    @Option(parsing: .unconditional, help: "Rows to explain, from the first; 0 takes all.") var rows = 5
    @Option(parsing: .unconditional, help: "Features to show, the most important ones.") var top = 8
    @Flag(help: "The mean size of contributions over all rows.") var summary = false
    @Flag(help: "Permutation importance: how much a metric worsens without a feature. Needs the truth.")
    var importance = false
    @Option(help: "What permutation importance is measured by.") var metric: String?
    @Option(parsing: .unconditional, help: "How often permutation importance shuffles a feature.") var repeats = 5
    @Option(help: ArgumentHelp("The mean answer by a feature; give two for both together.", valueName: "feature"))
    var dependence: [String] = []
    @Option(parsing: .unconditional, help: "Values of a feature that dependence tries; 20 of one feature, 10 of two.")
    var points: Int?
    @Option(help: ArgumentHelp("Draw it as SVG; - is standard output.", valueName: "file")) var svg: String?
    @Flag(help: "Overwrite the drawing if it is there.") var force = false
    @OptionGroup var read: ReadOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var display: OutputOptions

    private struct Result {
        var lines: [String]
        var json: JSON
        var svg: () -> String
        var notes: [String] = []
    }

    func run(_ environment: Environment) throws -> Int32 {
        try check()
        let model = try Artifact.read(artifact, registry: environment.registry)
        let configuration = try environment.configuration(
            compute, read, path: file ?? "-", sections: ["data", "run"])
        let isDrawnOnly = svg == "-"
        let svg = isDrawnOnly ? nil : svg
        if let svg { try Record.refuseReplacing([artifact] + (file.map { [$0] } ?? []), by: svg) }
        let target = try svg.map { try AtomicFile($0, force: force) }
        let progress = display.quiet ? nil : ProgressLine(environment.terminal)
        let context = environment.context(configuration.run, progress: progress)
        let run = ExplainRun(
            model, reader: configuration.data.reader, parameters: configuration.readerParameters)
        let result = try explain(run, ExplainText(terminal: environment.terminal), context)
        progress?.clear()
        if let target {
            try target.write(result.svg())
            try target.commit()
        }
        if isDrawnOnly {
            try environment.terminal.print(result.svg())
            result.notes.flatMap(environment.terminal.note).forEach(environment.terminal.error)
        } else if display.json {
            var json = result.json.object ?? [:]
            json["warnings"] = result.notes.json
            try environment.terminal.print(JSON.object(json).serialized(indent: 2))
        } else if !display.quiet {
            try (result.lines + result.notes.flatMap(environment.terminal.note)).forEach(environment.terminal.print)
            if let svg { environment.terminal.error("Wrote    \(svg)") }
        }
        return 0
    }

    /// Refuses options that do not go together.
    private func check() throws {
        func refuse(_ what: String, _ place: String, _ remedy: String) throws {
            throw ApusError(what, at: place, remedy: remedy, kind: .usage)
        }
        let modes = (summary ? 1 : 0) + (importance ? 1 : 0) + (dependence.isEmpty ? 0 : 1)
        if modes > 1 { try refuse("they exclude each other", "--summary, --importance, --dependence", "Give one.") }
        if modes > 0, file == nil { try refuse("there are no rows", "", "Name a table after the model.") }
        if metric != nil, !importance { try refuse("it has no effect here", "--metric", "Add --importance.") }
        if points != nil, dependence.isEmpty { try refuse("it has no effect here", "--points", "Add --dependence.") }
        if svg == "-", display.json { try refuse("it goes where the JSON goes", "--svg -", "Name a file.") }
        if rows < 0 { try refuse("expected 0 or more, found \(rows)", "--rows", "0 takes all rows.") }
        if top < 1 { try refuse("expected 1 or more, found \(top)", "--top", "Show at least one feature.") }
    }

    private func explain(_ run: ExplainRun, _ text: ExplainText, _ context: RunContext) throws -> Result {
        guard let file else { return result(try run.ownImportance(), text) }
        if importance {
            let (found, notes) = try run.importance(file, metric: metric, repeats: repeats, in: context)
            return result(found, text, notes)
        }
        if summary {
            let (found, notes) = try run.summary(file, in: context)
            return result(found, text, notes)
        }
        if !dependence.isEmpty {
            let points = points ?? (dependence.count > 1 ? 10 : 20)
            let (found, notes) = try run.dependence(file, on: dependence, points: points, in: context)
            return Result(lines: text.lines(found), json: found.json, svg: { found.svg }, notes: notes)
        }
        let (found, notes) = try run.rows(file, rows: rows, in: context)
        return Result(
            lines: text.lines(found, top: top), json: ["rows": found.json], svg: { found.svg(top: top) }, notes: notes)
    }

    private func result(_ found: FeatureImportance, _ text: ExplainText, _ notes: [String] = []) -> Result {
        Result(lines: text.lines(found, top: top), json: found.json, svg: { found.svg(top: top) }, notes: notes)
    }
}
