#include "ck_blas.h"
#include "ck_library.h"

#include <lapacke.h>
#include <math.h>

// Eigenvalues and singular values. The iterations of the library may not end on a NaN, so inputs are looked through.

static int is_finite(size_t rows, size_t columns, size_t ld, const double *a) {
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < rows; i++)
            if (!isfinite(a[j * ld + i]))
                return 0;
    return 1;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

enum { BLOCK = 64 };

size_t ck_eigen_workspace(size_t n) { return 1 + (6 + BLOCK) * n + 2 * n * n; }

size_t ck_eigen_integers(size_t n) { return 3 + 5 * n; }

ck_status ck_dsyevd(size_t n, size_t lda, double *a, double *values, double *work, int *integers) {
    if (!ck_fits(n) || !ck_fits(lda) || !ck_fits(ck_eigen_workspace(n)))
        return CK_TOO_LARGE;
    if (n == 0)
        return CK_OK;
    for (size_t j = 0; j < n; j++)
        if (!is_finite(n - j, 1, lda, a + j * lda + j))
            return CK_NOT_FINITE;
    ck_library_start();
    lapack_int info =
        LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)n, a, ck_leading(lda), values, work,
                            (lapack_int)ck_eigen_workspace(n), integers, (lapack_int)ck_eigen_integers(n));
    return info == 0 ? CK_OK : CK_NOT_FINITE;
}

size_t ck_svd_workspace(size_t m, size_t n) {
    size_t k = least(m, n);
    return 4 * k * k + 7 * k + (BLOCK + 1) * (m + n);
}

size_t ck_svd_integers(size_t m, size_t n) { return 8 * least(m, n); }

ck_status ck_dgesdd(size_t m, size_t n, size_t lda, size_t ldu, size_t ldvt, double *a, double *values, double *u,
                    double *vt, double *work, int *integers) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda) || !ck_fits(ldu) || !ck_fits(ldvt) ||
        !ck_fits(ck_svd_workspace(m, n)))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    if (!is_finite(m, n, lda, a))
        return CK_NOT_FINITE;
    ck_library_start();
    lapack_int info =
        LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'S', (lapack_int)m, (lapack_int)n, a, ck_leading(lda), values, u,
                            ck_leading(ldu), vt, ck_leading(ldvt), work, (lapack_int)ck_svd_workspace(m, n), integers);
    return info == 0 ? CK_OK : CK_NOT_FINITE;
}
