import ApusCore
import ApusReaders
import Foundation
import Testing

/// Pipes that keep their reader waiting.
@Suite struct StreamTests {
    private let pipe = FileManager.default.temporaryDirectory.appending(path: "apus-pipe-\(UUID().uuidString)").path

    @Test func `a named pipe that nobody writes to is left when the work is cancelled`() throws {
        try #require(mkfifo(pipe, 0o600) == 0)
        defer { unlink(pipe) }
        let cancellation = Cancellation()
        cancellation.cancel()
        let error = try #require(throws: ApusError.self) {
            try CSVReader().open(.file(pipe), in: RunContext(cancellation: cancellation))
        }
        #expect(error.kind == .cancelled)
    }

    @Test func `a named pipe is read to its end by a reader that came before the writer`() throws {
        try #require(mkfifo(pipe, 0o600) == 0)
        defer { unlink(pipe) }
        let path = pipe
        // Opening it for writing waits for the reader; the pause lets the reader ask for bytes that are not there.
        Thread.detachNewThread {
            guard let file = fopen(path, "w") else { return }
            usleep(20_000)
            fputs("a,b\n1,x\n", file)
            fflush(file)
            usleep(20_000)
            fputs("2,y\n", file)
            fclose(file)
        }
        #expect(cells(try read(file: path).table) == [["1", "x"], ["2", "y"]])
    }

    @Test func `signals do not keep a silent pipe from being left`() throws {
        signal(SIGUSR1) { _ in }
        let silent = Pipe()
        let source = Source.file("/dev/fd/\(silent.fileHandleForReading.fileDescriptor)")
        let cancellation = Cancellation()
        let reader = Reader()
        Thread.detachNewThread {
            reader.begin()
            do {
                _ = try CSVReader().open(source, in: RunContext(cancellation: cancellation))
                reader.end(nil)
            } catch {
                reader.end(error as? ApusError)
            }
        }
        let thread = reader.thread()
        for _ in 0..<50 {
            pthread_kill(thread, SIGUSR1)
            usleep(2_000)
        }
        cancellation.cancel()
        let error = reader.error(orAfterMinute: { try? silent.fileHandleForWriting.close() })
        #expect(error?.kind == .cancelled)
    }
}

/// A thread that reads, seen from the one that waits for it.
private final class Reader: @unchecked Sendable {
    private let condition = NSCondition()
    private var running: pthread_t?
    private var result: ApusError??

    func begin() {
        condition.withLock {
            running = pthread_self()
            condition.broadcast()
        }
    }

    func end(_ error: ApusError?) {
        condition.withLock {
            result = .some(error)
            condition.broadcast()
        }
    }

    func thread() -> pthread_t {
        condition.withLock {
            while true {
                if let running { return running }
                condition.wait()
            }
        }
    }

    /// What the reading ended with; after a minute without an end, `free` is called so that it ends.
    func error(orAfterMinute free: () -> Void) -> ApusError? {
        condition.withLock {
            while true {
                if let result { return result }
                if !condition.wait(until: Date(timeIntervalSinceNow: 60)) { free() }
            }
        }
    }
}
