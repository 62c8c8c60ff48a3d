import ApusCore
import ApusLifecycle
import ArgumentParser

struct Init: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Print a commented configuration with every default spelled out.",
        discussion: """
            Examples:
              apus init people.csv --target income > apus.yaml
              apus init people.csv --target income --model logistic_regression > linear.yaml
            """)

    @OptionGroup var options: TrainOptions

    func run(_ environment: Environment) throws -> Int32 {
        let configuration = try Configuration(options.tree(), registry: environment.registry)
        var facts: [String] = []
        if let path = configuration.data.path {
            let (table, report) = try TableFile.read(
                path, reader: configuration.data.reader, parameters: configuration.readerParameters,
                in: environment.context(configuration.run, progress: nil))
            if let target = configuration.data.target {
                for name in try TableFile.columnNames(target, in: table.schema, role: "target") {
                    _ = try table.schema.position(of: name)
                }
            }
            facts.append("\(path): \(table.rowCount.grouped) rows; \(report.format).")
            facts.append(
                "Columns: \(table.schema.fields.map { "\($0.name) (\($0.kind.rawValue))" }.joined(separator: ", ")).")
        }
        try environment.terminal.print(
            String(
                try ConfigurationText.yaml(configuration, facts: facts, registry: environment.registry).dropLast()))
        return 0
    }
}
