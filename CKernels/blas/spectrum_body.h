// Eigenvalues and singular values, included once per precision by spectrum.c with CK_REAL naming the element, CK_NAME
// the functions and CK_LAPACK those of the library.

static int CK_NAME(finite)(size_t rows, size_t columns, size_t ld, const CK_REAL *a) {
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < rows; i++)
            if (!isfinite(a[j * ld + i]))
                return 0;
    return 1;
}

ck_status CK_NAME(syevd)(size_t n, size_t lda, CK_REAL *a, CK_REAL *values, CK_REAL *work, int *integers) {
    if (!ck_fits(n) || !ck_fits(lda) || !ck_fits(ck_eigen_workspace(n)))
        return CK_TOO_LARGE;
    if (n == 0)
        return CK_OK;
    for (size_t j = 0; j < n; j++)
        if (!CK_NAME(finite)(n - j, 1, lda, a + j * lda + j))
            return CK_NOT_FINITE;
    lapack_int info = CK_LAPACK(syevd)(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)n, a, ck_leading(lda), values, work,
                                       (lapack_int)ck_eigen_workspace(n), integers, (lapack_int)ck_eigen_integers(n));
    return info == 0 ? CK_OK : CK_NOT_FINITE;
}

ck_status CK_NAME(gesdd)(size_t m, size_t n, size_t lda, size_t ldu, size_t ldvt, CK_REAL *a, CK_REAL *values,
                         CK_REAL *u, CK_REAL *vt, CK_REAL *work, int *integers) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda) || !ck_fits(ldu) || !ck_fits(ldvt) ||
        !ck_fits(ck_svd_workspace(m, n)))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    if (!CK_NAME(finite)(m, n, lda, a))
        return CK_NOT_FINITE;
    lapack_int info =
        CK_LAPACK(gesdd)(LAPACK_COL_MAJOR, 'S', (lapack_int)m, (lapack_int)n, a, ck_leading(lda), values, u,
                         ck_leading(ldu), vt, ck_leading(ldvt), work, (lapack_int)ck_svd_workspace(m, n), integers);
    return info == 0 ? CK_OK : CK_NOT_FINITE;
}
