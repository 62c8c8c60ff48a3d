/// Words of texts, and their hashes.
enum TextWords {
    /// Runs of two or more letters, digits and underscores.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isWordCharacter(scalar) {
                word.append(scalar)
            } else {
                if word.count > 1 { words.append(String(word)) }
                word.removeAll(keepingCapacity: true)
            }
        }
        if word.count > 1 { words.append(String(word)) }
        return words
    }

    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || scalar == "_"
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return scalar.properties.numericType != nil
        }
    }

    /// MurmurHash3, 32 bits, seed 0. Source: Appleby, https://github.com/aappleby/smhasher.
    static func hash(_ text: String) -> Int32 {
        let bytes = Array(text.utf8)
        func mixed(_ block: UInt32) -> UInt32 {
            let product = block &* 0xcc9e_2d51
            return (product << 15 | product >> 17) &* 0x1b87_3593
        }
        var hash: UInt32 = 0
        let whole = bytes.count & ~3
        for start in stride(from: 0, to: whole, by: 4) {
            let block =
                UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
                | UInt32(bytes[start + 3]) << 24
            hash ^= mixed(block)
            hash = (hash << 13 | hash >> 19) &* 5 &+ 0xe654_6b64
        }
        var tail: UInt32 = 0
        for place in (whole..<bytes.count).reversed() { tail = tail << 8 | UInt32(bytes[place]) }
        if whole < bytes.count { hash ^= mixed(tail) }
        hash ^= UInt32(truncatingIfNeeded: bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85eb_ca6b
        hash = (hash ^ hash >> 13) &* 0xc2b2_ae35
        return Int32(bitPattern: hash ^ hash >> 16)
    }
}
