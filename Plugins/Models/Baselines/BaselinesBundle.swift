import ApusCore

/// Models that look at no feature: what every other model has to beat.
public enum BaselinesBundle: PluginBundle {
    /// The zero rule and random answers.
    public static var plugins: [any Plugin.Type] { [ZeroRule.self, RandomAnswer.self] }
}
