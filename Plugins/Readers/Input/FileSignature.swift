/// Names what is plainly no text by its first bytes.
enum FileSignature {
    /// What the bytes are, with what to do about it; nil if they may be text.
    static func name(of bytes: UnsafeBufferPointer<UInt8>) -> (what: String, remedy: String)? {
        func starts(_ signature: [UInt8]) -> Bool { bytes.starts(with: signature) }
        if starts([0x50, 0x4B, 0x03, 0x04]) {
            let head = String(decoding: bytes.prefix(4096), as: UTF8.self)
            return head.contains("xl/") || head.contains("[Content_Types].xml")
                ? ("an Excel workbook", "Save the sheet as CSV (UTF-8) and read that.")
                : ("a zip archive", "Unpack it and read the file in it.")
        }
        if starts([0xD0, 0xCF, 0x11, 0xE0]) {
            return ("an old Excel workbook", "Save the sheet as CSV (UTF-8) and read that.")
        }
        for (signature, what) in [
            ([0x50, 0x41, 0x52, 0x31] as [UInt8], "a Parquet file"), ([0x4F, 0x62, 0x6A, 0x01], "an Avro file"),
            (Array("ARROW1".utf8), "an Arrow file"), (Array("SQLite format 3".utf8), "an SQLite database"),
            (Array("%PDF-".utf8), "a PDF document"), ([0x7F, 0x45, 0x4C, 0x46], "a program"),
        ] where starts(signature) {
            return (what, "Export it as CSV and read that.")
        }
        for (signature, what, tool) in [
            ([0x42, 0x5A, 0x68] as [UInt8], "bzip2", "bunzip2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz", "unxz"),
            ([0x28, 0xB5, 0x2F, 0xFD], "zstd", "unzstd"),
        ] where starts(signature) {
            return ("packed with \(what)", "Unpack it with \(tool); of packed files only gzip is read directly.")
        }
        let isUTF16 = starts([0xFF, 0xFE]) || starts([0xFE, 0xFF])
        let head = bytes.prefix(64)
        let zeros = head.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
        if isUTF16 || head.count >= 4 && zeros * 3 >= head.count {
            return ("text in UTF-16, not UTF-8", "Convert it first: iconv -f UTF-16 -t UTF-8 FILE > NEW")
        }
        return nil
    }
}
