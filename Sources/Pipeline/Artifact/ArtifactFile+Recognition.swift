import ApusCore
import Foundation

extension ArtifactFile {
    /// Whether a file begins as safetensors files do, whatever its name; nothing more is checked.
    public static func looksLikeOne(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        guard let start = try? file.read(upToCount: 9), start.count == 9, start[8] == UInt8(ascii: "{") else {
            return false
        }
        // The length of the header: its upper bytes are zero, and no text begins so.
        return start[4..<8].allSatisfy { $0 == 0 }
    }
}
