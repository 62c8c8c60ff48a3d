/// Wall time by phase.
struct PhaseClock {
    private(set) var seconds: [(phase: String, seconds: Double)] = []

    mutating func time<Result>(_ phase: String, _ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer { add(phase, start) }
        return try body()
    }

    private mutating func add(_ phase: String, _ start: ContinuousClock.Instant) {
        let (whole, fraction) = (ContinuousClock.now - start).components
        let elapsed = Double(whole) + Double(fraction) * 1e-18
        if let index = seconds.firstIndex(where: { $0.phase == phase }) {
            seconds[index].seconds += elapsed
        } else {
            seconds.append((phase, elapsed))
        }
    }
}
