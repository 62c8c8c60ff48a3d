import ApusCore

extension Table {
    /// SHA-256 over the columns' names and a 64-bit hash of each row: equal for equal content, whatever the file
    /// format or the order of category codes.
    public var contentDigest: String {
        let hash = SHA256()
        for name in schema.names { Array((name + "\n").utf8).withUnsafeBytes { hash.update($0) } }
        RowHash.hashes(of: self).withUnsafeBytes { hash.update($0) }
        return hash.digest()
    }
}
