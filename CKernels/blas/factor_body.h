// Factorisations and what is solved by them, included once per precision by factor.c with CK_REAL naming the element,
// CK_NAME the functions and CK_LAPACK those of the library.

ck_status CK_NAME(potrf)(size_t n, size_t lda, CK_REAL *a) {
    if (!ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (n == 0)
        return CK_OK;
    lapack_int info = CK_LAPACK(potrf)(LAPACK_COL_MAJOR, 'L', (lapack_int)n, a, ck_leading(lda));
    if (info != 0)
        return CK_SINGULAR;
    for (size_t j = 0; j < n; j++)
        if (!(a[j * lda + j] > 0) || !isfinite(a[j * lda + j]))
            return CK_NOT_FINITE;
    return CK_OK;
}

ck_status CK_NAME(pocon)(size_t n, size_t ld, CK_REAL norm, const CK_REAL *factor, CK_REAL *work, int *integers,
                         CK_REAL *reciprocal) {
    *reciprocal = n == 0 ? 1 : 0;
    if (!ck_fits(n) || !ck_fits(ld))
        return CK_TOO_LARGE;
    if (n == 0)
        return CK_OK;
    return status(CK_LAPACK(pocon)(LAPACK_COL_MAJOR, 'L', (lapack_int)n, factor, ck_leading(ld), norm, reciprocal, work,
                                   integers));
}

ck_status CK_NAME(geqrf)(size_t m, size_t n, size_t lda, CK_REAL *a, CK_REAL *tau, CK_REAL *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    return status(CK_LAPACK(geqrf)(LAPACK_COL_MAJOR, (lapack_int)m, (lapack_int)n, a, ck_leading(lda), tau, work,
                                   workspace(m, n)));
}

ck_status CK_NAME(geqp3)(size_t m, size_t n, size_t lda, CK_REAL *a, int *pivots, CK_REAL *tau, CK_REAL *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    for (size_t j = 0; j < n; j++)
        pivots[j] = 0; // every column free to move
    if (m > 0 && n > 0) {
        lapack_int info = CK_LAPACK(geqp3)(LAPACK_COL_MAJOR, (lapack_int)m, (lapack_int)n, a, ck_leading(lda), pivots,
                                           tau, work, workspace(m, n));
        if (info != 0)
            return status(info);
        for (size_t j = 0; j < n; j++)
            pivots[j] -= 1;
    } else {
        for (size_t j = 0; j < n; j++)
            pivots[j] = (int)j;
    }
    return CK_OK;
}

ck_status CK_NAME(ormqr)(size_t m, size_t columns, size_t k, size_t lda, size_t ldc, const CK_REAL *a,
                         const CK_REAL *tau, CK_REAL *c, CK_REAL *work) {
    if (!ck_fits(m) || !ck_fits(columns) || !ck_fits(k) || !ck_fits(lda) || !ck_fits(ldc))
        return CK_TOO_LARGE;
    if (m == 0 || columns == 0 || k == 0)
        return CK_OK;
    return status(CK_LAPACK(ormqr)(LAPACK_COL_MAJOR, 'L', 'T', (lapack_int)m, (lapack_int)columns, (lapack_int)k, a,
                                   ck_leading(lda), tau, c, ck_leading(ldc), work, workspace(m, columns)));
}

ck_status CK_NAME(tzrzf)(size_t m, size_t n, size_t lda, CK_REAL *a, CK_REAL *tau, CK_REAL *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    return status(CK_LAPACK(tzrzf)(LAPACK_COL_MAJOR, (lapack_int)m, (lapack_int)n, a, ck_leading(lda), tau, work,
                                   workspace(m, n)));
}

ck_status CK_NAME(ormrz)(size_t m, size_t n, size_t lda, const CK_REAL *a, const CK_REAL *tau, CK_REAL *x,
                         CK_REAL *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    return status(CK_LAPACK(ormrz)(LAPACK_COL_MAJOR, 'L', 'T', (lapack_int)n, 1, (lapack_int)m, (lapack_int)(n - m), a,
                                   ck_leading(lda), tau, x, ck_leading(n), work, workspace(m, n)));
}
