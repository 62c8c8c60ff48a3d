import ApusCore

/// A state with one damage that has to be noticed, or survived.
struct DamagedState {
    let damage: String
    let state: State

    /// What restoring must refuse: tensors that are gone or cut, no JSON, half of it, a version from the future.
    static func refusable(_ state: State) throws -> [DamagedState] {
        var all: [DamagedState] = []
        func add(_ damage: String, _ change: (inout State) throws -> Void) rethrows {
            var changed = state
            try change(&changed)
            all.append(DamagedState(damage: damage, state: changed))
        }
        for (name, tensor) in state.tensors.sorted(by: { $0.key < $1.key }) {
            add("without the tensor '\(name)'") { $0.tensors[name] = nil }
            if tensor.count > 0 {
                try add("with the tensor '\(name)' cut by one element") {
                    $0.tensors[name] = try Tensor(
                        dtype: tensor.dtype, shape: [tensor.count - 1],
                        bytes: tensor.bytes.slice(0..<(tensor.count - 1) * tensor.dtype.width))
                }
                try add("with the tensor '\(name)' read as bytes") {
                    let dtype: Tensor.DType = tensor.dtype == .u8 ? .i16 : .u8
                    let bytes = tensor.bytes.slice(0..<tensor.bytes.count / dtype.width * dtype.width)
                    $0.tensors[name] = try Tensor(dtype: dtype, shape: [bytes.count / dtype.width], bytes: bytes)
                }
            }
        }
        for name in state.children.keys.sorted() { add("without the child '\(name)'") { $0.children[name] = nil } }
        add("with an empty JSON text") { $0.json = "" }
        if state.json != "{}" {
            add("with an empty JSON object") { $0.json = "{}" }
            add("with half of its JSON text") { $0.json = String($0.json.prefix($0.json.count / 2)) }
        }
        add("of a newer version") { $0.version += 1 }
        return all
    }

    /// What restoring may refuse or take, but has to survive: tensors of other numbers, JSON with other numbers.
    static func survivable(_ state: State) throws -> [DamagedState] {
        var all: [DamagedState] = []
        let random = CounterRandom(seed: 3, purpose: "contracts.damage")
        for (name, tensor) in state.tensors.sorted(by: { $0.key < $1.key }) where tensor.count > 0 {
            let fills: [(String, (Int) -> UInt8)] = [
                ("ones", { _ in 0xFF }), ("the largest integers", { $0 % tensor.dtype.width == 0 ? 0x7F : 0xFF }),
                ("noise", { UInt8(truncatingIfNeeded: random[$0]) }),
            ]
            for (fill, byte) in fills {
                var changed = state
                changed.tensors[name] = try Tensor(
                    dtype: tensor.dtype, shape: tensor.shape,
                    bytes: Buffer((0..<tensor.bytes.count).reversed().map(byte)))
                all.append(DamagedState(damage: "with the tensor '\(name)' full of \(fill)", state: changed))
            }
        }
        for (damage, digit) in [("nines", Character("9")), ("zeros", Character("0"))] {
            var changed = state
            changed.json = String(state.json.map { $0.isASCII && $0.isNumber ? digit : $0 })
            all.append(DamagedState(damage: "with all digits of its JSON \(damage)", state: changed))
        }
        return all
    }
}
