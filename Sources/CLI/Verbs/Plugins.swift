import ApusCore
import ArgumentParser

struct Plugins: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List and describe plugins: readers, transforms, models and more.",
        discussion: """
            Examples:
              apus plugins
              apus plugins describe gradient_boosting
            """, subcommands: [List.self, Describe.self], defaultSubcommand: List.self)

    struct List: Verb {
        static let configuration = CommandConfiguration(
            abstract: "List all plugins.", discussion: "Example: apus plugins list --json")

        @OptionGroup var display: OutputOptions

        func run(_ environment: Environment) throws -> Int32 {
            let terminal = environment.terminal
            if display.json {
                try terminal.print(
                    JSON.list(environment.registry.plugins.map { Describe.json($0) }).serialized(indent: 2))
                return 0
            }
            for kind in PluginKind.allCases where !display.quiet {
                let plugins = environment.registry.plugins(kind)
                if plugins.isEmpty { continue }
                try terminal.print(terminal.bold(kind.rawValue))
                for plugin in plugins {
                    let line = "  " + plugin.descriptor.id.left(30) + " " + plugin.descriptor.summary
                    try terminal.print(line.wrapped(indent: 33))
                }
            }
            return 0
        }
    }

    struct Describe: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Describe one plugin and its parameters.",
            discussion: "Example: apus plugins describe gradient_boosting")

        @Argument(help: "The id, whole or short.") var id: String
        @OptionGroup var display: OutputOptions

        func run(_ environment: Environment) throws -> Int32 {
            let plugin = try environment.registry.find(id)
            if display.json {
                try environment.terminal.print(Describe.json(plugin).serialized(indent: 2))
            } else {
                try Describe.text(plugin, environment.terminal).forEach(environment.terminal.print)
            }
            return 0
        }

        private static func text(_ plugin: any Plugin.Type, _ terminal: Terminal) -> [String] {
            let descriptor = plugin.descriptor
            var lines = [
                terminal.bold("\(descriptor.id)") + ", \(plugin.kind.rawValue), state version \(descriptor.version)",
                descriptor.summary.wrapped(),
            ]
            if !descriptor.tasks.isEmpty {
                lines.append("Learns: \(descriptor.tasks.map(\.rawValue).sorted().joined(separator: ", "))")
            }
            if !descriptor.capabilities.isEmpty {
                let words = descriptor.capabilities.map { $0.rawValue.replacing("_", with: " ") }
                lines.append("Abilities: \(words.sorted().joined(separator: ", "))".wrapped())
            }
            if !descriptor.source.isEmpty { lines.append("Source: \(descriptor.source)".wrapped(indent: 8)) }
            if !plugin.parameters.isEmpty { lines += ["", terminal.bold("Parameters")] }
            for parameter in plugin.parameters {
                let unit = parameter.unit.map { ", in \($0)" } ?? ""
                lines.append("  \(parameter.name) = \(parameter.defaultValue.serialized())")
                lines.append(
                    "      "
                        + "\(parameter.summary) (\(parameter.expectation)\(unit))".wrapped(72).replacing(
                            "\n", with: "\n      "))
            }
            return lines
        }

        static func json(_ plugin: any Plugin.Type) -> JSON {
            let descriptor = plugin.descriptor
            return [
                "id": .text(descriptor.id), "kind": .text(plugin.kind.rawValue), "version": descriptor.version.json,
                "summary": .text(descriptor.summary), "source": .text(descriptor.source),
                "tasks": descriptor.tasks.map(\.rawValue).sorted().json,
                "capabilities": descriptor.capabilities.map(\.rawValue).sorted().json,
                "parameters": .list(
                    plugin.parameters.map {
                        [
                            "name": .text($0.name), "kind": .text($0.kind.rawValue), "default": $0.defaultValue,
                            "expects": .text($0.expectation), "summary": .text($0.summary),
                        ]
                    }),
            ]
        }
    }
}
