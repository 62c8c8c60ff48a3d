import ApusCore

extension ArtifactFile {
    /// Writes a file that appears whole or not at all. Throws where the place cannot be written, where a file stands
    /// there and `force` does not allow to replace it, or where a name is reserved or given twice.
    public static func write(
        metadata: [String: String], tensors: [(name: String, tensor: Tensor)], to path: String, force: Bool = false
    ) throws {
        let layout = try Layout(metadata: metadata, tensors: tensors)
        let file = try AtomicFile(path, force: force)
        try layout.forEachPiece(file.write)
        try file.commit()
    }

    /// The bytes that `write` writes.
    public static func bytes(
        metadata: [String: String], tensors: [(name: String, tensor: Tensor)]
    ) throws -> Buffer<UInt8> {
        let layout = try Layout(metadata: metadata, tensors: tensors)
        return Buffer(count: layout.byteCount) { target in
            var position = 0
            layout.forEachPiece { piece in
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[position...])
                    .copyMemory(from: piece)
                position += piece.count
            }
        }
    }

    /// Where everything goes: the header with its digest, and the tensors and their padding in file order.
    private struct Layout {
        private var head: [UInt8] = []
        private var pieces: [(name: String, tensor: Tensor)] = []

        var byteCount: Int { head.count + pieces.reduce(0) { $0 + $1.tensor.bytes.count } }

        init(metadata: [String: String], tensors: [(name: String, tensor: Tensor)]) throws {
            try Layout.checkNames(metadata: metadata, names: tensors.map(\.name))
            var paddings = 0
            for (name, tensor) in tensors.sorted(by: { $0.name < $1.name }) {
                pieces.append((name, tensor))
                let excess = tensor.bytes.count % alignment
                if excess > 0 {
                    let zeros = Tensor([UInt8](repeating: 0, count: alignment - excess))
                    pieces.append(("\(paddingPrefix)\(paddings)", zeros))
                    paddings += 1
                }
            }
            head = encodedHead(metadata, digest: blankDigest)
            guard head.count - 8 <= headerLimit else {
                throw ApusError("a header of \(head.count) bytes is over the limit of \(headerLimit)", at: "artifact")
            }
            var hash = SHA256()
            forEachPiece { hash.update($0) }
            head = encodedHead(metadata, digest: hash.digest())
        }

        /// Calls `body` with the file's bytes, piece by piece.
        func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
            try head.withUnsafeBytes { try body($0) }
            for piece in pieces {
                try piece.tensor.bytes.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
            }
        }

        private func encodedHead(_ metadata: [String: String], digest: String) -> [UInt8] {
            var members: [String: JSON] = metadata.mapValues { .text($0) }
            members[formatKey] = .text("\(formatVersion)")
            members[digestKey] = .text(digest)
            var header: [String: JSON] = ["__metadata__": .object(members)]
            var offset = 0
            for (name, tensor) in pieces {
                let end = offset + tensor.bytes.count
                header[name] = .object([
                    "dtype": .text(tensor.dtype.rawValue),
                    "shape": .list(tensor.shape.map { .number(Double($0)) }),
                    "data_offsets": .list([.number(Double(offset)), .number(Double(end))]),
                ])
                offset = end
            }
            var text = Array(JSON.object(header).serialized().utf8)
            while (8 + text.count) % alignment != 0 { text.append(UInt8(ascii: " ")) }
            return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
        }

        private static func checkNames(metadata: [String: String], names: [String]) throws {
            if let key = metadata.keys.first(where: { $0 == formatKey || $0 == digestKey }) {
                throw ApusError("the key '\(key)' is reserved", at: "artifact")
            }
            if let name = names.first(where: { $0 == "__metadata__" || $0.hasPrefix(paddingPrefix) }) {
                throw ApusError("the tensor name '\(name)' is reserved", at: "artifact")
            }
            var seen: Set<String> = []
            if let name = names.first(where: { !seen.insert($0).inserted }) {
                throw ApusError("two tensors are named '\(name)'", at: "artifact")
            }
        }
    }
}
