/// Times work.
public enum Stopwatch {
    /// The least seconds of at least three runs, and of as many as fill a quarter of a second.
    public static func best(_ body: () throws -> Void) rethrows -> Double { try best(of: 3, filling: 0.25, body) }

    /// The least seconds of each, timed in turn three times over, each time once at least and for a tenth of a second: what
    /// the machine is busy with besides, or what the one before has left in the caches, then troubles all alike.
    public static func best(inTurn bodies: [() throws -> Void]) throws -> [Double] {
        var seconds = [Double](repeating: .infinity, count: bodies.count)
        for _ in 0..<3 {
            for (place, body) in bodies.enumerated() {
                seconds[place] = min(seconds[place], try best(of: 1, filling: 0.1, body))
            }
        }
        return seconds
    }

    private static func best(of least: Int, filling span: Double, _ body: () throws -> Void) rethrows -> Double {
        var (best, total, runs) = (Double.infinity, 0.0, 0)
        while runs < least || total < span && runs < 10_000 {
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
