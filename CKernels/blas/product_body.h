// Products and triangular solves, included once per precision by product.c with CK_REAL naming the element, CK_NAME the
// functions and CK_BLAS those of the library.

ck_status CK_NAME(gemm)(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc, int transpose_a,
                        int transpose_b, CK_REAL alpha, CK_REAL beta, const CK_REAL *a, const CK_REAL *b, CK_REAL *c) {
    if (!product_fits(m, n, k, lda, ldb, ldc))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    CK_BLAS(gemm)
    (CblasRowMajor, flag(transpose_a), flag(transpose_b), (int)m, (int)n, (int)k, alpha, a, ck_leading(lda), b,
     ck_leading(ldb), beta, c, ck_leading(ldc));
    return CK_OK;
}

ck_status CK_NAME(gemv)(size_t m, size_t n, size_t lda, int transpose, CK_REAL alpha, CK_REAL beta, const CK_REAL *a,
                        const CK_REAL *x, CK_REAL *y) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    size_t outputs = transpose ? n : m, inner = transpose ? m : n;
    if (inner == 0) {
        // The library returns early here and would leave y unscaled.
        for (size_t i = 0; i < outputs; i++)
            y[i] = beta == 0 ? 0 : beta * y[i];
        return CK_OK;
    }
    if (outputs == 0)
        return CK_OK;
    CK_BLAS(gemv)(CblasRowMajor, flag(transpose), (int)m, (int)n, alpha, a, ck_leading(lda), x, 1, beta, y, 1);
    return CK_OK;
}

ck_status CK_NAME(syrk)(size_t rows, size_t n, size_t lda, size_t ldc, const CK_REAL *a, CK_REAL *c) {
    if (!ck_fits(rows) || !ck_fits(n) || !ck_fits(lda) || !ck_fits(ldc))
        return CK_TOO_LARGE;
    if (rows == 0 || n == 0)
        return CK_OK;
    CK_BLAS(syrk)
    (CblasColMajor, CblasLower, CblasTrans, (int)n, (int)rows, 1, a, ck_leading(lda), 1, c, ck_leading(ldc));
    return CK_OK;
}

ck_status CK_NAME(trsm)(size_t n, size_t columns, size_t lda, size_t ldx, int lower, int transpose, const CK_REAL *a,
                        CK_REAL *x) {
    if (!ck_fits(n) || !ck_fits(columns) || !ck_fits(lda) || !ck_fits(ldx))
        return CK_TOO_LARGE;
    for (size_t j = 0; j < n; j++)
        if (a[j * lda + j] == 0)
            return CK_SINGULAR;
    if (n == 0 || columns == 0)
        return CK_OK;
    CK_BLAS(trsm)
    (CblasColMajor, CblasLeft, lower ? CblasLower : CblasUpper, flag(transpose), CblasNonUnit, (int)n, (int)columns, 1,
     a, ck_leading(lda), x, ck_leading(ldx));
    return CK_OK;
}
