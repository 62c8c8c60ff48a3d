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
            let (start, text) = encodedHeader(metadata)
            guard text.count <= headerLimit else {
                throw ApusError("a header of \(text.count) bytes is over the limit of \(headerLimit)", at: "artifact")
            }
            head = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
            let hash = SHA256()
            forEachPiece { hash.update($0) }
            head.replaceSubrange(8 + start..<8 + start + blankDigest.utf8.count, with: hash.digest().utf8)
        }

        /// Calls `body` with the file's bytes, piece by piece.
        func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
            try head.withUnsafeBytes { try body($0) }
            for piece in pieces {
                try piece.tensor.bytes.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
            }
        }

        /// The header with a blank digest, and where in it the digest starts.
        private func encodedHeader(_ metadata: [String: String]) -> (digestStart: Int, text: [UInt8]) {
            func quoted(_ text: String) -> String { JSON.text(text).serialized() }
            var text = "{\"__metadata__\":{\"\(formatKey)\":\"\(formatVersion)\",\"\(digestKey)\":\""
            let digestStart = text.utf8.count
            text += blankDigest + "\""
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { text += ",\(quoted(key)):\(quoted(value))" }
            text += "}"
            var offset = 0
            for (name, tensor) in pieces {
                let end = offset + tensor.bytes.count
                let shape = tensor.shape.map(String.init).joined(separator: ",")
                text += ",\(quoted(name)):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],"
                text += "\"data_offsets\":[\(offset),\(end)]}"
                offset = end
            }
            text += "}"
            var bytes = Array(text.utf8)
            while (8 + bytes.count) % alignment != 0 { bytes.append(UInt8(ascii: " ")) }
            return (digestStart, bytes)
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
