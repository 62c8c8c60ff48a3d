import Testing

/// Wrong calls end with exit code 2 and name what was meant.
struct BadCallTests {
    private let tool: Tool

    init() throws {
        tool = try Tool()
        try tool.write("a.csv", ["a,b,y"] + (0..<40).map { "\($0),\(($0 * 7) % 11),\($0 % 2 == 0 ? "yes" : "no")" })
    }

    @Test(
        "a wrong call names what was meant",
        arguments: [
            (["--modle", "x"], "Unknown option '--modle'. Did you mean '--model'?"),
            (
                ["--model", "logistic_regresion"],
                "--model: there is no model plugin 'logistic_regresion'. Did you mean"
            ),
            (["--set", "modle.x=1"], "--set modle.x: there is no section 'modle'. Did you mean 'model'?"),
            (
                ["--model", "logistic_regression", "--set", "model.fit_intrcept=1"],
                "--set model.fit_intrcept: 'model' has no key 'fit_intrcept'. Did you mean 'fit_intercept'?"
            ),
            (
                ["--set", "split.test_fraction=2"],
                "--set split.test_fraction: parameter 'test_fraction': expected a number above 0 and below 1, found 2."
            ),
            (["--set", "split.strategy=tiem"], "found \"tiem\""),
            (["--set", "seed"], "--set: expected PATH=VALUE, found 'seed'."),
            (["--kernels", "fortran"], "--kernels: parameter 'kernels': expected one of c, swift, found \"fortran\"."),
            (["--weight", "b", "--time", "b"], "column 'b': it cannot be the"),
            (["--model", "mlp"], "--model: there is no model plugin 'mlp'. Did you mean 'multilayer_perceptron'?"),
            (["--set", "model.class_weight=blanced"], "found \"blanced\". Did you mean 'balanced'?"),
            (
                ["--set", "model.class_weight={yes: 1e300}"],
                "expected a map, each number at least 0 and at most 1e+100, or balanced, found {\"yes\":1e+300}."
            ),
            (
                ["--model", "lasso", "--set", "model.alpha=cv"],
                "expected a number at least 0, or auto, found \"cv\"."
            ),
            (
                ["--model", "multilayer_perceptron", "--set", "model.optimizer={learning_rate: 1}"],
                "expected the id of a plugin of kind optimizer, or a map with its id and parameters, found {\"learning_rate\":1}."
            ),
            (
                ["--model", "multilayer_perceptron", "--set", "model.optimizer={id: adam, schedul: step}"],
                "--set model.optimizer: optimizer.adam has no parameter 'schedul'. Did you mean 'schedule'?"
            ),
            (
                ["--model", "ridge", "--set", "features.transforms=[impte]"],
                "--set features.transforms: there is no transform plugin 'impte'. Did you mean 'impute'?"
            ),
            (["-o", "-"], "-o -: an artifact does not go to standard output. Name a file."),
            (["--set", "evaluation.resamples=1000000000"], "at least 0 and at most 100000, found 1000000000."),
            (
                ["--model", "multilayer_perceptron", "--set", "model.hidden_layer_sizes=[0]"],
                "expected a list, each number at least 1 and at most 65536, found [0]."
            ),
        ])
    func wrong(arguments: [String], reason: String) throws {
        let binary = try #require(Tool.binary, "the binary is not built").path
        let outcome = try tool.run([binary, "train", "a.csv", "--target", "y", "-o", "y.apus"] + arguments)
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.output == "")
        #expect(outcome.error.contains(reason), "\(outcome.error)")
        #expect(try tool.names() == ["a.csv"])
    }

    @Test(
        "so does a wrong verb, a wrong file, and an option that goes nowhere",
        arguments: [
            (["trian", "a.csv"], 2, "apus: there is no command 'trian'. Did you mean 'train'?\n"),
            (["plugins", "descrbe", "x"], 2, "apus: there is no command 'descrbe'. Did you mean 'describe'?\n"),
            (
                ["plugins", "describe", "gradient_bosting"], 2,
                "apus plugins describe: there is no plugin 'gradient_bosting'. Did you mean 'gradient_boosting'?\n"
            ),
            (["predict", "modle.apus", "a.csv"], 1, "apus predict: modle.apus: there is no such file. Did you mean"),
            (["train", "apus.yml"], 1, "apus train: apus.yml: there is no such file. Did you mean 'apus.yaml'?\n"),
            (["train", "b/c/d.yaml"], 1, "apus train: b/c/d.yaml: there is no such file. 'apus init' writes"),
            (["explain", "model.apus", "--summary"], 2, "apus explain: there are no rows. Name a table after"),
            (["explain", "model.apus", "a.csv", "--rows", "-3"], 2, "apus explain: --rows: expected 0 or more"),
            (["inspect", "model.apus", "--tree", "-1"], 2, "apus inspect: --tree: there is no tree -1."),
        ])
    func wrongVerb(arguments: [String], status: Int32, reason: String) throws {
        let binary = try #require(Tool.binary, "the binary is not built").path
        try tool.write(
            "apus.yaml", ["data: {path: a.csv, target: y}", "model: {n_estimators: 1}", "run: {output: model.apus}"])
        #expect(try tool.apus("train", "apus.yaml").status == 0)
        let outcome = try tool.run([binary] + arguments)
        #expect(outcome.status == status, "\(outcome)")
        #expect(outcome.error.hasPrefix(reason), "\(outcome.error)")
    }

    @Test func `a standard stream that is closed is not taken for the next file`() throws {
        let binary = try #require(Tool.binary, "the binary is not built").path
        #expect(try tool.apus("train", "a.csv", "--target", "y", "-o", "m.apus").status == 0)
        let input = try tool.run(["sh", "-c", "'\(binary)' predict m.apus - <&-"])
        #expect(input.status == 1)
        #expect(input.error == "apus predict: standard input: it cannot be read: Bad file descriptor.\n")
        let output = try tool.run(["sh", "-c", "'\(binary)' predict m.apus a.csv >&-"])
        #expect(output.status == 1)
        #expect(output.error == "apus predict: standard output: it cannot be written: Bad file descriptor.\n")
    }
}
