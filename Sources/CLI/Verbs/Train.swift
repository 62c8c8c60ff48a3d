import ApusCore
import ApusLifecycle
import ArgumentParser

struct Train: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Learn a model from a table, evaluate it on held-out rows, and save it.",
        discussion: """
            Examples:
              apus train people.csv --target income
              apus train people.csv.gz --target income --model logistic_regression
              apus train apus.yaml --set model.learning_rate=0.05
              apus train flights.csv --target arr_delay --time date -o delay.apus --force
              cat people.csv | apus train - --target -1 --json
              apus train more.csv --target income --from income.apus -o longer.apus
              apus train people.csv --target income --set run.checkpoint_every=50
              apus train people.csv --target income --resume
              apus train larger-than-memory.csv --target income --model sgd_linear --stream
            """)

    @OptionGroup var options: TrainOptions
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The artifact to write; the target's name with .apus if left out.", valueName: "file"))
    var output: String?
    @Flag(help: "Overwrite the artifact if it is there.") var force = false
    @Option(help: ArgumentHelp("Continue the model of this artifact.", valueName: "model.apus")) var from: String?
    @Flag(help: "Go on from the checkpoint that an interrupted run left.") var resume = false
    @OptionGroup var display: OutputOptions

    func run(_ environment: Environment) throws -> Int32 {
        var tree = try options.tree()
        if let output { tree.set("run.output", toText: output, place: "-o") }
        if force { tree.set("run.force", toText: "true", place: "--force") }
        if let from { tree.set("run.from", toText: from, place: "--from") }
        if resume { tree.set("run.resume", toText: "true", place: "--resume") }
        let configuration = try Configuration(tree, registry: environment.registry)
        let terminal = environment.terminal
        let progress = display.quiet || display.json ? nil : ProgressLine(terminal)
        let text = TrainText(terminal: terminal, level: configuration.evaluation.level)
        let isPretty = !display.json && !display.quiet
        do {
            try TrainingRun(configuration).execute(in: environment.context(configuration.run, progress: progress)) {
                progress?.clear()
                switch $0 {
                case .read(let report): if isPretty { try text.read(report).forEach(terminal.print) }
                case .split(let report): if isPretty { try text.split(report).forEach(terminal.print) }
                case .finished(let report):
                    if isPretty { try text.results(report).forEach(terminal.print) }
                    if display.json { try terminal.print(report.json.serialized(indent: 2)) }
                }
            }
        } catch {
            progress?.clear()
            throw error
        }
        return 0
    }
}
