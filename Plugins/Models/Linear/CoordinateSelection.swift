import ApusCore

/// How coordinates are visited.
public enum CoordinateSelection: String, ParameterChoice {
    /// In turn.
    case cyclic
    /// Drawn at random.
    case random
}
