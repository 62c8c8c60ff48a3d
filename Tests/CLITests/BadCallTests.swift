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
        ])
    func wrong(arguments: [String], reason: String) throws {
        let binary = try #require(Tool.binary, "the binary is not built").path
        let outcome = try tool.run([binary, "train", "a.csv", "--target", "y", "-o", "y.apus"] + arguments)
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.output == "")
        #expect(outcome.error.contains(reason), "\(outcome.error)")
        #expect(try tool.names() == ["a.csv"])
    }
}
