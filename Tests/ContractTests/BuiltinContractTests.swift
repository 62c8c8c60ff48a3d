import ApusBuiltins
import ApusCore
import ApusPluginTesting
import Testing

/// Every plugin that comes with Apus keeps every rule. A new one is found here by itself.
struct BuiltinContractTests {
    private static let ids = ((try? Registry.builtin())?.plugins ?? []).map { $0.descriptor.id }

    @Test(arguments: ids)
    func `A built-in plugin keeps the contracts`(_ id: String) throws {
        let registry = try Registry.builtin()
        #expect(Contracts.violations(of: try registry.find(id), in: registry) == [])
    }

    @Test
    func `The registry has plugins of the kinds that a run needs`() throws {
        let kinds = Set(try Registry.builtin().plugins.map { $0.kind })
        #expect(kinds.isSuperset(of: [.reader, .transform, .model, .objective, .optimizer]))
    }
}
