import ApusBuiltins
import ApusCore
import ApusLifecycle
import Testing

@Suite struct ConfigurationTests {
    private func configuration(_ yaml: String, set settings: [(String, String)] = []) throws -> Configuration {
        var tree = try ConfigurationTree(yaml: yaml, name: "apus.yaml")
        for (path, value) in settings { try tree.set(path, to: value, place: "--set \(path)") }
        return try Configuration(tree, registry: .builtin())
    }

    @Test func `sections and keys are read, the rest keeps its defaults`() throws {
        let made = try configuration(
            """
            data:
              path: people.csv
              target: income
              missing: ["-", 999]
              kinds: {zip: category}
            split: {test_fraction: 0.3}
            model:
              id: gradient_boosting
              num_leaves: 15
            evaluation:
              require: {roc_auc: 0.9}
            run:
              seed: 7
              kernels: swift
            """)
        #expect(made.data.path == "people.csv")
        #expect(made.readerParameters["missing"] == ["-", "999"])
        #expect(made.readerParameters["kinds"] == ["zip": "category"])
        #expect(made.split.testFraction == 0.3)
        #expect(made.split.validationFraction == 0.2)
        #expect(made.model == PluginReference("model.gradient_boosting", ["num_leaves": 15]))
        #expect(made.evaluation.require == ["roc_auc": 0.9])
        #expect(made.run.seed == 7)
        #expect(made.run.kernels == .swift)
    }

    @Test func `settings go over what was written, deeper ones into maps`() throws {
        let made = try configuration(
            "model: {learning_rate: 0.5, num_leaves: 7}\ndata: {kinds: {a: text}}",
            set: [("model.learning_rate", "0.05"), ("data.kinds.b", "flag"), ("data.target", "yes")])
        #expect(made.model.parameters == ["learning_rate": 0.05, "num_leaves": 7])
        #expect(made.readerParameters["kinds"] == ["a": "text", "b": "flag"])
        // A text stays what was written: yes is no flag here.
        #expect(made.data.target == "yes")
    }

    @Test(arguments: [
        ("modle:\n  id: x", "apus.yaml line 1: there is no section 'modle'. Did you mean 'model'?"),
        (
            "model:\n  num_leaves: 3\n  learnin_rate: 1",
            "apus.yaml line 3: 'model' has no key 'learnin_rate'. Did you mean 'learning_rate'?"
        ),
        ("data:\n  targt: x", "apus.yaml line 2: 'data' has no key 'targt'. Did you mean 'target'?"),
        (
            "split:\n  strategy: tiem",
            "apus.yaml line 2: parameter 'strategy': expected one of auto, random, stratified, time, group, found \"tiem\". Did you mean 'time'?"
        ),
        (
            "split:\n\n  test_fraction: 1.5",
            "apus.yaml line 3: parameter 'test_fraction': expected a number above 0 and below 1, found 1.5."
        ),
        (
            "model:\n  id: gradient_bosting",
            "apus.yaml line 2: there is no model plugin 'gradient_bosting'. Did you mean 'gradient_boosting'?"
        ),
        (
            "evaluation:\n  require: {roc_ac: 1}",
            "apus.yaml line 2: metric: there is no metric 'roc_ac'. Did you mean 'roc_auc'?"
        ),
        ("- a\n- b", "apus.yaml: expected sections, found a single value. See 'apus init --help'."),
        ("data: 3", "apus.yaml line 1: section 'data' holds no keys. Indent its keys below it."),
    ])
    func `a mistake is named with its line and the nearest name`(yaml: String, message: String) {
        let error = #expect(throws: ApusError.self) { try configuration(yaml) }
        #expect(error?.description == message)
    }

    @Test(arguments: ["data: [", "a: b: c", "\u{0}", "data:\n\tx: 1", "data: *x"])
    func `what is not YAML is refused`(yaml: String) {
        #expect(throws: ApusError.self) { try configuration(yaml) }
    }

    @Test func `what is not YAML names its line`() throws {
        let broken = #expect(throws: ApusError.self) { try configuration("data:\n  path: x\n bad") }
        #expect(broken?.description.hasPrefix("apus.yaml line 3: this is not YAML: ") == true, "\(broken as Any)")
        let twice = #expect(throws: ApusError.self) { try configuration("run:\n  seed: 1\n  seed: 2") }
        #expect(twice?.finding == "the key 'seed' stands there twice", "\(twice as Any)")
    }

    @Test func `an empty file and an empty section are all defaults`() throws {
        #expect(try configuration("").json == configuration("model:\nsplit: ~").json)
    }

    @Test func `what init writes says every default and reads back as them`() throws {
        let defaults = try configuration("data: {path: people.csv, target: income}\nmodel: {id: gradient_boosting}")
        let text = try ConfigurationText.yaml(defaults, facts: ["A fact."], registry: .builtin())
        let again = try configuration(text)
        #expect(again.data.parameterValues == defaults.data.parameterValues)
        #expect(again.split.parameterValues == defaults.split.parameterValues)
        #expect(again.run.parameterValues == defaults.run.parameterValues)
        let model = try Registry.builtin().find("gradient_boosting")
        #expect(Set(again.model.parameters.keys) == Set(model.parameters.map(\.name)))
        for parameter in model.parameters { #expect(text.contains("# \(parameter.summary)")) }
    }
}

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0.0, "0.0000", "0"), (0.92841, "0.9284", "0.9284"), (12.5, "12.500", "12.5"), (45_123.4, "45,123", "45,123"),
        (-0.00004, "-4.000e-5", "-4.000e-5"), (2013, "2,013.0", "2013"), (99.9996, "100.000", "100"),
        (1e12, "1.000e12", "1.000e12"),
    ])
    func `numbers print for people`(value: Double, metric: String, short: String) {
        #expect(NumberText.metric(value) == metric)
        #expect(NumberText.short(value) == short)
    }
}
