import ApusCore

/// The built-in readers.
public struct ReadersBundle: PluginBundle {
    /// CSV, svmlight and ARFF.
    public static let plugins: [any Plugin.Type] = [CSVReader.self, SVMLightReader.self, ARFFReader.self]
}
