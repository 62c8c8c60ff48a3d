import ApusCore
import ApusLifecycle
import ArgumentParser
import Foundation

/// What `train` and `init` share: a file and what is asked of it.
struct TrainOptions: ParsableArguments {
    @Argument(
        help: "A table (CSV, also gzipped; - is standard input), or a configuration (.yaml).") var file: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The column to learn: a name, or a position from 1, negative from the end; several with commas between, or a pattern such as 'label*', to learn which labels hold.",
            valueName: "column"))
    var target: String?
    @Option(help: "regression, binary, multiclass or multilabel; inferred from the target if left out.") var task:
        String?
    @Option(parsing: .unconditional, help: ArgumentHelp("The positive label of two.", valueName: "label")) var positive:
        String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The column that says how much each row counts.", valueName: "column"))
    var weight: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The column that is added to the scores before the link.", valueName: "column"))
    var offset: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The column whose equal values stay on one side of the split.", valueName: "column"))
    var group: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The column that orders rows; the latest are held out.", valueName: "column"))
    var time: String?
    @Option(help: ArgumentHelp("Evaluate on this file instead of held-out rows.", valueName: "file")) var test: String?
    @Option(help: ArgumentHelp("Stop and choose by this file instead of a part of the rows.", valueName: "file"))
    var validation: String?
    @Flag(
        help: ArgumentHelp(
            "Read rows from the file in each pass instead of holding them in memory: for tables larger than it, and models that learn from streams, such as sgd_linear."
        ))
    var stream = false
    @Option(help: ArgumentHelp("The model, as 'apus plugins' lists them.", valueName: "id")) var model: String?
    @OptionGroup var read: ReadOptions
    @OptionGroup var compute: ComputeOptions

    /// What the file, the options and the settings say, the later over the earlier.
    func tree() throws -> ConfigurationTree {
        var tree = ConfigurationTree()
        if file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                guard FileManager.default.fileExists(atPath: file) else {
                    throw ApusError(
                        "there is no such file", at: file,
                        remedy: Nearest.suggestion(forFile: file) ?? "'apus init' writes a configuration.")
                }
                throw ApusError(
                    "the configuration cannot be read", at: file, remedy: "Is it a file that you may read?")
            }
            guard let text = String(data: bytes, encoding: .utf8) else {
                throw ApusError("its bytes are not UTF-8", at: file, remedy: "Convert it, for instance with iconv.")
            }
            tree = try ConfigurationTree(yaml: text, name: file)
        } else {
            tree.set("data.path", toText: file, place: "the file")
        }
        let options = [
            ("data.target", target, "--target"), ("data.task", task, "--task"),
            ("data.positive", positive, "--positive"), ("data.weight", weight, "--weight"),
            ("data.offset", offset, "--offset"),
            ("data.group", group, "--group"), ("data.time", time, "--time"), ("data.test", test, "--test"),
            ("data.validation", validation, "--validation"),
            ("model.id", model, "--model"),
        ]
        for (path, value, place) in options {
            if let value { tree.set(path, toText: value, place: place) }
        }
        if stream { tree.set("data.stream", toText: "true", place: "--stream") }
        compute.apply(to: &tree)
        try read.apply(to: &tree)
        return tree
    }
}
