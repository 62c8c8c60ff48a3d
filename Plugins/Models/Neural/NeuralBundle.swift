import ApusCore

/// Networks.
public enum NeuralBundle: PluginBundle {
    /// The multilayer perceptron.
    public static var plugins: [any Plugin.Type] { [MultilayerPerceptron.self] }
}
