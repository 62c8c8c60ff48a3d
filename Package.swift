// swift-tools-version: 6.1
import PackageDescription

// The architecture on one page: a target depends only on targets below its layer (arrows point down).

/// A plugin bundle: Core for the protocols, Kernels for the hot paths, never another plugin.
func plugins(_ name: String, path: String, _ more: [Target.Dependency] = ["ApusKernels"]) -> Target {
    .target(name: name, dependencies: ["ApusCore"] + more, path: "Plugins/\(path)")
}

/// Tests of the target of the same name, one folder each. All that they import is named: what reaches them only through
/// another target may change without their being compiled again.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: ["ApusCore"] + dependencies, path: "Tests/\(name)Tests")
}

let package = Package(
    name: "apus",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Apus", targets: ["Apus"]),
        .library(name: "ApusBenchmarking", targets: ["ApusBenchmarking"]),
        .library(name: "ApusCLI", targets: ["ApusCLI"]),
        .library(name: "ApusCore", targets: ["ApusCore"]),
        .library(name: "ApusKernels", targets: ["ApusKernels"]),
        .library(name: "ApusReaders", targets: ["ApusReaders"]),
        .library(name: "ApusPluginTesting", targets: ["ApusPluginTesting"]),
        .executable(name: "apus", targets: ["ApusMain"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Layer 0: C on the hot paths. Knows no model.
        .target(
            name: "CKernels", path: "CKernels",
            cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))],
            linkerSettings: [
                .linkedLibrary("openblas"), .linkedLibrary("lapacke"), .linkedLibrary("z"), .linkedLibrary("m"),
            ]),

        // Layer 0: digests. Debian has it as libssl-dev.
        .systemLibrary(name: "COpenSSL", path: "Sources/OpenSSL"),

        // Layer 1: data, plugin protocols, registry, parameters, errors. No C, no algorithm's name.
        .target(name: "ApusCore", path: "Sources/Core"),
        // Layer 1: safe Swift over CKernels, and its pure-Swift twin.
        .target(name: "ApusKernels", dependencies: ["ApusCore", "CKernels"], path: "Sources/Kernels"),

        // Layer 2: plugins.
        plugins("ApusReaders", path: "Readers"),
        plugins("ApusTransforms", path: "Transforms"),
        plugins("ApusBaselines", path: "Models/Baselines", []),
        plugins("ApusLinear", path: "Models/Linear"),
        plugins("ApusTrees", path: "Models/Trees"),
        plugins("ApusBayes", path: "Models/Bayes"),
        plugins("ApusNeural", path: "Models/Neural"),
        plugins("ApusObjectives", path: "Objectives"),
        plugins("ApusOptimizers", path: "Optimizers"),
        // Names every built-in bundle, and only that.
        plugins(
            "ApusBuiltins", path: "Builtins",
            [
                "ApusReaders", "ApusTransforms", "ApusBaselines", "ApusLinear", "ApusTrees", "ApusBayes",
                "ApusNeural", "ApusObjectives", "ApusOptimizers",
            ]),

        // Layer 3: split → fit transforms → fit learner → predict; the artifact.
        .target(name: "ApusPipeline", dependencies: ["ApusCore", "COpenSSL"], path: "Sources/Pipeline"),
        // Layer 4: a run from configuration to record: train, evaluate, predict, report.
        .target(
            name: "ApusLifecycle",
            dependencies: [
                "ApusCore", "ApusKernels", "ApusPipeline", "Yams",
            ],
            path: "Sources/Lifecycle"),
        // Contracts that every plugin is held to; public, for authors of plugins.
        .target(name: "ApusPluginTesting", dependencies: ["ApusCore", "ApusPipeline"], path: "Sources/PluginTesting"),
        // Kernels against the hardware: what `apus benchmark` and the package of benchmarks share.
        .target(name: "ApusBenchmarking", dependencies: ["ApusCore", "ApusKernels"], path: "Sources/Benchmarking"),
        // Layer 5: verbs: parse, call, print. No policy.
        .target(
            name: "ApusCLI",
            dependencies: [
                "ApusLifecycle", "ApusBuiltins", "ApusBenchmarking",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/CLI"),
        // `import Apus`: the library, re-exported under one name.
        .target(
            name: "Apus", dependencies: ["ApusCore", "ApusPipeline", "ApusLifecycle", "ApusBuiltins"],
            path: "Sources/Apus"),
        .executableTarget(name: "ApusMain", dependencies: ["ApusCLI"], path: "Sources/Main"),

        tests("Core"),
        tests("Kernels", ["ApusKernels", "CKernels"]),
        tests("Benchmarking", ["ApusBenchmarking"]),
        tests("Readers", ["ApusReaders"]),
        tests("Transforms", ["ApusTransforms", "ApusPipeline"]),
        tests("Optimizers", ["ApusOptimizers"]),
        tests(
            "Linear",
            [
                "ApusKernels", "ApusLinear", "ApusBaselines", "ApusObjectives", "ApusOptimizers", "ApusBuiltins",
                "ApusPipeline",
            ]),
        tests("Objectives", ["ApusObjectives", "ApusBuiltins", "ApusPluginTesting"]),
        // Counts a thread's requests for memory in the executable that it is linked to: for tests alone.
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        tests(
            "Trees",
            [
                "ApusKernels", "ApusTrees", "ApusObjectives", "ApusBuiltins", "ApusPipeline", "AllocationCounter",
            ]),
        tests("Bayes", ["ApusBayes", "ApusBuiltins", "ApusPipeline"]),
        tests("Neural", ["ApusKernels", "ApusNeural", "ApusBuiltins", "ApusPipeline"]),
        tests("Pipeline", ["ApusPipeline", "ApusBuiltins"]),
        tests("Lifecycle", ["ApusKernels", "ApusPipeline", "ApusLifecycle", "ApusBuiltins"]),
        tests("Contract", ["ApusPluginTesting", "ApusBuiltins"]),
        tests("CLI", ["ApusPipeline", "ApusCLI", "Apus"]),
    ],
    swiftLanguageModes: [.v6]
)
