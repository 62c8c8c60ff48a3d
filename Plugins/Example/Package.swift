// swift-tools-version: 6.1
import PackageDescription

// A package of plugins, to copy: rename it, and name the version of apus instead of the path.
let package = Package(
    name: "example-plugins",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "ExamplePlugins", targets: ["ExamplePlugins"]),
        .executable(name: "example-apus", targets: ["example-apus"]),
    ],
    dependencies: [
        .package(name: "apus", path: "../..")
    ],
    targets: [
        // The plugins need the core alone.
        .target(name: "ExamplePlugins", dependencies: [.product(name: "ApusCore", package: "apus")]),
        // A command line that knows them, beside everything built in.
        .executableTarget(
            name: "example-apus", dependencies: ["ExamplePlugins", .product(name: "ApusCLI", package: "apus")]),
        .testTarget(
            name: "ExamplePluginsTests",
            dependencies: [
                "ExamplePlugins", .product(name: "Apus", package: "apus"),
                .product(name: "ApusPluginTesting", package: "apus"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
