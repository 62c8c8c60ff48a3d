import ApusCore
import CKernels

/// Unpacks gzip, member after member, into memory that grows with the result.
public enum Gunzip {
    /// Whether bytes start as a gzip file does.
    public static func isGzip(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
    }

    /// The unpacked bytes. Throws where the data is damaged or cut, or unpacks to more than `limit` bytes, and what
    /// `check` throws, which is called every megabyte or so.
    public static func unpack(_ packed: TextBytes, limit: Int, check: () throws -> Void) throws -> TextBytes {
        guard let state = ck_gunzip_open() else { throw ApusError("there is not enough memory to unpack it") }
        defer { ck_gunzip_close(state) }
        var spool = try TextSpool()
        var position = 0
        var isFinished: Int32 = 0
        while isFinished == 0 {
            var status = CK_OK
            var consumed = 0
            try check()
            try spool.append(room: 1 << 16) { target in
                guard let output = target.baseAddress else { return 0 }
                var produced = 0
                status = ck_gunzip_next(
                    state, packed.count - position, min(target.count, 1 << 20), 1, packed.start + position, &consumed,
                    &produced,
                    &isFinished, output)
                return produced
            }
            position += consumed
            guard status == CK_OK else {
                throw ApusError(
                    "the gzip data is damaged or cut short after \(spool.count.grouped) unpacked bytes",
                    remedy: "Check it with: gzip -t FILE")
            }
            guard spool.count <= limit else {
                throw ApusError(
                    "it unpacks to more than \(limit >> 20) MB, half of this machine's memory",
                    remedy: "Unpack it to a file first: a plain file is mapped, not held in memory.")
            }
        }
        return TextBytes(spool)
    }
}
