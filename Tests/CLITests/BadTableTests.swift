import Foundation
import Testing

/// Tables that cannot be learned from, or only with a note: what `apus train` says, word for word.
struct BadTableTests {
    private let tool: Tool
    init() throws { tool = try Tool() }

    private func train(_ file: String, _ more: String...) throws -> Tool.Outcome {
        let binary = try #require(Tool.binary, "the binary is not built").path
        return try tool.run(
            [binary, "train", file, "--target", "y", "--model", "logistic_regression", "-o", "y.apus"] + more)
    }

    /// The message of a refusal; it has to leave nothing behind and nothing on standard output.
    private func refusal(_ file: String) throws -> String {
        let before = try tool.names()
        let outcome = try train(file)
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.output == "")
        #expect(try tool.names() == before)
        return outcome.error
    }

    /// What is printed of a run that succeeds, its lines joined.
    private func report(_ file: String, _ more: String...) throws -> String {
        let binary = try #require(Tool.binary, "the binary is not built").path
        let outcome = try tool.run(
            [binary, "train", file, "--target", "y", "--model", "logistic_regression", "-o", "y.apus", "--force"] + more
        )
        #expect(outcome.status == 0, "\(outcome)")
        return outcome.output.unwrapped
    }

    /// Rows `i,b,y`: numbers that tell the class, as far as `first` leaves them.
    private func rows(_ count: Int, first: (Int) -> String = { "\($0)" }) -> [String] {
        (0..<count).map { "\(first($0)),\(($0 * 7) % 11),\($0 % 2 == 0 ? "yes" : "no")" }
    }

    @Test func `a file that is not there`() throws {
        #expect(try refusal("none.csv") == "apus train: none.csv: there is no such file.\n")
    }

    @Test func `a folder`() throws {
        try FileManager.default.createDirectory(at: tool.folder.appending(path: "f"), withIntermediateDirectories: true)
        #expect(try refusal("f").hasPrefix("apus train: f: it is a folder, not a file."))
    }

    @Test(.enabled(if: getuid() != 0, "the superuser may read every file"))
    func `a file that may not be read`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0], ofItemAtPath: tool.folder.appending(path: "a.csv").path)
        #expect(try refusal("a.csv").hasPrefix("apus train: a.csv: "))
    }

    @Test func `an empty file`() throws {
        try tool.write("a.csv", [UInt8]())
        #expect(try refusal("a.csv") == "apus train: a.csv: the file is empty.\n")
    }

    @Test func `a header and nothing else`() throws {
        try tool.write("a.csv", ["a,b,y"])
        #expect(
            try refusal("a.csv") == "apus train: a.csv: it holds a header of 3 columns but no rows. "
                + "If its first line is data, say --set data.header=false.\n")
    }

    @Test func `one column`() throws {
        try tool.write("a.csv", ["y"] + (0..<20).map { $0 % 2 == 0 ? "yes" : "no" })
        #expect(
            try refusal("a.csv") == "apus train: no column is left to learn from. "
                + "Give the table at least one column of numbers, flags or categories beside the target.\n")
    }

    @Test func `a target that is not there, and the nearest name`() throws {
        try tool.write("a.csv", ["a,b,why"] + rows(40))
        #expect(
            try refusal("a.csv").hasPrefix("apus train: target column: there is no column 'y'. "))
        let outcome = try tool.apus("train", "a.csv", "--target", "hwy")
        #expect(outcome.error == "apus train: target column: there is no column 'hwy'. Did you mean 'why'?\n")
        #expect(outcome.status == 1)
    }

    @Test func `no target, and a position outside the table`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40))
        let none = try tool.apus("train", "a.csv")
        #expect(none.error == "apus train: no target is named. Say which column to learn: --target NAME.\n")
        #expect(none.status == 2)
        let outside = try tool.apus("train", "a.csv", "--target", "4")
        #expect(outside.error.hasPrefix("apus train: target column: there is no column 4: the table has 3."))
        #expect(outside.status == 2)
    }

    @Test func `a constant target`() throws {
        try tool.write("a.csv", ["a,y"] + (0..<20).map { "\($0),yes" })
        #expect(
            try refusal("a.csv") == "apus train: target column 'y': it is constant: every row has 'yes'. "
                + "There is nothing to learn; choose another target.\n")
    }

    @Test func `a target with missing values: the rows are left out and counted`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40) + ["1,2,", "3,4,NA", "5,6,?", "7,8,nan", "9,0,NULL"])
        let report = try report("a.csv")
        #expect(report.contains("Note 5 rows have no value in the target 'y' and are left out."))
        #expect(report.contains("32 train, 8 test"))
    }

    @Test func `a target without any value`() throws {
        try tool.write("a.csv", ["a,y"] + (0..<20).map { "\($0)," })
        #expect(try refusal("a.csv").hasPrefix("apus train: target column 'y': every value is missing."))
    }

    @Test func `a column without any value is set aside, a constant one does no harm`() throws {
        try tool.write("a.csv", ["gap,flat,a,y"] + (0..<40).map { ",7,\($0),\($0 % 2 == 0 ? "yes" : "no")" })
        let report = try report("a.csv")
        #expect(report.contains("Column 'gap' is set aside: all its values are missing."))
        #expect(report.contains("Column 'flat' has one value in the training rows"))
    }

    @Test func `numbers mixed with a word: the row that broke the column is named`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40) { $0 == 30 ? "abc" : "\($0)" })
        #expect(
            try report("a.csv").contains(
                "Column 'a' is read as a category: row 31 holds \"abc\", while 39 values are numbers. "
                    + "Add \"abc\" to data.missing, or declare the column categorical."))
    }

    @Test func `a word in a target of numbers is no class of its own`() throws {
        try tool.write("a.csv", ["a,y"] + (0..<40).map { "\($0),\($0 == 30 ? "abc" : "\($0).5")" })
        #expect(
            try refusal("a.csv") == "apus train: target column 'y': expected numbers or labels, found 39 different "
                + "numbers beside 'abc'. Add 'abc' to data.missing, or name the task if they are labels.\n")
    }

    @Test func `free text is set aside before a model that takes none`() throws {
        try tool.write(
            "a.csv", ["a,name,y"] + (0..<40).map { "\($0),some words \($0 % 30),\($0 % 2 == 0 ? "yes" : "no")" })
        #expect(
            try report("a.csv").contains(
                "Column 'name' is set aside: free text needs a transform such as hash_text, or declare it as in "
                    + "--set data.kinds.name=category."))
        #expect(
            !(try report("a.csv", "--set", "features.transforms=[hash_text, impute]").contains("is set aside")))
    }

    @Test func `values of 1e300: trees learn from them, what scales them names the column`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40) { "\($0 - 20)e299" })
        let scaled = try train("a.csv")
        #expect(scaled.status == 1)
        #expect(
            scaled.error == "apus train: transform.standardize: column 'a': the values are too large to scale. "
                + "Set it aside, or give it in another unit.\n")
        let trees = try tool.apus("train", "a.csv", "--target", "y", "-o", "t.apus")
        #expect(trees.status == 0, "\(trees)")
    }

    @Test func `a ragged row: refused with its line, or skipped and counted`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40) + ["1,2", "1,2,yes,4"])
        #expect(
            try refusal("a.csv") == "apus train: a.csv: line 42: found 2 fields, expected 3 as in the header. "
                + "Mend the row, or leave such rows out with --on-bad-row skip.\n")
        let report = try report("a.csv", "--on-bad-row", "skip")
        #expect(report.contains("40 rows × 3 columns"))
        #expect(report.contains("2 rows"), "the skipped rows are counted: \(report)")
    }

    @Test func `an unclosed quote`() throws {
        try tool.write("a.csv", ["a,b,y", "1,\"x,yes"] + rows(40))
        #expect(
            try refusal("a.csv").hasPrefix("apus train: a.csv: line 2: a quote opens here and is never closed."))
    }

    @Test func `bytes that are not UTF-8`() throws {
        try tool.write("a.csv", Array("a,b,y\n1,K".utf8) + [0xF6] + Array("ln,yes\n2,Bonn,no\n".utf8))
        #expect(try refusal("a.csv").hasPrefix("apus train: a.csv: line 2: byte 0xF6 is not UTF-8."))
    }

    @Test func `numbers that no number can hold`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40) { $0 == 4 ? "1e400" : "\($0)" })
        #expect(
            try refusal("a.csv") == "apus train: a.csv: column 'a' row 5: \"1e400\" is beyond the largest number. "
                + "Add \"1e400\" to data.missing, or declare the column categorical.\n")
        for word in ["inf", "-inf", "Infinity"] {
            try tool.write("a.csv", ["a,b,y"] + rows(40) { $0 == 4 ? word : "\($0)" })
            #expect(
                try refusal("a.csv").hasPrefix("apus train: a.csv: column 'a' row 5: \"\(word)\" is no finite number."))
        }
    }

    @Test func `negative zero is zero`() throws {
        try tool.write("plain.csv", ["a,b,y"] + rows(40) { $0 % 3 == 0 ? "0" : "\($0)" })
        try tool.write("minus.csv", ["a,b,y"] + rows(40) { $0 % 3 == 0 ? "-0" : "\($0)" })
        func metrics(_ file: String) throws -> String {
            try #require(report(file).split(separator: "intervals ").last).components(separatedBy: " Wrote")[0]
        }
        #expect(try metrics("minus.csv") == metrics("plain.csv"))
    }

    @Test func `whole numbers of twenty digits are rounded, and said to be`() throws {
        try tool.write("a.csv", ["a,b,y"] + rows(40) { "1234567890123456789\($0 % 10)" })
        #expect(
            try report("a.csv").contains(
                "Column 'a': whole numbers such as \"12345678901234567890\" in row 1 have more digits than a number "
                    + "holds and are rounded"))
    }

    @Test func `two columns of one name`() throws {
        try tool.write("a.csv", ["a,a,y"] + rows(40))
        #expect(
            try refusal("a.csv")
                == "apus train: a.csv: header: columns 1 and 2 are both named 'a'. Rename one of them.\n")
    }

    @Test func `a column without a name`() throws {
        try tool.write("a.csv", ["a,,y"] + rows(40))
        let report = try report("a.csv")
        #expect(report.contains("c2"), "\(report)")
    }

    @Test func `twenty rows of ten thousand columns`() throws {
        let header = (0..<10_000).map { "x\($0)" }.joined(separator: ",") + ",y"
        let lines = (0..<20).map { row in
            (0..<10_000).map { "\((row * 7 + $0 * 13) % 101)" }.joined(separator: ",")
                + ",\(row % 2 == 0 ? "yes" : "no")"
        }
        try tool.write("a.csv", [header] + lines)
        #expect(try report("a.csv").contains("20 rows × 10,001 columns"))
    }

    @Test func `one row and two rows`() throws {
        try tool.write("a.csv", ["a,y", "1,yes"])
        #expect(try refusal("a.csv").hasPrefix("apus train: target column 'y': it is constant: every row has 'yes'."))
        try tool.write("a.csv", ["a,y", "1,yes", "2,no"])
        #expect(
            try refusal("a.csv").hasPrefix(
                "apus train: split: the test part would be empty: 2 rows cannot be divided."))
        try tool.write("a.csv", ["a,n", "1,1.5"])
        let one = try tool.apus("train", "a.csv", "--target", "n", "--model", "linear_regression")
        #expect(one.status == 1)
        try tool.write("a.csv", ["a,n", "1,1.5", "2,2.5"])
        let two = try tool.apus("train", "a.csv", "--target", "n", "--model", "linear_regression")
        #expect(two.status == 0, "\(two)")
        #expect(two.output.contains("1 train, 1 test"))
        #expect(two.output.contains("undefined"), "R² of one row is undefined, not NaN")
    }
}
