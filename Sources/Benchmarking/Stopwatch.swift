/// Times work.
public enum Stopwatch {
    /// The least seconds of at least three runs, and of as many as fill a quarter of a second.
    public static func best(_ body: () throws -> Void) rethrows -> Double {
        var (best, total, runs) = (Double.infinity, 0.0, 0)
        while runs < 3 || total < 0.25 && runs < 10_000 {
            let start = ContinuousClock.now
            try body()
            let taken = (ContinuousClock.now - start) / .seconds(1)
            best = min(best, taken)
            total += taken
            runs += 1
        }
        return best
    }
}
