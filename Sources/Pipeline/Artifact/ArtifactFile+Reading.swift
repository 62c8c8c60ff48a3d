import ApusCore

extension ArtifactFile {
    /// Opens a file through a memory map and checks all of it, digest included, before anything is used. Throws with
    /// the reason where it is missing, cut, corrupt, hostile, of a newer format or not an artifact at all.
    public static func read(_ path: String) throws -> ArtifactFile {
        try read(bytes: MappedFile.bytes(of: path), name: path)
    }

    /// Reads an artifact from memory; `name` is what errors call it. Throws like `read(_:)`.
    public static func read(bytes: Buffer<UInt8>, name: String = "artifact") throws -> ArtifactFile {
        do {
            return try checked(bytes)
        } catch let error as ApusError {
            throw error.at(name)
        }
    }

    private static func checked(_ bytes: Buffer<UInt8>) throws -> ArtifactFile {
        let dataStart = try headerEnd(bytes)
        var parser = ArtifactHeaderParser(bytes.slice(8..<dataStart))
        let header = try parser.parse()
        guard var metadata = header.metadata, let format = metadata.removeValue(forKey: formatKey),
            let digest = metadata.removeValue(forKey: digestKey)
        else {
            throw ApusError(
                "this may be a safetensors file, but not an artifact: no '\(formatKey)' and '\(digestKey)' in its metadata",
                remedy: "Artifacts are written by apus train.")
        }
        guard let version = Int(format), version >= 1 else { throw corrupt("its format version is '\(format)'") }
        guard version <= formatVersion else {
            throw ApusError(
                "it was written by a newer Apus (format \(version); this one reads up to \(formatVersion))",
                remedy: "Update Apus, or train the model again with this one.")
        }
        let tensors = try tensors(header.tensors, in: bytes.slice(dataStart..<bytes.count))
        try checkDigest(digest, at: header.textStarts[digestKey], of: bytes, dataStart: dataStart)
        return ArtifactFile(metadata: metadata, tensors: tensors)
    }

    private static func corrupt(_ finding: String) -> ApusError {
        ApusError("the artifact is corrupt: \(finding)", remedy: "Restore it from a copy, or train the model again.")
    }

    private static func headerEnd(_ bytes: Buffer<UInt8>) throws -> Int {
        guard bytes.count >= 10 else {
            throw ApusError("\(bytes.count) bytes are too few for an artifact")
        }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        guard bytes[8] == UInt8(ascii: "{") else {
            throw ApusError("this is not an artifact", remedy: "Artifacts are written by apus train.")
        }
        guard length <= headerLimit else { throw corrupt("its header claims \(length) bytes") }
        guard length <= bytes.count - 8 else {
            throw corrupt("it is cut: a header of \(length) bytes in a file of \(bytes.count)")
        }
        return 8 + Int(length)
    }

    /// The tensors, checked: known type, shape that fits the bytes, and together the whole data without hole or overlap.
    private static func tensors(
        _ entries: [ArtifactHeaderParser.Entry], in data: Buffer<UInt8>
    ) throws -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        var position = 0
        for entry in entries.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            guard entry.start <= entry.end else { throw corrupt("tensor '\(entry.name)' ends before it starts") }
            guard entry.end <= data.count else {
                throw corrupt(
                    "it is cut: tensor '\(entry.name)' ends at byte \(entry.end) of the data, which has \(data.count)")
            }
            guard entry.start == position else {
                throw corrupt(
                    "tensor '\(entry.name)' starts at byte \(entry.start) of the data, where \(position) was due")
            }
            position = entry.end
            guard let dtype = Tensor.DType(rawValue: entry.dtype) else {
                throw corrupt("tensor '\(entry.name)' has the unknown type '\(entry.dtype.prefix(20))'")
            }
            do {
                let tensor = try Tensor(
                    dtype: dtype, shape: entry.shape, bytes: data.slice(entry.start..<entry.end))
                if !entry.name.hasPrefix(paddingPrefix) { tensors[entry.name] = tensor }
            } catch let error as ApusError {
                throw corrupt("tensor '\(entry.name)': \(error.finding)")
            }
        }
        guard position == data.count else {
            throw corrupt("\(data.count - position) bytes after the last tensor belong to nothing")
        }
        return tensors
    }

    private static func checkDigest(_ digest: String, at start: Int?, of bytes: Buffer<UInt8>, dataStart: Int) throws {
        var head = Array(bytes[..<dataStart])
        guard let start, digest.utf8.count == blankDigest.utf8.count, start + digest.utf8.count <= dataStart else {
            throw corrupt("its digest is no SHA-256")
        }
        head.replaceSubrange(start..<start + digest.utf8.count, with: blankDigest.utf8)
        let hash = SHA256()
        head.withUnsafeBytes { hash.update($0) }
        bytes.slice(dataStart..<bytes.count).withUnsafeBufferPointer { hash.update(UnsafeRawBufferPointer($0)) }
        guard hash.digest() == digest else { throw corrupt("its content does not match its SHA-256") }
    }
}
