import ApusCore
import Testing

@Suite struct MultilabelTests {
    /// 300 rows whose labels follow from two numbers; `label_c` is written as yes and no.
    private static func lines(from first: Int = 0, to end: Int = 300) -> [String] {
        let random = CounterRandom(seed: 4, purpose: "test")
        return ["x,y,label_a,label_b,label_c"]
            + (first..<end).map { row in
                let (x, y) = (random.unit(2 * row), random.unit(2 * row + 1))
                return "\(x),\(y),\(x > 0.5 ? 1 : 0),\(y > 0.3 ? 1 : 0),\(x + y > 1 ? "yes" : "no")"
            }
    }

    @Test func `several targets are learned, predicted and judged`() throws {
        let tool = try Tool()
        try tool.write("rows.csv", MultilabelTests.lines())
        try tool.write("new.csv", MultilabelTests.lines(from: 300, to: 400))
        let train = try tool.apus("train", "rows.csv", "--target", "label*", "-o", "labels.apus", "--json")
        #expect(train.status == 0, "\(train.error)")
        let report = try JSON(parsing: train.output)
        #expect(report["data"]?["task"]?.text == "multilabel")
        #expect(report["split"]?["strategy"]?.text == "stratified")
        #expect(try #require(report["metrics"]?["test"]?["f1_micro"]?["value"]?.number) > 0.9)
        #expect(report["metrics"]?["test"]?["hamming_loss"]?["low"]?.number != nil)
        #expect(report["baselines"]?["baseline.zero_rule"]?["roc_auc_micro"]?["value"]?.number != nil)

        let predict = try tool.apus("predict", "labels.apus", "new.csv", "--only-predictions")
        #expect(predict.status == 0, "\(predict.error)")
        let lines = predict.output.split(separator: "\n")
        #expect(
            lines[0]
                == "prediction=label_a,probability=label_a,prediction=label_b,probability=label_b,prediction=label_c,probability=label_c"
        )
        #expect(lines.count == 101)
        for line in lines.dropFirst() {
            let cells = line.split(separator: ",").compactMap { Double($0) }
            for label in 0..<3 { #expect((cells[2 * label + 1] >= 0.5 ? 1 : 0) == cells[2 * label]) }
        }

        let evaluate = try tool.apus("evaluate", "labels.apus", "new.csv", "--json")
        #expect(evaluate.status == 0, "\(evaluate.error)")
        let judged = try JSON(parsing: evaluate.output)
        #expect(try #require(judged["metrics"]?["subset_accuracy"]?["value"]?.number) > 0.7)
        #expect(judged["labels"] == ["label_a", "label_b", "label_c"])
    }

    @Test func `targets are a list in a configuration, or names with commas, and gates hold them`() throws {
        let tool = try Tool()
        try tool.write("rows.csv", MultilabelTests.lines())
        try tool.write(
            "apus.yaml",
            [
                "data:", "  path: rows.csv", "  target: [label_a, label_b]", "features:", "  ignore: [label_c]",
                "evaluation:", "  require: {f1_micro: 1.5}",
            ])
        let gated = try tool.apus("train", "apus.yaml")
        #expect(gated.status == 3, "\(gated.error)")
        #expect(gated.error.unwrapped.contains("f1_micro on the test part is"))
        #expect(try tool.names().contains("label_a-and-1-more.apus"))
        let named = try tool.apus(
            "train", "rows.csv", "--target", "label_a, 4", "--task", "multilabel", "--json", "-o", "b.apus")
        #expect(try JSON(parsing: named.output)["data"]?["target"]?.text == "label_a, label_b", "\(named.error)")
    }

    @Test func `what cannot be a set of labels is said`() throws {
        let tool = try Tool()
        try tool.write("rows.csv", MultilabelTests.lines())
        for (target, model, expected) in [
            ("x,label_a", "gradient_boosting", "target column 'x': expected two values"),
            ("lable*", "gradient_boosting", "no column fits 'lable*'"),
            ("label*", "gaussian_naive_bayes", "does not learn a multilabel target"),
        ] {
            let run = try tool.apus("train", "rows.csv", "--target", target, "--model", model)
            #expect(run.status != 0)
            #expect(run.error.unwrapped.contains(expected), "\(run.error)")
        }
    }
}
