import ApusBuiltins
import ApusCore
import ApusPluginTesting
import Testing

/// Every plugin that comes with Apus keeps every rule, by default and with each flag and each choice of its parameters
/// turned another way. A new plugin is found here by itself.
struct BuiltinContractTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var id: String
        var parameters: [String: JSON]

        var testDescription: String { "\(id) \(JSON.object(parameters).serialized())" }
    }

    private static let cases: [Case] = ((try? Registry.builtin())?.plugins ?? []).flatMap { plugin in
        [Case(id: plugin.descriptor.id, parameters: [:])]
            + plugin.parameters.flatMap { parameter in
                let others: [JSON] =
                    switch parameter.kind {
                    case .flag: [.flag(parameter.defaultValue.flag != true)]
                    case .choice: parameter.choices.map(JSON.text).filter { $0 != parameter.defaultValue }
                    default: []
                    }
                return others.map { Case(id: plugin.descriptor.id, parameters: [parameter.name: $0]) }
            }
    }

    /// Rules that a configuration, not the default one, breaks on purpose. It has to break exactly these.
    private static let exceptions: [String: Set<String>] = [
        // An error where the equations are singular is what this solver is there for.
        #"model.linear_regression {"solver":"cholesky"}"#: ["model 15", "model 24"]
    ]

    /// Bytes for a reader that the usual sample, CSV with quoted fields, does not fit.
    private static func sample(for configured: Case) -> Buffer<UInt8>? {
        if configured.id == "reader.svmlight" {
            let rows = (0..<40).map { "\($0 % 2) qid:\($0 / 4) 1:\(Double($0 % 7) / 4) \(2 + $0 % 5):\($0)\n" }
            return Buffer(Array(rows.joined().utf8))
        }
        if configured.id == "reader.arff" {
            let head = "@relation r\n@attribute a numeric\n@attribute b {x, 'y z'}\n@attribute c string\n@data\n"
            return Buffer(
                Array((head + (0..<40).map { "\($0 % 7),\($0 % 2 == 0 ? "x" : "'y z'"),text\($0)\n" }.joined()).utf8))
        }
        return configured.parameters["quote"] == "false" ? Buffer(Array("a,b\n1,x\n2,y\n".utf8)) : nil
    }

    @Test(arguments: cases)
    func `A built-in plugin keeps the contracts`(_ configured: Case) throws {
        let registry = try Registry.builtin()
        let violations = Contracts.violations(
            of: try registry.find(configured.id), parameters: configured.parameters, in: registry,
            sample: BuiltinContractTests.sample(for: configured))
        if let expected = BuiltinContractTests.exceptions[configured.testDescription] {
            #expect(Set(violations.map(\.rule.number)) == expected)
        } else {
            #expect(violations == [])
        }
    }

    @Test
    func `The registry has plugins of the kinds that a run needs`() throws {
        let kinds = Set(try Registry.builtin().plugins.map { $0.kind })
        #expect(kinds.isSuperset(of: [.reader, .transform, .model, .objective, .optimizer]))
    }
}
