import ApusCore
import ApusKernels
import Foundation

/// `NAME.run.json`: what varies from run to run, kept out of the artifact.
public enum Record {
    /// The time, as in ISO 8601.
    static func now() -> String { Date().ISO8601Format() }

    /// `income.apus` → `income.run.json`
    static func path(beside artifact: String) -> String {
        (artifact.hasSuffix(".apus") ? String(artifact.dropLast(5)) : artifact) + ".run.json"
    }

    /// Throws where an output is one of the inputs, by whatever name.
    public static func refuseReplacing(_ inputs: [String], by output: String) throws {
        func identity(_ path: String) -> [UInt64]? {
            var status = stat()
            return stat(path, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
        }
        guard let target = identity(output), let input = inputs.first(where: { identity($0) == target }) else { return }
        throw ApusError("it is the input '\(input)' itself", at: output, remedy: "Name another file with -o.")
    }

    /// Throws where a file stands in the way, or where none can be made.
    static func refuseOverwriting(_ path: String, force: Bool) throws {
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
            guard FileManager.default.fileExists(atPath: folder) else {
                throw ApusError("there is no folder '\(folder)'", at: path, remedy: "Make it first.")
            }
            guard FileManager.default.isWritableFile(atPath: folder) else {
                throw ApusError("its folder may not be written", at: path, remedy: "Name a file elsewhere with -o.")
            }
            return
        }
        if isFolder.boolValue {
            throw ApusError("it is a folder", at: path, remedy: "Name a file with -o.")
        }
        guard force else {
            throw ApusError(
                "a file stands here already", at: path, remedy: "Overwrite it with --force, or name another with -o.")
        }
    }

    static func write(
        _ report: TrainReport, _ configuration: Configuration, _ context: RunContext, started: String,
        beside artifact: String
    ) throws {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let record: JSON = [
            "apus": .text(ApusVersion.text), "started": .text(started), "finished": .text(now()),
            "host": .text(ProcessInfo.processInfo.hostName),
            "system": .text(ProcessInfo.processInfo.operatingSystemVersionString),
            "processors": Kernels.processorCount.json, "threads": kernels.threads.json,
            "kernels": .text(context.backend.rawValue), "instruction_set": .text(Kernels.instructionSet),
            "folder": .text(FileManager.default.currentDirectoryPath), "configuration": configuration.json,
            "report": report.json,
        ]
        // The record follows the artifact that it describes: an older one beside it is replaced.
        try AtomicFile.write(record.serialized(indent: 2) + "\n", to: path(beside: artifact), force: true)
    }
}
