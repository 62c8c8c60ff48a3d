import ApusCore
import ApusLifecycle
import ApusPipeline
import ApusReaders
import ArgumentParser

struct Predict: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Predict the rows of a table with a trained artifact, as CSV.",
        usage: "apus predict [<options>] <model.apus> [<file>]",
        discussion: """
            Examples:
              apus predict income.apus new.csv -o scored.csv
              cat new.csv | apus predict income.apus > scored.csv
              apus predict income.apus new.csv --only-predictions | head
            """)

    @Argument(help: ArgumentHelp("The artifact.", valueName: "model.apus")) var artifact: String
    @Argument(help: "The table; standard input if left out.") var file: String = "-"
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file to write; standard output if left out, or -.", valueName: "file"))
    var output: String?
    @Flag(help: "Overwrite the output if it is there.") var force = false
    @Flag(help: "Leave the input's columns out of the output.") var onlyPredictions = false
    @Flag(name: .shortAndLong, help: "Print nothing but errors and the predictions.") var quiet = false
    @OptionGroup var read: ReadOptions
    @OptionGroup var compute: ComputeOptions

    func run(_ environment: Environment) throws -> Int32 {
        let model = try Artifact.read(artifact, registry: environment.registry)
        let configuration = try environment.configuration(compute, read, path: file, sections: ["data", "run"])
        let run = PredictionRun(model, onlyPredictions: onlyPredictions)
        let context = environment.context(configuration.run, progress: nil)
        let output = output == "-" ? nil : output
        if let output { try Record.refuseReplacing([file, artifact], by: output) }
        let target = try output.map { try AtomicFile($0, force: force) }
        var isFirst = true
        let report = try run.execute(
            file, reader: configuration.data.reader, parameters: configuration.readerParameters, in: context
        ) { table in
            try CSVWriter.write(table, header: isFirst, threads: context.threads) { text in
                if let target {
                    try target.write(text)
                } else {
                    try Terminal.print(text)
                }
            }
            isFirst = false
        }
        try target?.commit()
        if !quiet {
            report.notes.flatMap(environment.terminal.note).forEach(environment.terminal.error)
            if let output { environment.terminal.error("Wrote    \(report.rows.grouped) rows to \(output)") }
        }
        return 0
    }
}
