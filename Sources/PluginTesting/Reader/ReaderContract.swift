import ApusCore

/// A reader, bytes that it reads, and the table that they hold.
struct ReaderSubject: Sendable {
    let reader: any DataReader
    let bytes: Buffer<UInt8>
    let table: Table

    init(_ reader: any DataReader, _ bytes: Buffer<UInt8>) throws {
        self.reader = reader
        self.bytes = bytes
        table = try attempt("read the whole sample") {
            try reader.open(.bytes(bytes, name: "sample"), schema: nil, in: RunContext()).readAll()
        }
    }

    func open(_ bytes: Buffer<UInt8>? = nil, schema: Schema? = nil) throws -> any TableStream {
        try reader.open(.bytes(bytes ?? self.bytes, name: "sample"), schema: schema, in: RunContext())
    }
}

/// The rules for readers, verified on sample bytes.
///
/// What is not tested: whether the values are right, which needs a table that is known otherwise; standard input; files
/// larger than memory; cancellation; speed.
enum ReaderContract {
    static var rules: [Rule] { [readsItsSample] + checks.map(\.rule) }

    static let readsItsSample = Rule(
        "reader 1", "reads its sample",
        "It names at least one extension, in lower case and without a dot, and reads the sample to at least one row.")

    static func verify(_ reader: any DataReader, _ sample: Buffer<UInt8>?, _ findings: inout Findings) {
        var subject: ReaderSubject?
        findings.verify(readsItsSample) {
            let extensions = type(of: reader).extensions
            try require(
                !extensions.isEmpty && extensions.allSatisfy { !$0.hasPrefix(".") && $0 == $0.lowercased() },
                "list its extensions", "\(extensions)")
            guard let bytes = sample ?? (extensions.contains("csv") ? defaultSample : nil) else {
                throw Breach("find a sample", "none was given, and it does not read CSV")
            }
            let found = try ReaderSubject(reader, bytes)
            try require(found.table.rowCount > 0, "read the whole sample", "there are no rows")
            subject = found
        }
        if let subject { findings.verify(checks, subject) }
    }

    private static let defaultSample: Buffer<UInt8> = {
        var text = "id,amount,city,when,paid\n"
        for row in 0..<40 {
            let city = ["Ulm", "\"Bad \"\"X\"\", West\"", "", "Łódź"][row % 4]
            text += "\(row),\(Double(row * 7 % 13) / 4),\(city),2026-01-\(10 + row % 20),\(row % 3 == 0)\n"
        }
        return Buffer(Array(text.utf8))
    }()

    private static let checks: [Check<ReaderSubject>] = [
        Check(
            Rule(
                "reader 2", "reads the same in batches",
                "Batches of any size, put together, are the rows of the whole, in the promised schema.")
        ) { subject in
            for size in [1, 3, 7, 1000] {
                let attempted = "read batches of \(size) rows"
                let stream = try attempt(attempted) { try subject.open() }
                var start = 0
                while let batch = try attempt(attempted, { try stream.next(columns: nil, rows: size) }) {
                    try require(
                        (1...size).contains(batch.rowCount), attempted, "a batch has \(batch.rowCount) rows")
                    try require(
                        start + batch.rowCount <= subject.table.rowCount, attempted,
                        "there are more than \(subject.table.rowCount) rows")
                    let expected = try subject.table.slice(start..<start + batch.rowCount)
                    try requireEqual(Difference.between(expected, batch), "\(attempted), row \(start + 1)")
                    try requireEqual(Difference.schemas(stream.schema, batch.schema), attempted)
                    start += batch.rowCount
                }
                try require(
                    start == subject.table.rowCount, attempted, "\(start) of \(subject.table.rowCount) rows came")
            }
        },
        Check(
            Rule("reader 3", "reads the same again", "After rewinding, the rows come again, from the middle as well.")
        ) { subject in
            let stream = try subject.open()
            _ = try stream.next(columns: nil, rows: 2)
            for _ in 0..<2 {
                let again = try attempt("rewind and read") {
                    try stream.rewind()
                    return try stream.readAll()
                }
                try requireEqual(Difference.between(subject.table, again), "rewind and read")
            }
        },
        Check(
            Rule(
                "reader 4", "reads chosen columns",
                "Columns asked for by name come as in the whole, in the order asked for; an unknown one is refused by an "
                    + "error that names it.")
        ) { subject in
            let names = subject.table.schema.names
            for chosen in names.map({ [$0] }) + [Array(names.reversed())] {
                let attempted = "read the columns \(chosen)"
                let table = try attempt(attempted) { try subject.open().readAll(columns: chosen) }
                let expected = try Table(
                    try Schema(chosen.map { subject.table.schema.fields[try subject.table.schema.position(of: $0)] }),
                    try chosen.map { try subject.table.column($0) })
                try requireEqual(Difference.between(expected, table), attempted)
            }
            try requireRefusal("read the column 'no such column'", naming: "no such column") {
                try subject.open().readAll(columns: ["no such column"])
            }
        },
        Check(
            Rule(
                "reader 5", "follows a given schema",
                "Opened with the schema that it found, it reads the same table; asked to read a number as a text, it "
                    + "delivers texts.")
        ) { subject in
            let schema = try subject.open().schema
            let table = try attempt("read with the schema found") { try subject.open(schema: schema).readAll() }
            try requireEqual(Difference.between(subject.table, table), "read with the schema found")
            guard let number = schema.fields.first(where: { $0.kind == .number }) else { return }
            let attempted = "read the number column '\(number.name)' as text"
            let fields = schema.fields.map { $0.name == number.name ? Field($0.name, .text, role: $0.role) : $0 }
            let texts = try attempt(attempted) { try subject.open(schema: Schema(fields)).readAll() }
            let kind = try texts.column(number.name).kind
            try require(kind == .text, attempted, "its kind is \(kind.rawValue)")
        },
        Check(
            Rule(
                "reader 6", "survives broken bytes",
                "No bytes, cut bytes and changed bytes give rows or an error; they never trap.")
        ) { subject in
            let random = CounterRandom(seed: 11, purpose: "contracts.bytes")
            func read(_ bytes: [UInt8], _ attempted: String) throws {
                _ = try answerOrRefusal(attempted) { try subject.open(Buffer(bytes)).readAll() }
            }
            let bytes = Array(subject.bytes)
            try read([], "read no bytes")
            try read([0], "read one zero byte")
            for step in 0..<60 {
                try read(Array(bytes.prefix(bytes.count * step / 60)), "read \(step)/60 of the bytes")
            }
            let odd: [UInt8] = [0, 0xFF, 0x22, 0x0A, 0x0D, 0x2C, 0x2D, 0x65, 0xEF]
            for round in 0..<200 {
                var changed = bytes
                for change in 0...round % 4 {
                    let place = random.below(bytes.count, round * 8 + change)
                    changed[place] = odd[random.below(odd.count, round * 8 + change + 4)]
                }
                try read(changed, "read the sample with changed bytes, round \(round)")
            }
        },
        Check(
            Rule(
                "reader 7", "names a file that is not there",
                "A missing file, or a folder, is refused by an error that names the path.")
        ) { subject in
            for path in ["/no/such/folder/no-such-file", "/"] {
                try requireRefusal("open the path \(path)", naming: path) {
                    try subject.reader.open(.file(path), schema: nil, in: RunContext()).readAll()
                }
            }
        },
    ]
}
