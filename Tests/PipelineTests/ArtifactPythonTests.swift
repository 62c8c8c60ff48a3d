import ApusPipeline
import Foundation
import Testing

/// Opens an artifact with the safetensors package from PyPI.
struct ArtifactPythonTests {
    /// An interpreter that has the package: the one named by APUS_PYTHON, else python3 on the path.
    static let python: String? = {
        let candidate = ProcessInfo.processInfo.environment["APUS_PYTHON"] ?? "python3"
        return run(candidate, "import safetensors.numpy")?.status == 0 ? candidate : nil
    }()

    private static func run(_ python: String, _ script: String, _ arguments: String...) -> (
        status: Int32, output: String
    )? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, "-c", script] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test(.enabled(if: python != nil, "no Python with safetensors: pip install safetensors numpy, or set APUS_PYTHON"))
    func `safetensors for Python reads the same texts, shapes and numbers`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.apus")
        try ArtifactFile.write(metadata: Sample.metadata, tensors: Sample.tensors, to: path)
        let script = """
            import sys, numpy
            from safetensors import safe_open
            with safe_open(sys.argv[1], framework="numpy") as file:
                for key, text in sorted(file.metadata().items()):
                    if not key.startswith("apus."): print(key, text.encode().hex())
                for name in sorted(file.keys()):
                    tensor = file.get_tensor(name)
                    if name.startswith("_pad."): assert not tensor.any()
                    else: print(name, tensor.dtype, list(tensor.shape), tensor.tobytes().hex())
            """
        func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        let types = ["F64": "float64", "F32": "float32", "U8": "uint8", "I16": "int16", "I32": "int32", "I64": "int64"]
        let texts = Sample.metadata.sorted { $0.key < $1.key }.map { "\($0.key) \(hex($0.value.utf8))" }
        let tensors = Sample.tensors.sorted { $0.name < $1.name }.map { name, tensor in
            "\(name) \(types[tensor.dtype.rawValue] ?? "?") \(tensor.shape) \(hex(tensor.bytes))"
        }
        let python = try #require(Self.python)
        let result = try #require(Self.run(python, script, path))
        #expect(
            result.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                == (texts + tensors).map { $0.trimmingCharacters(in: .whitespaces) })
        #expect(result.status == 0)
    }
}
