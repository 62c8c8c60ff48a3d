import ApusCore
import Testing

@Suite struct ColumnTests {
    @Test func `a missing number is NaN and invalid, whichever of the two was said`() {
        let byValidity = Column(.double(Buffer([1, 2, 3])), validity: Bitmap(count: 3) { $0 != 1 })
        let byNaN = Column([1, .nan, 3])
        for column in [byValidity, byNaN] {
            #expect(column.missingCount == 1)
            #expect(column.isMissing(1))
            #expect(column.doubles?[1].isNaN == true)
            #expect(column.text(1) == nil)
            #expect(column.text(2) == "3")
        }
    }

    @Test func `gathered and sliced rows keep values and validity`() {
        let columns = [
            Column(numbers: [1, nil, 3, 4.5]), Column(integers: [1, nil, 3, 4]),
            Column(flags: [true, nil, false, true]),
            Column(categories: ["b", nil, "a", "b"]), Column(texts: ["x", nil, "", "zü"]),
            Column(timestamps: [0, nil, -1, 86_400_000_000]),
        ]
        for column in columns {
            let gathered = column.rows([3, 1, 0, 3])
            #expect((0..<4).map { gathered.text($0) } == [3, 1, 0, 3].map { column.text($0) })
            let sliced = column.slice(1..<3)
            #expect((0..<2).map { sliced.text($0) } == [1, 2].map { column.text($0) })
            #expect(sliced.slice(1..<2).text(0) == column.text(2))
        }
    }

    @Test func `bitmaps count and slice at any offset`() {
        let random = CounterRandom(seed: 1, purpose: "bits")
        for count in [0, 1, 7, 8, 9, 63, 64, 65, 200] {
            let bits = (0..<count).map { random[$0] & 1 == 1 }
            let map = Bitmap(count: count) { bits[$0] }
            for start in 0...count where start % 3 == 0 {
                let slice = map.slice(start..<count)
                #expect(slice.setCount == bits[start...].count { $0 })
                #expect((0..<slice.count).allSatisfy { slice[$0] == bits[start + $0] })
            }
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01"), (-1, "1969-12-31T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29"),
            (1_767_225_599_500_000, "2025-12-31T23:59:59.500000Z"),
        ] as [(Int64, String)])
    func `timestamps print as ISO 8601`(microseconds: Int64, text: String) {
        #expect(Timestamp.text(microseconds) == text)
    }

    @Test func `days of a date are those of the calendar`() {
        #expect(Timestamp.days(year: 1970, month: 1, day: 1) == 0)
        #expect(Timestamp.days(year: 2000, month: 3, day: 1) == 11_017)
        #expect(Timestamp.days(year: 1600, month: 1, day: 1) == -135_140)
    }
}

@Suite struct SchemaTests {
    @Test func `names are unique and not empty`() {
        #expect(throws: ApusError("columns 1 and 3 are both named 'a'", remedy: "Rename one of them.")) {
            try Schema([Field("a", .number), Field("b", .number), Field("a", .flag)])
        }
        #expect(throws: ApusError.self) { try Schema([Field("", .number)]) }
    }

    @Test func `a table is brought into the schema's order, kinds and codes`() throws {
        let trained = try Table([
            "x": Column([1, 2]), "c": Column(categories: ["a", "b"]), "f": Column(flags: [true, false]),
        ])
        let given = try Table([
            "extra": Column([0, 0, 0]), "f": Column(texts: ["true", nil, "false"]),
            "c": Column(categories: ["b", "new", nil]), "x": Column(texts: ["5", nil, "7.5"]),
        ])
        let alignment = try trained.schema.alignment(of: given)
        #expect(alignment.table.schema == trained.schema)
        #expect(alignment.unseen == ["c": 1])
        #expect(alignment.extra == ["extra"])
        #expect((0..<3).map { alignment.table.columns[0].text($0) } == ["5", nil, "7.5"])
        #expect((0..<3).map { alignment.table.columns[1].text($0) } == ["b", nil, nil])
        #expect((0..<3).map { alignment.table.columns[2].text($0) } == ["true", nil, "false"])
    }

    @Test func `a missing column is refused with the nearest name`() throws {
        let schema = try Schema([Field("income", .number), Field("age", .number)])
        let error = try #require(throws: ApusError.self) {
            try schema.align(Table(["incme": Column([1]), "age": Column([2])]))
        }
        #expect(
            error.description
                == "column 'income': the column is missing. The model was fitted with it. Did you mean 'incme'?")
    }

    @Test func `a value of another kind is refused with its row`() throws {
        let schema = try Schema([Field("age", .number)])
        let error = try #require(throws: ApusError.self) {
            try schema.align(Table(["age": Column(categories: ["3", "abc"])]))
        }
        #expect(error.place == "column 'age' row 2")
        #expect(error.finding == "expected a number, found \"abc\"")
    }

    @Test func `numbers match labels that look like them`() throws {
        let schema = try Schema([Field("code", .category, categories: ["1", "2.5"])])
        let table = try schema.align(Table(["code": Column([2.5, 1, 3])]))
        #expect((0..<3).map { table.columns[0].text($0) } == ["2.5", "1", nil])
    }
}

