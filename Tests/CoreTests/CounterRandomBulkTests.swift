import ApusCore
import Testing

struct CounterRandomBulkTests {
    @Test func `numbers in bulk are those at their indices`() {
        let random = CounterRandom(seed: 7, purpose: "test")
        for count in [0, 1, 3, 4, 5, 7, 64] {
            let filled = [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
                random.fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]), from: 5)
                initialized = count
            }
            let expected = (5..<5 + count).flatMap { index in
                let words = random.words(index)
                return [words.0, words.1, words.2, words.3]
            }
            #expect(filled == Array(expected.prefix(count)))
        }
    }
}
