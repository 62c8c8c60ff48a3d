import ApusCore

/// ln x, −∞ for 0 and less; of subnormal numbers too.
func naturalLogarithm(_ x: Double) -> Double {
    if x <= 0 { return -.infinity }
    return x < 0x1p-1022 ? DeterministicMath.log(x * 0x1p64) - 44.3614195558364998 : DeterministicMath.log(x)
}

/// What one event tells of the class, in nats, from its probability in each class: Σ prior · p · ln(p / p of all).
func mutualInformation(_ shares: [Double], _ priors: [Double]) -> Double {
    let mean = zip(shares, priors).reduce(0) { $0 + $1.0 * $1.1 }
    guard mean > 0 else { return 0 }
    let sum = zip(shares, priors).reduce(0) { sum, pair in
        pair.0 > 0 ? sum + pair.1 * pair.0 * (naturalLogarithm(pair.0) - naturalLogarithm(mean)) : sum
    }
    // Rounding of equal shares may fall below nothing.
    return max(0, sum)
}
