import ApusCore
import ApusKernels

/// The kernels that learners spend their time in, the dense ones at several sizes.
enum KernelCases {
    /// Normal enough: sums of uniform draws.
    private static func draws(_ count: Int, _ purpose: String) -> Buffer<Double> {
        let random = CounterRandom(seed: 1, purpose: purpose)
        return Buffer(count: count) { target in
            for place in target.indices {
                let words = random.words(place)
                target[place] = (Double(words.0) + Double(words.1)) * 0x1p-32 - 1
            }
        }
    }

    private static func matrix(_ rows: Int, _ columns: Int, _ purpose: String) -> Matrix<Double> {
        Matrix(draws(rows * columns, purpose), rows: rows, columns: columns)
    }

    static func products(_ sizes: [Int]) -> [KernelCase] {
        sizes.flatMap { size -> [KernelCase] in
            let (a, b) = (matrix(size, size, "a"), matrix(size, size, "b"))
            let (singleA, singleB) = (single(a), single(b))
            let operations = 2 * Double(size * size * size)
            return [
                KernelCase(
                    kernel: "sgemm", size: "\(size)³", operations: operations, isSingle: true,
                    tolerance: 0x1p-23 * Double(size)
                ) { Array(try $0.product(singleA, singleB).row(size / 2)).map { Double($0) } },
                KernelCase(
                    kernel: "dgemm", size: "\(size)³", operations: operations, tolerance: 0x1p-52 * Double(size)
                ) { Array(try $0.product(a, b).row(size / 2)) },
                KernelCase(
                    kernel: "dgemv", size: "\(size)²", operations: 2 * Double(size * size),
                    tolerance: 0x1p-52 * Double(size)
                ) { try $0.product(a, vector: Array(b.row(0))) },
            ]
        }
    }

    private static func single(_ a: Matrix<Double>) -> Matrix<Float> {
        Matrix(Buffer(a.elements.map { Float($0) }), rows: a.rows, columns: a.columns)
    }

    static func factors(_ sizes: [Int]) throws -> [KernelCase] {
        try sizes.flatMap { size -> [KernelCase] in
            let root = matrix(size, 2 * size, "root")
            let a = try Kernels().product(root, root, transposingB: true)
            let cube = Double(size * size * size)
            let text = "\(size)"
            let singleA = single(a)
            let sides = Array(matrix(64, size, "sides").elements)
            guard let factor = try Kernels().cholesky(a) else { return [] }
            return [
                KernelCase(
                    kernel: "trsm", size: "\(size)²×64", operations: 64 * Double(size * size), tolerance: 1e-12
                ) { try $0.solve(triangle: factor, sides, transposing: false) },
                KernelCase(
                    kernel: "scholesky", size: text, operations: cube / 3, isSingle: true, tolerance: 1e-3
                ) {
                    guard let factor = try $0.cholesky(singleA) else { return [] }
                    return try $0.solve(factor, singleA.row(0).map { $0 }).map { Double($0) }
                },
                KernelCase(kernel: "seigen", size: text, operations: 9 * cube, isSingle: true, tolerance: 1e-4) {
                    try $0.symmetricEigen(singleA).values.map { Double($0) }
                },
                KernelCase(kernel: "cholesky", size: text, operations: cube / 3, tolerance: 1e-10) {
                    guard let factor = try $0.cholesky(a) else { return [] }
                    return try $0.solve(factor, Array(root.row(0).prefix(size)))
                },
                KernelCase(kernel: "least_squares", size: text, operations: 4 * cube / 3, tolerance: 1e-8) {
                    try $0.leastSquares(a, Array(root.row(0).prefix(size)), tolerance: 0).coefficients
                },
                KernelCase(kernel: "eigen", size: text, operations: 9 * cube, tolerance: 1e-12) {
                    try $0.symmetricEigen(a).values
                },
                KernelCase(kernel: "svd", size: text, operations: 20 * cube, tolerance: 1e-12) {
                    try $0.singularValues(a).values
                },
            ]
        }
    }

