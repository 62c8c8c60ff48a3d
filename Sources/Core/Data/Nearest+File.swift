#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Nearest {
    /// «Did you mean 'x'?» for a file that is not there, from the names in its folder; nil if none is near.
    package static func suggestion(forFile path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/")
        let names = files(in: folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder) ?? []
        return name(to: parts.last.map(String.init) ?? path, among: names.sorted()).map { "Did you mean '\($0)'?" }
    }

    /// The names in a folder, in no order; nil where it cannot be read.
    package static func files(in folder: String) -> [String]? {
        guard let handle = opendir(folder) else { return nil }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
