/// The version of this package.
public enum ApusVersion {
    /// As in a release's tag.
    public static let text = "0.1.0"
}
