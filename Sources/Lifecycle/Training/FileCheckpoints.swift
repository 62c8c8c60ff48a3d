import ApusCore
import ApusPipeline
import Foundation
import Synchronization

/// The checkpoints of one run, in one file beside the artifact to be: `income.apus` → `income.checkpoint`. Each save
/// replaces the file as a whole, so that a process may be killed at any time.
///
/// The file says what it was made from. It is read only by a run of the same data and settings, whatever its threads,
/// kernels and paths.
public final class FileCheckpoints: CheckpointStore {
    /// The file.
    public let path: String
    /// Iterations between two checkpoints.
    public let interval: Int
    private let identity: [String: JSON]
    private let states: Mutex<[String: State]>
    private let sessions = Mutex<[String: any MonitorSession]>([:])
    private let isResuming: Bool

    private static let identityKey = "identity"
    private static let intervalKey = "interval"

    /// A new file of checkpoints at `path`, written when the first is saved. `identity` is all that decides the work,
    /// by the name that messages call it.
    init(_ path: String, interval: Int, identity: [String: JSON]) {
        self.path = path
        self.interval = interval
        self.identity = identity
        states = Mutex([:])
        isResuming = false
    }

    /// The checkpoints at `path`, to continue from. Throws where there are none, or where they were made from other
    /// data or other settings; an `interval` of nil keeps the former one.
    init(resuming path: String, interval: Int?, identity: [String: JSON]) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ApusError(
                "there is no checkpoint to resume from", at: path,
                remedy: "Start without --resume, and with --set run.checkpoint_every=10 to be able to resume.")
        }
        let (state, metadata) = try FileCheckpoints.read(path)
        guard let saved = try metadata[FileCheckpoints.identityKey].flatMap({ try JSON(parsing: $0).object }) else {
            throw ApusError("this is not a checkpoint", at: path, remedy: "Start without --resume.")
        }
        try FileCheckpoints.compare(saved, identity, at: path)
        self.path = path
        self.interval = interval ?? metadata[FileCheckpoints.intervalKey].flatMap { Int($0) } ?? 1
        self.identity = identity
        states = Mutex(state.children)
        isResuming = true
    }

    /// `income.apus` → `income.checkpoint`
    static func path(beside artifact: String) -> String {
        (artifact.hasSuffix(".apus") ? String(artifact.dropLast(5)) : artifact) + ".checkpoint"
    }

    /// Saves what a monitor has heard with every checkpoint from now on; where the run resumes, the monitor first gets
    /// back what it had heard until then.
    func keep(_ session: any MonitorSession, as name: String) throws {
        if let state = load(name) { try session.restore(state) }
        sessions.withLock { $0[name] = session }
    }

    /// Replaces the checkpoint of this name.
    public func save(_ state: State, as name: String) throws {
        let heard = try sessions.withLock { try $0.mapValues { try $0.snapshot() } }
        try states.withLock { states in
            states.merge(heard) { $1 }
            states[name] = state
            let all = State(plugin: "checkpoints", version: 1, json: "{}", tensors: [:], children: states)
            let metadata = [
                FileCheckpoints.identityKey: JSON.object(identity).serialized(),
                FileCheckpoints.intervalKey: String(interval),
            ]
            try StateFile.write(all, metadata: metadata, to: path)
        }
    }

    /// The checkpoint of this name; nil unless the run resumes.
    public func load(_ name: String) -> State? { isResuming ? states.withLock { $0[name] } : nil }

    /// Whether there is anything to resume from.
    var isEmpty: Bool { states.withLock(\.isEmpty) }

    /// Removes the file: the work that it was for is done.
    func remove() throws {
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw ApusError("the checkpoint cannot be removed: \(String(cString: strerror(errno)))", at: path)
    }

    private static func read(_ path: String) throws -> (state: State, metadata: [String: String]) {
        do {
            return try StateFile.read(path)
        } catch var error as ApusError {
            error.remedy = "Go on from a copy of it, or remove it and start again without --resume."
            throw error
        }
    }

    private static func compare(_ saved: [String: JSON], _ present: [String: JSON], at path: String) throws {
        let differing = Set(saved.keys).union(present.keys).sorted().filter { saved[$0] != present[$0] }
        guard let first = differing.first else { return }
        let more = differing.count > 1 ? " (and \(differing.count - 1) more)" : ""
        func text(_ value: JSON?) -> String { value?.serialized() ?? "not set" }
        let finding =
            first == dataKey
            ? "it was made from other data\(more)"
            : "\(first) was \(text(saved[first])) when it was made and is \(text(present[first])) now\(more)"
        throw ApusError(
            finding, at: path, remedy: "Resume with what it was started with, or start again without --resume.")
    }

    private static let dataKey = "data"

    /// What decides a run's work: the data, and every setting but those that change nothing that is learned.
    static func identity(of configuration: Configuration, digest: String) -> [String: JSON] {
        var identity: [String: JSON] = [dataKey: .text(digest), "run.seed": configuration.run.seed.json]
        identity["run.from"] = configuration.run.from.json
        let sections = configuration.json
        for section in ["data", "split", "features", "model"] {
            for (key, value) in sections[section]?.object ?? [:] where (section, key) != ("data", "path") {
                identity["\(section).\(key)"] = value
            }
        }
        return identity
    }
}
