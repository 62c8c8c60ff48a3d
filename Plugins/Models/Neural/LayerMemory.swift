/// What one layer leaves behind for the way back, `(rows, width)` each.
struct LayerMemory {
    /// What goes into the activation, or what came out of it where that needs no more.
    let sums: Scratch<Float>
    /// What the next layer sees: the same memory, unless both are needed.
    let outputs: Scratch<Float>
    /// Sums of mean 0 and deviation 1, and one over the deviation a row, for layer norm.
    let normal: Scratch<Float>?
    let inverse: Scratch<Float>?
    /// The factors of dropout.
    let mask: Scratch<Float>?
    /// The gradient by the sums.
    let gradient: Scratch<Float>

    init(rows: Int, width: Int, isSplit: Bool, isNormalised: Bool, isMasked: Bool) {
        let size = rows * width
        sums = Scratch(size)
        outputs = isSplit ? Scratch(size) : sums
        normal = isNormalised ? Scratch(size) : nil
        inverse = isNormalised ? Scratch(rows) : nil
        mask = isMasked ? Scratch(size) : nil
        gradient = Scratch(size)
    }
}
