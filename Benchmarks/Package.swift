// swift-tools-version: 6.1
import PackageDescription

// Benchmarks, apart from the main build. Each target checks its results before it times anything. Targets name the core
// beside the umbrella that exports it: else they are not compiled again where it changes.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "apus", path: "..")],
    targets: [
        // CSV file → typed columns.
        .executableTarget(
            name: "csv",
            dependencies: [
                .product(name: "ApusCore", package: "apus"), .product(name: "ApusReaders", package: "apus"),
            ]),
        // Boosted trees on a table in memory: seconds, and what a fit adds to the peak of memory.
        .executableTarget(
            name: "boosting",
            dependencies: [
                .product(name: "ApusCore", package: "apus"), .product(name: "Apus", package: "apus"),
                .product(name: "ApusReaders", package: "apus"),
            ]),
        // Table in memory → predictions, in batches and row by row, and contributions.
        .executableTarget(
            name: "prediction",
            dependencies: [
                .product(name: "ApusCore", package: "apus"), .product(name: "Apus", package: "apus"),
                .product(name: "ApusReaders", package: "apus"),
            ]),
        // The kernels against the hardware, as JSON.
        .executableTarget(
            name: "kernels",
            dependencies: [
                .product(name: "ApusCore", package: "apus"), .product(name: "ApusBenchmarking", package: "apus"),
            ]),
        // One linear learner on columns of doubles from a folder.
        .executableTarget(
            name: "linear",
            dependencies: [.product(name: "ApusCore", package: "apus"), .product(name: "Apus", package: "apus")]),
        // Every learner, fit and predict on both backends.
        .executableTarget(
            name: "learners",
            dependencies: [.product(name: "ApusCore", package: "apus"), .product(name: "Apus", package: "apus")]),
        // An epoch of a multilayer perceptron, beside its matrix products alone.
        .executableTarget(
            name: "networks",
            dependencies: [
                .product(name: "ApusCore", package: "apus"), .product(name: "Apus", package: "apus"),
                .product(name: "ApusKernels", package: "apus"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
