import ApusBuiltins
import ApusCore
import ApusPluginTesting
import Testing

/// Every rule bites: a plugin that breaks it, and only a plugin that breaks something, is reported.
struct ContractTests {
    private static let broken: [(plugin: any Plugin.Type, rule: String)] = [
        (TwoLineSummary.self, "plugin 1"), (UnexplainedParameter.self, "plugin 2"), (DefaultOutside.self, "plugin 3"),
        (UnlikelyParameter.self, "plugin 4"), (TakesAnything.self, "plugin 5"), (RefusesItself.self, "plugin 6"),
        (RefersToNothing.self, "plugin 7"),
    ]

    /// The numbers of the rules that a plugin breaks.
    private func verify(
        _ plugin: any Plugin.Type, _ fault: some Fault, sample: Buffer<UInt8>? = nil
    ) throws -> [Violation] {
        Contracts.violations(
            of: plugin, parameters: ["fault": .text(fault.rawValue)], in: try Registry.builtin(), sample: sample)
    }

    private func check(_ plugin: any Plugin.Type, _ fault: some Fault, sample: Buffer<UInt8>? = nil) throws {
        let violations = try verify(plugin, fault, sample: sample)
        if let rule = fault.rule {
            #expect(violations.contains { $0.rule.number == rule }, "\(violations)")
        } else {
            #expect(violations == [])
        }
    }

    @Test(arguments: LearnerFault.allCases)
    func `A learner is reported for the rule it breaks`(_ fault: LearnerFault) throws {
        // Only what takes no categories is given the odd names that one-hot encoding makes.
        let learner: any Plugin.Type = fault == .refusesOddNames ? TestLearner<Plain>.self : TestLearner<Rich>.self
        try check(learner, fault)
    }

    @Test
    func `A learner of the least abilities keeps all rules, and is reported for answering what it does not declare`()
        throws
    {
        try check(TestLearner<Plain>.self, LearnerFault.none)
        try check(TestLearner<Plain>.self, LearnerFault.learnsAnything)
    }

    @Test(arguments: TransformFault.allCases)
    func `A transform is reported for the rule it breaks`(_ fault: TransformFault) throws {
        try check(TestTransform.self, fault)
    }

    @Test(arguments: ReaderFault.allCases)
    func `A reader is reported for the rule it breaks`(_ fault: ReaderFault) throws {
        try check(TestReader.self, fault, sample: TestReader.sample)
    }

    @Test(arguments: OptimizerFault.allCases)
    func `An optimizer is reported for the rule it breaks`(_ fault: OptimizerFault) throws {
        try check(TestOptimizer.self, fault)
    }

    @Test(arguments: ObjectiveFault.allCases)
    func `An objective is reported for the rule it breaks`(_ fault: ObjectiveFault) throws {
        try check(TestObjective.self, fault)
    }

    @Test(arguments: MonitorFault.allCases)
    func `A monitor is reported for the rule it breaks`(_ fault: MonitorFault) throws {
        try check(TestMonitor.self, fault)
    }

    @Test(arguments: OutputFault.allCases)
    func `An output transform is reported for the rule it breaks`(_ fault: OutputFault) throws {
        try check(TestOutput.self, fault)
    }

    @Test(arguments: broken.indices)
    func `Any plugin is reported for the rule it breaks`(_ place: Int) throws {
        let (plugin, rule) = ContractTests.broken[place]
        let violations = Contracts.violations(of: plugin, in: try Registry.builtin())
        #expect(violations.contains { $0.rule.number == rule }, "\(violations)")
    }

    @Test
    func `Every rule has a plugin that breaks it, and a number of its own`() {
        let numbers = Contracts.rules.map(\.number)
        func rules(_ faults: [some Fault]) -> [String] { faults.compactMap(\.rule) }
        let proven =
            ContractTests.broken.map(\.rule) + rules(LearnerFault.allCases) + rules(TransformFault.allCases)
            + rules(ReaderFault.allCases) + rules(OptimizerFault.allCases) + rules(ObjectiveFault.allCases)
            + rules(MonitorFault.allCases) + rules(OutputFault.allCases)
        #expect(Set(numbers).subtracting(proven).sorted() == [])
        #expect(Set(proven).subtracting(numbers).sorted() == [])
        #expect(Set(numbers).count == numbers.count)
    }

    @Test
    func `A violation tells the rule, the plugin, what was attempted and what was found`() throws {
        let violation = try #require(
            Contracts.violations(of: DefaultOutside.self).first { $0.rule.number == "plugin 3" })
        #expect(violation.plugin == "monitor.default_outside")
        #expect(
            violation.description.hasPrefix(
                """
                monitor.default_outside breaks rule 'plugin 3': has defaults that it allows
                    attempted: compare the default of 'count' with a whole number at least 1
                    found:     it is 0.0
                    the rule:  Every default and every search range lies inside
                """))
        #expect(violation.description.contains("ApusPluginTesting/PluginContract.swift:"))
    }
}
