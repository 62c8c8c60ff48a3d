import ApusCore
import ApusLifecycle
import ApusPipeline
import ArgumentParser

struct Evaluate: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Judge a trained artifact on a table that holds the truth.",
        usage: "apus evaluate [<options>] <model.apus> <file>",
        discussion: """
            Examples:
              apus evaluate income.apus test.csv
              apus evaluate income.apus test.csv --json
            """)

    @Argument(help: ArgumentHelp("The artifact.", valueName: "model.apus")) var artifact: String
    @Argument(help: "The table; - is standard input.") var file: String
    @OptionGroup var read: ReadOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var display: OutputOptions

    func run(_ environment: Environment) throws -> Int32 {
        let model = try Artifact.read(artifact, registry: environment.registry)
        let configuration = try environment.configuration(
            compute, read, path: file, sections: ["data", "run", "evaluation"])
        let section = configuration.evaluation
        let bootstrap =
            section.resamples == 0
            ? nil : Bootstrap(resamples: section.resamples, level: section.level, seed: UInt64(configuration.run.seed))
        let report = try EvaluationRun(model).execute(
            file, reader: configuration.data.reader, parameters: configuration.readerParameters, bootstrap: bootstrap,
            in: environment.context(configuration.run, progress: nil))
        if display.json {
            try environment.terminal.print(report.json.serialized(indent: 2))
        } else if !display.quiet {
            try text(report, section.level, environment.terminal).forEach(environment.terminal.print)
        }
        return 0
    }

    private func text(_ report: EvaluationRun.Report, _ level: Double, _ terminal: Terminal) -> [String] {
        let hasIntervals = report.evaluation.scores.contains { $0.low != nil }
        let intervals = hasIntervals ? ", \(NumberText.short(level * 100)) % intervals" : ""
        var lines = [terminal.bold("\(report.path), \(report.rows.grouped) rows\(intervals)")]
        for score in report.evaluation.scores {
            let direction = (try? Metric.named(score.name))?.greaterIsBetter == true ? "↑" : "↓"
            var line = "  " + "\(score.name.fitted(31)) \(direction)".left(34)
            line += (score.value.map { NumberText.metric($0) } ?? "undefined").right(12)
            if let low = score.low, let high = score.high {
                line += "   \(NumberText.metric(low)) – \(NumberText.metric(high))"
            }
            if let reason = score.reason { line += "   \(reason)" }
            lines.append(line)
        }
        if (2...10).contains(report.confusion.count) {
            let width = min(14, max(7, 78 / (report.labels.count + 1)))
            lines += ["", terminal.bold("True (rows) against predicted (columns)")]
            lines.append(
                String(repeating: " ", count: width + 2)
                    + report.labels.map { $0.fitted(width - 1).right(width) }.joined())
            for (label, counts) in zip(report.labels, report.confusion) {
                lines.append(
                    "  " + label.fitted(width - 1).left(width) + counts.map { $0.grouped.right(width) }.joined())
            }
        }
        return lines + report.notes.flatMap(terminal.note)
    }
}
