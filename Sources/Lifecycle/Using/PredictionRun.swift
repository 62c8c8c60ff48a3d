import ApusCore
import ApusPipeline

/// Predicts the rows of a file with a trained artifact, batch by batch.
public struct PredictionRun: Sendable {
    /// What predicts.
    public let artifact: Artifact
    /// Whether the input's columns are left out of the result.
    public var onlyPredictions: Bool

    /// Rows predicted at a time.
    private static let batchRows = 65_536

    /// A run of `artifact`.
    public init(_ artifact: Artifact, onlyPredictions: Bool = false) {
        self.artifact = artifact
        self.onlyPredictions = onlyPredictions
    }

    /// What was met.
    public struct Report: Sendable {
        /// Rows predicted.
        public var rows = 0
        /// What the user should know.
        public var notes: [String] = []
        /// How many rows got each label; of several labels at once, each that holds.
        public var labels: [String: Int] = [:]
        /// The mean prediction of a regression.
        public var mean = 0.0
    }

    /// Predicts every row of the file at `path` (`-`: standard input) and hands the results on, batch by batch; an
    /// empty file gives one batch of no rows.
    public func execute(
        _ path: String, reader: String? = nil, parameters: [String: JSON] = [:], in context: RunContext,
        write: (Table) throws -> Void
    ) throws -> Report {
        let id = reader ?? TableFile.readerID(for: path, registry: context.registry)
        let plugin = try context.registry.reader(PluginReference(id, parameters))
        let stream = try plugin.stream(
            path == "-" ? .standardInput : .file(path),
            schema: try Schema(
                artifact.pipeline.inputs.fields
                    + artifact.pipeline.offsets.map { Field($0, .number, role: .offset) }), in: context)
        let beside = try offsets(beside: path, stream.schema, in: context)
        var done = 0
        var report = Report()
        var labels = [Int](repeating: 0, count: artifact.pipeline.outputs.labels.count)
        var unseen: [String: Int] = [:]
        var isFirst = true
        while let batch = try stream.next(columns: nil, rows: PredictionRun.batchRows)
            ?? (isFirst ? stream.readAll() : nil)
        {
            try context.checkCancellation()
            let alignment: Schema.Alignment
            do {
                alignment = try artifact.pipeline.inputs.alignment(of: batch)
            } catch let error as ApusError {
                throw error.at(path == "-" ? "standard input" : path)
            }
            unseen.merge(alignment.unseen, uniquingKeysWith: +)
            let extra = alignment.extra.filter {
                !artifact.description.target.names.contains($0) && !artifact.pipeline.offsets.contains($0)
            }
            if isFirst, !extra.isEmpty { report.notes.append(extraNote(extra)) }
            let rows = done..<done + batch.rowCount
            done = rows.upperBound
            let offsets = try artifact.pipeline.offsets(in: beside.map { try part(of: $0, rows, path) } ?? batch)
            let prediction = try artifact.pipeline.predict(alignment.table, offsets: offsets, in: context)
            context.send(PredictionBatch(batch, prediction))
            try write(result(prediction, batch))
            count(prediction, &labels, into: &report)
            isFirst = false
        }
        report.notes = stream.report.allNotes + report.notes
        report.notes += unseen.sorted { $0.key < $1.key }.map {
            "Column '\($0.key)': \($0.value.grouped) value\($0.value == 1 ? " was" : "s were") never seen in training and count\($0.value == 1 ? "s" : "") as missing."
        }
        if let beside, beside.rowCount != done { throw mismatch(beside, path) }
        if report.rows > 0 { report.mean /= Double(report.rows) }
        for (label, count) in zip(artifact.pipeline.outputs.labels, labels) where count > 0 {
            report.labels[label] = count
        }
        return report
    }

    /// The initial scores of `PATH.init`, if the model needs them and the table does not hold them itself.
    private func offsets(beside path: String, _ schema: Schema, in context: RunContext) throws -> Table? {
        let names = artifact.pipeline.offsets
        guard path != "-", names.contains(where: { schema.index(of: $0) == nil }) else { return nil }
        return try TableFile.offsets(beside: path, in: context)
    }

    private func part(of table: Table, _ rows: Range<Int>, _ path: String) throws -> Table {
        guard rows.upperBound <= table.rowCount else { throw mismatch(table, path) }
        return try table.slice(rows)
    }

    private func mismatch(_ beside: Table, _ path: String) -> ApusError {
        ApusError(
            "found \(beside.rowCount.grouped) initial scores, one for each row of \(path) is expected",
            at: path + ".init", remedy: "Mend the file, or move it away if it does not belong to the table.")
    }

    private func extraNote(_ names: [String]) -> String {
        let shown = names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        let more = names.count > 5 ? " and \(names.count - 5) more" : ""
        return "The model does not use the column\(names.count == 1 ? "" : "s") \(shown)\(more)."
    }

    private func count(_ prediction: Prediction, _ labels: inout [Int], into report: inout Report) {
        report.rows += prediction.count
        for row in 0..<prediction.count {
            switch prediction.schema.task {
            case .regression: report.mean += prediction.value(row)
            case .binary, .multiclass: labels[prediction.classIndex(row)] += 1
            case .multilabel: for label in labels.indices where prediction.holds(row, label) { labels[label] += 1 }
            }
        }
    }

    /// The prediction as columns: `prediction`, and for classes `probability=LABEL` of the positive one of two, or of each
    /// of several. For several labels at once, `prediction=LABEL` (1 where it holds, else 0) and `probability=LABEL` for
    /// each.
    private func result(_ prediction: Prediction, _ batch: Table) throws -> Table {
        var columns: [(name: String, column: Column)] = []
        if !onlyPredictions { columns = zip(batch.schema.names, batch.columns).map { ($0, $1) } }
        let taken = Set(columns.map(\.name))
        func free(_ name: String) -> String {
            var free = name
            while taken.contains(free) { free += "_" }
            return free
        }
        func numbers(_ value: (Int) -> Double) -> Column {
            Column(
                .double(
                    Buffer(count: prediction.count) { target in
                        for row in target.indices { target[row] = value(row) }
                    }))
        }
        switch prediction.schema.task {
        case .regression:
            columns.append((free("prediction"), numbers { prediction.value($0) }))
        case .binary, .multiclass:
            let codes = Buffer<Int32>(count: prediction.count) { target in
                for row in target.indices { target[row] = Int32(prediction.classIndex(row)) }
            }
            columns.append(
                (free("prediction"), Column(.category(codes: codes, dictionary: prediction.schema.labels))))
            if prediction.schema.task == .binary {
                let positive = prediction.schema.labels.last ?? ""
                columns.append((free("probability=\(positive)"), numbers { prediction.value($0) }))
            } else {
                for (output, label) in prediction.schema.labels.enumerated() {
                    columns.append((free("probability=\(label)"), numbers { prediction.values[$0, output] }))
                }
            }
        case .multilabel:
            for (output, label) in prediction.schema.labels.enumerated() {
                let holds = Column(integers: (0..<prediction.count).map { prediction.holds($0, output) ? 1 : 0 })
                columns.append((free("prediction=\(label)"), holds))
                columns.append((free("probability=\(label)"), numbers { prediction.values[$0, output] }))
            }
        }
        return try Table(columns)
    }
}
