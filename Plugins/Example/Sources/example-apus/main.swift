import ApusCLI
import ExamplePlugins

ApusCommand.main(plugins: [ExampleBundle.self])