@Suite struct NearestTests {
    @Test(arguments: [("learing_rate", "learning_rate"), ("Incme", "income"), ("agee", "age"), ("xyz", nil)])
    func `a slip finds the name that was meant`(given: String, meant: String?) {
        #expect(Nearest.name(to: given, among: ["age", "income", "learning_rate"]) == meant)
    }

    @Test func `a name that shares nothing is no slip, however short`() {
        #expect(Nearest.name(to: "z", among: ["q", "qz"]) == "qz")
        #expect(Nearest.name(to: "z", among: ["q"]) == nil)
        #expect(Nearest.name(to: "ab", among: ["cd"]) == nil)
    }

    @Test(arguments: [
        ("mlp", ["multilayer_perceptron"]), ("rf", ["random_forest"]), ("LR", ["linear_regression"]), ("m", []),
        ("pm", []), ("mm", []),
    ])
    func `an abbreviation finds the names that it may be short for`(given: String, meant: [String]) {
        let names = ["multilayer_perceptron", "linear_regression", "random_forest", "ridge"]
        #expect(Nearest.names(shortenedTo: given, among: names) == meant)
    }
}

@Suite struct CounterRandomTests {
    @Test func `Philox gives the published vectors`() {
        // Random123 1.14, kat_vectors: philox4x32 10.
        #expect(
            CounterRandom.philox(counter: (0, 0, 0, 0), key: (0, 0)) == (
                0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8
            ))
        let ones = UInt32.max
        #expect(
            CounterRandom.philox(counter: (ones, ones, ones, ones), key: (ones, ones))
                == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            CounterRandom.philox(
                counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0))
                == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func `numbers depend on seed, purpose and index alone`() {
        let first = CounterRandom(seed: 1, purpose: "split")
        #expect(first[7] == CounterRandom(seed: 1, purpose: "split")[7])
        #expect(first[7] != first[8])
        #expect(first[7] != CounterRandom(seed: 2, purpose: "split")[7])
        #expect(first[7] != CounterRandom(seed: 1, purpose: "bootstrap")[7])
    }

    @Test func `a permutation holds each number once and units are spread evenly`() {
        let random = CounterRandom(seed: 3, purpose: "test")
        #expect(random.permutation(1_000).sorted() == Array(0..<1_000))
        let mean = (0..<10_000).reduce(0) { $0 + random.unit($1) } / 10_000
        // Standard error 0.0029; five of them.
        #expect(abs(mean - 0.5) < 0.0145)
    }
}

@Suite struct RegistryTests {
    private struct First: Transform {
        static let descriptor = Descriptor(id: "transform.scale", summary: "One.")
        init() {}
        func plan(_ schema: Schema) throws -> Schema { schema }
        func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform { throw ApusError("no") }
        static func restore(_ state: State) throws -> any FittedTransform { throw ApusError("no") }
    }

    private struct Malformed: Monitor {
        static let descriptor = Descriptor(id: "Monitor", summary: "Two.")
        init() {}
        func start() throws -> any MonitorSession { throw ApusError("no") }
    }

    @Test func `ids are found whole and short, and a slip names the nearest`() throws {
        var registry = Registry()
        try registry.register(First.self)
        #expect(try registry.find("scale").descriptor.id == "transform.scale")
        #expect(try registry.find("transform.scale", kind: .transform).descriptor.id == "transform.scale")
        let error = #expect(throws: ApusError.self) { try registry.find("scal") }
        #expect(error?.description == "there is no plugin 'scal'. Did you mean 'scale'?")
        #expect(throws: ApusError.self) { try registry.find("scale", kind: .model) }
    }

    @Test func `an id is taken once and has two parts`() throws {
        var registry = Registry()
        try registry.register(First.self)
        #expect(throws: ApusError.self) { try registry.register(First.self) }
        #expect(throws: ApusError.self) { try registry.register(Malformed.self) }
    }
}
