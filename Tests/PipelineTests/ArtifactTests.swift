import ApusCore
import ApusPipeline
import Foundation
import Testing

/// What a body throws, as text.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing was thrown"
    } catch {
        return "\(error)"
    }
}

/// A folder that goes when the test is over.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: "apus-test-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }
    func path(_ name: String) -> String { url.appending(path: name).path }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path))?.sorted() ?? [] }
}

enum Sample {
    static let metadata = [
        "schema": #"{"columns":["a","é \"quoted\""]}"#, "note": "line\nbreak\u{1}\u{1F426}", "empty": "",
    ]
    static let tensors: [(name: String, tensor: Tensor)] = [
        ("weights", Tensor([1.5, -2.25, .nan, .infinity, 0, -0.0], shape: [2, 3])),
        ("bins", Tensor([UInt8](0..<70))),
        ("none", Tensor([Float](), shape: [0, 4])),
        ("scalar", Tensor([Int64.min], shape: [])),
        ("codes", Tensor([Int32](-3...3))),
        ("thirty-two", Tensor([Int16](0..<32), shape: [4, 8])),
    ]
    static func bytes() throws -> [UInt8] { Array(try ArtifactFile.bytes(metadata: metadata, tensors: tensors)) }
}

struct ArtifactTests {
    @Test func `what is written is read, bit for bit`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.apus")
        try ArtifactFile.write(metadata: Sample.metadata, tensors: Sample.tensors, to: path)
        let file = try ArtifactFile.read(path)
        #expect(file.metadata == Sample.metadata)
        #expect(Set(file.tensors.keys) == Set(Sample.tensors.map(\.name)))
        for (name, tensor) in Sample.tensors { #expect(file.tensors[name] == tensor, "\(name)") }
        #expect(folder.names == ["model.apus"], "nothing else is left")
        #expect(Array(try Data(contentsOf: URL(filePath: path))) == (try Sample.bytes()))
    }

    @Test func `every tensor starts at a multiple of 64 bytes, in the file and in memory`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.apus")
        try ArtifactFile.write(metadata: Sample.metadata, tensors: Sample.tensors, to: path)
        for (name, tensor) in try ArtifactFile.read(path).tensors {
            // A map starts at a page, so a position in memory is one in the file.
            #expect(Int(bitPattern: tensor.bytes.unsafePointer) % 64 == 0, "\(name)")
        }
    }

    @Test func `an artifact without tensors or texts is one too`() throws {
        let file = try ArtifactFile.read(bytes: ArtifactFile.bytes(metadata: [:], tensors: []))
        #expect(file.metadata.isEmpty && file.tensors.isEmpty)
    }

    @Test func `equal contents are equal bytes, in whatever order they are given`() throws {
        let bytes = try Sample.bytes()
        for _ in 0..<5 {
            let shuffled = Sample.tensors.shuffled()
            #expect(Array(try ArtifactFile.bytes(metadata: Sample.metadata, tensors: shuffled)) == bytes)
        }
    }

    @Test func `reserved and doubled names are refused`() {
        let tensor = Tensor([1.0])
        #expect(
            message { _ = try ArtifactFile.bytes(metadata: ["apus.format": "1"], tensors: []) }
                == "artifact: the key 'apus.format' is reserved.")
        #expect(
            message { _ = try ArtifactFile.bytes(metadata: [:], tensors: [("_pad.0", tensor)]) }
                == "artifact: the tensor name '_pad.0' is reserved.")
        #expect(
            message { _ = try ArtifactFile.bytes(metadata: [:], tensors: [("a", tensor), ("a", tensor)]) }
                == "artifact: two tensors are named 'a'.")
    }

    @Test func `a file in the way is kept, unless it may be replaced`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.apus")
        try "precious".write(toFile: path, atomically: true, encoding: .utf8)
        let refusal = message { try ArtifactFile.write(metadata: [:], tensors: [], to: path) }
        #expect(refusal == "\(path): a file stands here already. Overwrite it with --force, or name another.")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        try ArtifactFile.write(metadata: ["a": "b"], tensors: [], to: path, force: true)
        #expect(try ArtifactFile.read(path).metadata == ["a": "b"])
        #expect(folder.names == ["model.apus"])
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full here"))
    func `a full disk is reported`() {
        let refusal = message { try ArtifactFile.write(metadata: [:], tensors: [], to: "/dev/full") }
        #expect(
            refusal == "/dev/full: cannot write: No space left on device. Free some space, or write to another disk.")
    }

    @Test func `what is no artifact is refused with the reason`() throws {
        let folder = try TemporaryFolder()
        let missing = folder.path("missing.apus")
        #expect(
            message { _ = try ArtifactFile.read(missing) }
                == "\(missing): there is no such file. Check the path.")
        #expect(message { _ = try ArtifactFile.read(folder.url.path) }.contains("this is a folder."))
        let empty = folder.path("empty.apus")
        try Data().write(to: URL(filePath: empty))
        #expect(message { _ = try ArtifactFile.read(empty) } == "\(empty): 0 bytes are too few for an artifact.")
        let table = folder.path("table.csv")
        try "age,income\n30,100\n40,200\n".write(toFile: table, atomically: true, encoding: .utf8)
        #expect(
            message { _ = try ArtifactFile.read(table) }
                == "\(table): this is not an artifact. Artifacts are written by apus train.")
    }
}
