import ApusCore

/// Checkpoints: what is needed to go on as if nothing had happened.
extension PerceptronRun {
    private struct Saved: Codable {
        var parameters: [String: JSON]
        var widths: [Int]
        var data: UInt64
        var seed: UInt64
        var epoch: Int
        var best: Double
        var bestEpoch: Int
        var mark: Double
        var idle: Int
    }

    /// Where the fit stands between two epochs.
    func checkpoint() throws -> State {
        let saved = Saved(
            parameters: settings.parameterValues, widths: task.shape.widths, data: task.fingerprint,
            seed: context.seed, epoch: course.epoch, best: course.best, bestEpoch: course.bestEpoch, mark: course.mark,
            idle: course.idle)
        return try State(
            of: MultilayerPerceptron.self, saved,
            tensors: ["point": Tensor(course.point), "best_point": Tensor(course.bestPoint)],
            children: ["optimizer": try session.snapshot()])
    }

    /// Hands a checkpoint to the store.
    func save(_ checkpoint: State) throws {
        try context.checkpoints?.save(checkpoint, as: MultilayerPerceptron.descriptor.id)
    }

    /// Takes up a checkpoint; throws where it is damaged, or was made with other layers, parameters, rows or seed.
    mutating func restore(_ state: State) throws {
        let descriptor = MultilayerPerceptron.descriptor
        guard state.plugin == descriptor.id, state.version == descriptor.version else {
            throw ApusError(
                "the checkpoint was saved by \(state.plugin) version \(state.version), this is \(descriptor.id) version \(descriptor.version)",
                remedy: "Train from the start.")
        }
        let saved: Saved = try state.decode()
        func refuse(_ finding: String, _ remedy: String) -> ApusError {
            ApusError("the checkpoint \(finding)", at: descriptor.id, remedy: remedy, kind: .usage)
        }
        guard saved.widths == task.shape.widths else {
            throw refuse(
                "has layers of \(Self.list(saved.widths)), this network of \(Self.list(task.shape.widths))",
                "Give the columns and hidden_layer_sizes that it was trained with.")
        }
        let values = settings.parameterValues
        if let name = values.keys.sorted().first(where: { saved.parameters[$0] != values[$0] }) {
            throw refuse(
                "was made with \(name) = \(saved.parameters[name]?.serialized() ?? "nothing"), now it is \(values[name]?.serialized() ?? "nothing")",
                "Give the parameters that it was trained with.")
        }
        guard saved.seed == context.seed else {
            throw refuse("was made with the seed \(saved.seed), now it is \(context.seed)", "Give the same seed.")
        }
        guard saved.data == task.fingerprint else {
            throw refuse("was made on other data", "Give the rows that it was trained on, in the same order.")
        }
        let point = Array(try state.elements("point", as: Double.self))
        let bestPoint = Array(try state.elements("best_point", as: Double.self))
        guard point.count == course.point.count, bestPoint.count == point.count, point.allSatisfy(\.isFinite),
            bestPoint.allSatisfy(\.isFinite), saved.epoch >= 0, saved.idle >= 0,
            (0...saved.epoch).contains(saved.bestEpoch), let optimizer = state.children["optimizer"]
        else { throw ApusError("the checkpoint is damaged", at: descriptor.id, remedy: "Train from the start.") }
        try session.restore(optimizer)
        course = Course(
            point: point, epoch: saved.epoch, best: saved.best, bestEpoch: saved.bestEpoch, bestPoint: bestPoint,
            mark: saved.mark, idle: saved.idle)
    }

    private static func list(_ widths: [Int]) -> String { widths.map(String.init).joined(separator: ", ") }
}

extension PerceptronTask {
    /// A number that other rows, targets or weights would hardly have.
    static func fingerprint(_ parts: [NetworkPass.Rows]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ word: UInt64) { hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15 ^ hash >> 29 }
        for part in parts {
            mix(UInt64(part.features.rows))
            for value in part.features.elements { mix(UInt64(value.bitPattern)) }
            switch part.target {
            case .values(let values): for value in values { mix(value.bitPattern) }
            case .flags(let flags, _): for flag in flags { mix(UInt64(flag)) }
            case .classes(let codes, _): for code in codes { mix(UInt64(UInt32(bitPattern: code))) }
            }
            for weight in part.weights ?? Buffer([]) { mix(weight.bitPattern) }
        }
        return hash
    }
}
