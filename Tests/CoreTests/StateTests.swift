import ApusCore
import Testing

struct StateTests {
    private struct Outer: Codable {
        struct Inner: Codable { var size: Int }
        var inner: Inner
    }

    @Test(arguments: [
        (#"{"inner":{"size":"x"}}"#, "'inner.size' is of another kind than expected"),
        (#"{"inner":{"size":null}}"#, "'inner.size' is of another kind than expected"),
        (#"{"inner":{}}"#, "'inner.size' is missing"), ("{}", "'inner' is missing"),
        ("{", "all of it is not what is expected there"),
    ])
    func `what is wrong with a state is said by its name`(json: String, finding: String) {
        let state = State(plugin: "model.x", version: 1, json: json, tensors: [:], children: [:])
        let error = #expect(throws: ApusError.self) { try state.decode(Outer.self) }
        #expect(error?.description == "the state of model.x is damaged: \(finding). Train the model again.")
    }
}
