import ApusCore

/// Hashes of whole rows: equal rows have equal hashes, whatever the order of category codes.
package enum RowHash {
    /// One hash a row over all columns.
    package static func hashes(of table: Table) -> [UInt64] {
        var hashes = [UInt64](repeating: 0x9e37_79b9_7f4a_7c15, count: table.rowCount)
        for column in table.columns {
            switch column.storage {
            case .category(let codes, let dictionary):
                let labels = dictionary.map { text($0.utf8) }
                mix(&hashes, column) { labels[Int(codes[$0])] }
            case .text(let texts): mix(&hashes, column) { text(texts[$0].utf8) }
            case .double(let values): mix(&hashes, column) { values.unsafePointer[$0].bitPattern }
            case .float(let values): mix(&hashes, column) { Double(values[$0]).bitPattern }
            case .integer(let values): mix(&hashes, column) { Double(values[$0]).bitPattern }
            case .timestamp(let values): mix(&hashes, column) { UInt64(bitPattern: values[$0]) }
            case .flag(let bits): mix(&hashes, column) { bits[$0] ? 1 : 2 }
            case .vector(let rows): mix(&hashes, column) { entries(rows, $0) }
            }
        }
        return hashes
    }

    private static func mix(_ hashes: inout [UInt64], _ column: Column, _ value: (Int) -> UInt64) {
        let missing: UInt64 = 0x7ff8_dead_beef_0001
        hashes.withUnsafeMutableBufferPointer { hashes in
            for row in hashes.indices {
                let bits = column.isMissing(row) ? missing : value(row)
                var mixed = (hashes[row] ^ bits) &* 0xff51_afd7_ed55_8ccd
                mixed ^= mixed >> 32
                hashes[row] = mixed &* 0xc4ce_b9fe_1a85_ec53 ^ mixed >> 29
            }
        }
    }

    /// The entries of one row that are not 0.
    private static func entries(_ rows: SparseRows, _ row: Int) -> UInt64 {
        let (indices, values) = (rows.indices.unsafePointer, rows.values.unsafePointer)
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for place in rows.entries(of: row) where values[place] != 0 {
            hash =
                (hash ^ values[place].bitPattern ^ UInt64(UInt32(bitPattern: indices[place]))) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 32
        }
        return hash
    }

    /// FNV-1a, 64 bits.
    private static func text(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
