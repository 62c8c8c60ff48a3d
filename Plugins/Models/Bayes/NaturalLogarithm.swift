import ApusCore

/// ln x, −∞ for 0 and less; of subnormal numbers too.
func naturalLogarithm(_ x: Double) -> Double {
    if x <= 0 { return -.infinity }
    return x < 0x1p-1022 ? DeterministicMath.log(x * 0x1p64) - 44.3614195558364998 : DeterministicMath.log(x)
}
