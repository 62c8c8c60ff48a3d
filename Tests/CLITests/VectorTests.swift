import ApusCore
import Testing

@Suite struct VectorTests {
    private static func lines(_ rows: Range<Int>) -> [String] {
        let random = CounterRandom(seed: 6, purpose: "test")
        let words = [["win", "free", "prize", "claim"], ["home", "late", "dinner", "sorry"]]
        return ["kind,message"]
            + rows.map { row in
                let kind = random.below(2, row)
                let text = (0..<6).map { place in
                    let draw = random.below(6, 1_000_000 + row * 8 + place)
                    return draw < 4 ? words[kind][draw] : "word\(random.below(50, 2_000_000 + row * 8 + place))"
                }
                return "\(kind == 0 ? "spam" : "ham"),\(text.joined(separator: " "))"
            }
    }

    @Test(arguments: ["logistic_regression", "multinomial_naive_bayes", "sgd_linear"])
    func `texts are hashed to vectors, learned, saved, predicted and explained`(model: String) throws {
        let tool = try Tool()
        try tool.write("messages.csv", VectorTests.lines(0..<400))
        try tool.write("new.csv", VectorTests.lines(400..<450))
        try tool.write(
            "spam.yaml",
            [
                "data: {path: messages.csv, target: kind, positive: spam, kinds: {message: text}}",
                "features: {transforms: [{id: hash_text, alternate_sign: false, norm: none}]}", "model: {id: \(model)}",
                "run: {output: spam.apus}",
            ])
        let train = try tool.apus("train", "spam.yaml", "--json")
        #expect(train.status == 0, "\(train.error)")
        let report = try JSON(parsing: train.output)
        let f1 = report["metrics"]?["test"]?["f1_macro"]?["value"]?.number
        #expect(try #require(f1) > 0.95)
        let shares = try #require(report["importance"]?.list).compactMap { $0["share"]?.number }
        #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
        let predict = try tool.apus("predict", "spam.apus", "new.csv")
        #expect(predict.status == 0, "\(predict.error)")
        let lines = predict.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
        #expect(lines.count == 50 && lines.count { $0[0] == $0[2] } > 46)
        let inspect = try tool.apus("inspect", "spam.apus", "--json")
        #expect(inspect.status == 0, "\(inspect.error)")
        if model == "logistic_regression" {
            #expect(try JSON(parsing: inspect.output)["model"]?["elements"]?.number == 262_144)
        }
    }

    @Test func `elements of a vector are named where a model is explained and inspected`() throws {
        let tool = try Tool()
        let random = CounterRandom(seed: 8, purpose: "test")
        // Element 7 decides, the others are chance.
        try tool.write(
            "rows.svm",
            (0..<300).map { row in
                let label = random.below(2, row)
                let noise = (0..<4).map { 10 + $0 * 500 + random.below(500, 1_000 + row * 4 + $0) }
                return "\(label) \(label == 1 ? "7:2 " : "")" + noise.map { "\($0):1" }.joined(separator: " ")
            })
        let train = try tool.apus(
            "train", "rows.svm", "--model", "logistic_regression", "--set", "model.penalty=l1", "-o", "m.apus")
        #expect(train.status == 0, "\(train.error)")
        #expect(train.output.contains("features#7"))
        let explain = try tool.apus("explain", "m.apus", "rows.svm", "--rows", "20")
        #expect(explain.status == 0 && explain.output.contains("features#7 = 2"), "\(explain.output)")
        let own = try tool.apus("explain", "m.apus")
        #expect(own.output.split(separator: "\n")[1].contains("features#7"), "\(own.output)")
        let inspect = try tool.apus("inspect", "m.apus")
        #expect(inspect.output.contains("Coefficients") && inspect.output.contains("  features#7  "))
        for line in (train.output + explain.output + own.output + inspect.output).split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
        let json = try JSON(parsing: try tool.apus("explain", "m.apus", "rows.svm", "--rows", "20", "--json").output)
        let rows = try #require(json["rows"]?.list)
        #expect(rows.count == 20)
        for row in rows {
            let isNamed = row["scores"]?["1"]?["elements"]?["features#7"] != nil
            #expect(isNamed == row["values"]?["features"]?.text?.hasPrefix("7:2"))
        }
    }

    @Test func `a learner that takes no vectors is refused with the remedy`() throws {
        let tool = try Tool()
        try tool.write("messages.csv", VectorTests.lines(0..<100))
        try tool.write(
            "spam.yaml",
            [
                "data: {path: messages.csv, target: kind, kinds: {message: text}}",
                "features: {transforms: [hash_text]}", "model: {id: gradient_boosting}",
            ])
        let train = try tool.apus("train", "spam.yaml")
        #expect(train.status == 2)
        #expect(train.error.unwrapped.contains("does not take a vector column"), "\(train.error)")
        #expect(train.error.unwrapped.contains("transform.expand"), "\(train.error)")
    }
}