    /// Passes over tables that no cache holds: columns as they are read, and packed rows.
    static func passes(_ sizes: [Int], columns width: Int) throws -> [KernelCase] {
        try sizes.flatMap { rows -> [KernelCase] in
            let columns = (0..<width).map { draws(rows, "column \($0)") }
            let source = try StandardizedColumns(
                columns, means: [Double](repeating: 0.01, count: width),
                scales: [Double](repeating: 2, count: width), rows: rows)
            let packed = try Kernels().packed(source)
            let targets = Buffer(columns[0].map { $0 > 0 ? 1.0 : 0 })
            let labels = Buffer(columns[1].map { Int32($0 > 0.3 ? 2 : $0 > -0.3 ? 1 : 0) })
            let slopes = (0..<width).map { Double($0 % 7) / 20 }
            let cells = Double(rows * width)
            let text = "\(rows)×\(width)"
            return [
                KernelCase(kernel: "moments", size: text, operations: 6 * cells, bytes: 8 * cells, tolerance: 1e-11) {
                    try $0.moments(columns).map(\.squares)
                },
                KernelCase(
                    kernel: "class_moments", size: text, operations: 6 * cells, bytes: 8 * cells,
                    tolerance: 1e-11
                ) { try $0.classMoments(columns, codes: labels, classes: 3).flatMap { $0.map(\.squares) } },
                // Beside what is read, the new rows are cleared by the system, and their lines read and written.
                KernelCase(
                    kernel: "pack", size: text, operations: 2 * cells, bytes: 32 * cells, tolerance: 1e-15
                ) {
                    Array(try $0.packed(source).row(rows / 2))
                },
                KernelCase(
                    kernel: "gram", size: text, operations: cells * Double(width + 1), bytes: 8 * cells,
                    tolerance: 1e-11
                ) { Array(try $0.gram(source).row(0)) },
                KernelCase(
                    kernel: "qr", size: text, operations: 2 * cells * Double(width), bytes: 8 * cells, tolerance: 1e-11
                ) { try $0.triangle(source).row(0).map { abs($0) } },
                KernelCase(
                    kernel: "centred_products", size: text, operations: cells * Double(width + 1), bytes: 8 * cells,
                    tolerance: 1e-11
                ) { try $0.centredProducts(columns).map { Array($0.products.row(0)) } ?? [] },
                KernelCase(
                    kernel: "margins", size: text, operations: 2 * cells, bytes: 8 * cells, tolerance: 1e-12
                ) {
                    Array(
                        try $0.margins(
                            columns, rows: rows, means: source.means, coefficients: slopes, intercept: 0.5
                        ).prefix(1000))
                },
                KernelCase(
                    kernel: "gradient_squared", size: text, operations: 4 * cells, bytes: 8 * cells, tolerance: 1e-11
                ) {
                    try $0.linearPass(.squared, packed, targets: targets, coefficients: slopes, intercept: 0).gradient
                },
                KernelCase(
                    kernel: "gradient_logistic", size: text, operations: 4 * cells, bytes: 8 * cells, tolerance: 1e-11
                ) {
                    try $0.linearPass(.logistic, packed, targets: targets, coefficients: slopes, intercept: 0).gradient
                },
                KernelCase(
                    kernel: "gradient_columns", size: text, operations: 4 * cells, bytes: 8 * cells, tolerance: 1e-11
                ) {
                    try $0.linearPass(.logistic, source, targets: targets, coefficients: slopes, intercept: 0).gradient
                },
                KernelCase(
                    kernel: "gradient_softmax", size: text, operations: 12 * cells, bytes: 8 * cells, tolerance: 1e-11
                ) {
                    try $0.softmaxPass(
                        packed, labels: labels, coefficients: slopes + slopes.reversed() + slopes.map { -$0 },
                        intercepts: [0, 0.1, 0.2]
                    ).gradient
                },
            ]
        }
    }
}
