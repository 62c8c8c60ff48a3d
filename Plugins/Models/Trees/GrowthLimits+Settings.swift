import ApusCore
import ApusKernels

/// Which way a tree's leaves are split.
public enum GrowPolicy: String, ParameterChoice {
    /// The leaf that gains most comes first.
    case leafWise = "leaf_wise"
    /// All leaves of a depth come before deeper ones.
    case depthWise = "depth_wise"
}

/// Which way predictions may go as a feature grows.
public enum MonotoneDirection: String, ParameterChoice {
    /// Never down.
    case increasing
    /// Never up.
    case decreasing
}

extension GrowthLimits {
    /// What `settings` allow on the held columns of a table; throws where they name columns that it cannot hold to.
    init(_ settings: GradientBoosting, _ binned: BinnedTable, _ schema: Schema) throws {
        self.init(leaves: settings.numLeaves, minSamplesLeaf: settings.minSamplesLeaf, lambda: settings.regLambda)
        depth = settings.maxDepth > 0 ? settings.maxDepth : .max
        isDepthWise = settings.growPolicy == .depthWise
        minHessian = max(settings.minChildWeight, .leastNormalMagnitude)
        minGain = settings.minSplitGain
        alpha = settings.regAlpha
        categories.oneVersusRest = settings.maxCatToOnehot
        categories.maxSubset = settings.maxCatThreshold
        categories.smoothing = settings.catSmooth
        categories.subsetLambda = settings.catL2
        categories.minGroup = Double(settings.minDataPerGroup)
        directions = try GrowthLimits.directions(settings.monotoneConstraints, binned, schema)
        interactions = try GrowthLimits.interactions(settings.interactionConstraints, binned, schema)
    }

    private static func directions(
        _ constraints: [String: MonotoneDirection], _ binned: BinnedTable, _ schema: Schema
    ) throws -> [Int] {
        guard !constraints.isEmpty else { return [] }
        var directions = [Int](repeating: 0, count: schema.fields.count)
        for (name, direction) in constraints.sorted(by: { $0.key < $1.key }) {
            let position = try GrowthLimits.position(of: name, schema, in: "monotone_constraints")
            let kind = schema.fields[position].kind
            guard kind == .number || kind == .flag else {
                throw ApusError(
                    "'\(name)' is a \(kind.rawValue) and has no order", at: "parameter 'monotone_constraints'",
                    remedy: "Constrain number columns only.", kind: .usage)
            }
            directions[position] = direction == .increasing ? 1 : -1
        }
        return binned.features.map { directions[$0] }
    }

    private static func interactions(
        _ sets: [ColumnSelector], _ binned: BinnedTable, _ schema: Schema
    ) throws -> [Set<Int>] {
        guard !sets.isEmpty else { return [] }
        var positions = try sets.map { set in
            for name in set.patterns where !name.contains("*") && !name.hasPrefix(":") {
                _ = try position(of: name, schema, in: "interaction_constraints")
            }
            return Set(schema.fields.indices.filter { set.selects(schema.fields[$0]) })
        }
        positions.append(Set(schema.fields.indices).subtracting(positions.reduce([]) { $0.union($1) }))
        return positions.map { set in Set(binned.features.indices.filter { set.contains(binned.features[$0]) }) }
    }

    private static func position(of name: String, _ schema: Schema, in parameter: String) throws -> Int {
        guard let position = schema.index(of: name) else {
            throw ApusError(
                "there is no feature '\(name)'", at: "parameter '\(parameter)'",
                remedy: Nearest.suggestion(for: name, among: schema.names), kind: .usage)
        }
        return position
    }
}
