import ApusCore

/// The built-in readers.
public struct ReadersBundle: PluginBundle {
    /// CSV.
    public static let plugins: [any Plugin.Type] = [CSVReader.self]
}
