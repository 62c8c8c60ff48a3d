import Foundation
import Testing

/// Artifacts and tables that do not fit: what `apus predict` and its like say, word for word.
struct BadPredictionTests {
    private let tool: Tool

    init() throws {
        tool = try Tool()
        let colours = ["red", "green", "blue"]
        let rows = (0..<60).map { "\(20 + $0),\(colours[$0 % 3]),\($0 >= 30 ? "yes" : "no")" }
        try tool.write("train.csv", ["age,colour,bought"] + rows)
        let outcome = try tool.apus(
            "train", "train.csv", "--target", "bought", "--model", "logistic_regression", "-o", "m.apus", "--quiet")
        try #require(outcome.status == 0, "\(outcome)")
    }

    private func refusal(_ artifact: String, _ table: String = "train.csv") throws -> String {
        let outcome = try tool.apus("predict", artifact, table)
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.output == "")
        return outcome.error
    }

    private func predictions(_ table: String) throws -> (lines: [String], notes: String) {
        let outcome = try tool.apus("predict", "m.apus", table, "--only-predictions")
        #expect(outcome.status == 0, "\(outcome)")
        return (outcome.output.split(separator: "\n").map(String.init), outcome.error.unwrapped)
    }

    @Test func `an artifact that is cut`() throws {
        let bytes = try tool.bytes("m.apus")
        try tool.write("cut.apus", Array(bytes.dropLast(100)))
        #expect(try refusal("cut.apus").contains("cut.apus: the artifact is corrupt: "))
        try tool.write("short.apus", Array(bytes.prefix(1000)))
        #expect(
            try refusal("short.apus").contains("short.apus: the artifact is corrupt: it is cut: a header of "))
    }

    @Test func `an artifact with a flipped bit, whichever verb reads it`() throws {
        var bytes = try tool.bytes("m.apus")
        bytes[bytes.count - 1] ^= 4
        try tool.write("flip.apus", bytes)
        let expected =
            "flip.apus: the artifact is corrupt: its content does not match its SHA-256. "
            + "Restore it from a copy, or train the model again.\n"
        #expect(try refusal("flip.apus") == "apus predict: \(expected)")
        #expect(try tool.apus("inspect", "flip.apus").error == "apus inspect: \(expected)")
        #expect(try tool.apus("evaluate", "flip.apus", "train.csv").error == "apus evaluate: \(expected)")
    }

    @Test func `an artifact of a newer format`() throws {
        var bytes = try tool.bytes("m.apus")
        let format = try #require(bytes.firstRange(of: Array("\"apus.format\":\"1\"".utf8)))
        bytes[format.upperBound - 2] = UInt8(ascii: "9")
        try tool.write("newer.apus", bytes)
        #expect(
            try refusal("newer.apus")
                == "apus predict: newer.apus: it was written by a newer Apus (format 9; this one reads up to 1). "
                + "Update Apus, or train the model again with this one.\n")
    }

    @Test func `what is no artifact`() throws {
        #expect(
            try refusal("train.csv")
                == "apus predict: train.csv: this is not an artifact. Artifacts are written by apus train.\n")
        #expect(
            try refusal("none.apus")
                == "apus predict: none.apus: there is no such file. Check the path.\n")
    }

    @Test func `a missing column`() throws {
        try tool.write("new.csv", ["age,color", "30,red"])
        #expect(
            try refusal("m.apus", "new.csv")
                == "apus predict: new.csv: column 'colour': the column is missing. "
                + "The model was fitted with it. Did you mean 'color'?\n")
    }

    @Test func `extra and reordered columns change nothing, the extra ones are named`() throws {
        try tool.write("plain.csv", ["age,colour", "30,red", "70,blue"])
        try tool.write("mixed.csv", ["height,colour,age", "1,red,30", "2,blue,70"])
        let (plain, mixed) = (try predictions("plain.csv"), try predictions("mixed.csv"))
        #expect(plain.lines.count == 3)
        #expect(mixed.lines == plain.lines)
        #expect(mixed.notes.contains("The model does not use the column 'height'"))
        #expect(plain.notes == "")
    }

    @Test func `a word in a column of numbers`() throws {
        try tool.write("new.csv", ["age,colour", "30,red", "old,red"])
        #expect(
            try refusal("m.apus", "new.csv").hasPrefix(
                "apus predict: new.csv: column 'age' row 2: expected a number, found \"old\"."))
    }

    @Test func `numbers in a column of names are names that were never seen`() throws {
        try tool.write("new.csv", ["age,colour", "30,1", "30,2"])
        #expect(
            try predictions("new.csv").notes.contains("Column 'colour': 2 values were never seen in training"))
    }

    @Test func `a category that was never seen counts as missing, and is counted`() throws {
        try tool.write("new.csv", ["age,colour", "30,violet", "30,"])
        let (lines, notes) = try predictions("new.csv")
        #expect(lines.count == 3 && lines[1] == lines[2])
        #expect(notes.contains("Column 'colour': 1 value was never seen in training and counts as missing."))
    }

    @Test func `no rows give the header that rows would`() throws {
        try tool.write("none.csv", ["id,colour,age"])
        try tool.write("one.csv", ["id,colour,age", "007,red,30"])
        let none = try tool.apus("predict", "m.apus", "none.csv")
        let one = try tool.apus("predict", "m.apus", "one.csv")
        #expect(none.status == 0, "\(none)")
        #expect(none.output == "id,colour,age,prediction,probability=yes\n")
        #expect(none.error == one.error)
        #expect(one.output.hasPrefix("\(none.output)007,red,30,no,"))
        let evaluation = try tool.apus("evaluate", "m.apus", "none.csv")
        #expect(evaluation.status == 1)
        try tool.write("other.csv", ["colour,height"])
        #expect(
            try refusal("m.apus", "other.csv")
                == "apus predict: other.csv: column 'age': the column is missing. The model was fitted with it.\n")
        try tool.write("empty.csv", [UInt8]())
        #expect(try refusal("m.apus", "empty.csv") == "apus predict: empty.csv: the file is empty.\n")
    }

    @Test func `evaluation without the truth`() throws {
        try tool.write("new.csv", ["age,colour", "30,red"])
        let outcome = try tool.apus("evaluate", "m.apus", "new.csv")
        #expect(outcome.status == 1)
        #expect(
            outcome.error.hasPrefix(
                "apus evaluate: new.csv: there is no target column 'bought'. "
                    + "Evaluation needs the truth."))
    }

    @Test func `a full disk: nothing is left behind`() throws {
        let binary = try #require(Tool.binary).path
        let before = try tool.names()
        // A limit on the size of files refuses bytes as a full disk does; the signal that comes with it is ignored.
        let limited =
            "trap '' XFSZ; ulimit -f 1; exec '\(binary)' train train.csv --target bought -o full.apus "
            + "--model logistic_regression 2>&1 >/dev/null | cat >&2"
        let outcome = try tool.run(["bash", "-o", "pipefail", "-c", limited])
        #expect(outcome.status == 1, "\(outcome)")
        #expect(
            outcome.error == "apus train: full.apus: cannot write: File too large. "
                + "Free some space, or write to another disk.\n")
        #expect(try tool.names() == before)
    }

    @Test func `a file in the way is kept`() throws {
        let before = try tool.bytes("m.apus")
        let outcome = try tool.apus("train", "train.csv", "--target", "bought", "-o", "m.apus")
        #expect(outcome.status == 1)
        #expect(
            outcome.error == "apus train: m.apus: a file stands here already. "
                + "Overwrite it with --force, or name another with -o.\n")
        #expect(try tool.bytes("m.apus") == before)
    }
}
