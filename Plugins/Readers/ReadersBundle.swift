import ApusCore

/// The built-in readers.
public struct ReadersBundle: PluginBundle {
    /// CSV and svmlight.
    public static let plugins: [any Plugin.Type] = [CSVReader.self, SVMLightReader.self]
}
