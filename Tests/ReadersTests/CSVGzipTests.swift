import ApusCore
import ApusReaders
import Foundation
import Testing

@Suite struct CSVGzipTests {
    /// `a,b` and two rows, packed by gzip 1.12 -n.
    private static let packed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4B, 0xD4, 0x49, 0xE2, 0x32, 0xD4,
        0x31, 0xE2, 0x32, 0xD6, 0x31, 0xE1, 0x02, 0x00, 0xE5, 0xE9, 0xD6, 0xCE, 0x0C, 0x00, 0x00, 0x00,
    ]
    /// One more row, `5,6`, packed the same way.
    private static let more: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x33, 0xD5, 0x31, 0xE3, 0x02, 0x00,
        0x60, 0x10, 0x2F, 0xBE, 0x04, 0x00, 0x00, 0x00,
    ]

    @Test func `gzip is recognised by its first bytes`() throws {
        #expect(cells(try read(bytes: Self.packed).table) == [["1", "2"], ["3", "4"]])
    }

    @Test func `members behind each other are one text, and zeros may follow`() throws {
        let table = try read(bytes: Self.packed + Self.more + [UInt8](repeating: 0, count: 100)).table
        #expect(cells(table) == [["1", "2"], ["3", "4"], ["5", "6"]])
    }

    @Test func `damaged, cut and foreign bytes are refused`() {
        var flipped = Self.packed
        flipped[flipped.count - 6] ^= 1
        for bytes in [flipped, Array(Self.packed.dropLast(3)), Self.packed + Array("hello".utf8), [0x1F, 0x8B, 8]] {
            let text = message(bytes: bytes)
            #expect(text?.hasPrefix("people.csv: the gzip data is damaged or cut short after ") == true)
            #expect(text?.hasSuffix("unpacked bytes. Check it with: gzip -t FILE") == true)
        }
        for count in 2..<Self.packed.count { #expect(message(bytes: Array(Self.packed.prefix(count))) != nil) }
    }
}
