import ApusCore

/// What this package adds; one line registers it.
public enum ExampleBundle: PluginBundle {
    /// One of each kind that is shown here.
    public static var plugins: [any Plugin.Type] {
        [SignedLog.self, NearestCentroid.self, LogCosh.self, Lion.self, MissingRate.self]
    }
}
