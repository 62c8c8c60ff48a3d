// `import Apus` gives the whole library.
@_exported import ApusBuiltins
@_exported import ApusCore
@_exported import ApusLifecycle
@_exported import ApusPipeline
