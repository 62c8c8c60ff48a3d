#include "ck_blas.h"
#include "ck_library.h"

#include <cblas.h>
#include <lapacke.h>

// The _work calls of LAPACKE take the caller's workspace and skip the scan for NaN.

static ck_status status(lapack_int info) {
    if (info == 0)
        return CK_OK;
    return info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR ? CK_OUT_OF_MEMORY : CK_SINGULAR;
}

ck_status ck_dpotrf(size_t n, size_t lda, double *a) {
    if (!ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (n == 0)
        return CK_OK;
    ck_library_start();
    lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)n, a, ck_leading(lda));
    if (info != 0)
        return CK_SINGULAR;
    for (size_t j = 0; j < n; j++)
        if (!(a[j * lda + j] > 0) || a[j * lda + j] > 1.79e308)
            return CK_NOT_FINITE;
    return CK_OK;
}

ck_status ck_dpocon(size_t n, size_t ld, double norm, const double *factor, double *work, int *integers,
                    double *reciprocal) {
    *reciprocal = n == 0 ? 1 : 0;
    if (!ck_fits(n) || !ck_fits(ld))
        return CK_TOO_LARGE;
    if (n == 0)
        return CK_OK;
    ck_library_start();
    return status(LAPACKE_dpocon_work(LAPACK_COL_MAJOR, 'L', (lapack_int)n, factor, ck_leading(ld), norm, reciprocal,
                                      work, integers));
}

ck_status ck_dpotrs(size_t n, size_t columns, size_t ld, size_t ldx, const double *factor, double *x) {
    if (!ck_fits(n) || !ck_fits(columns) || !ck_fits(ld) || !ck_fits(ldx))
        return CK_TOO_LARGE;
    if (n == 0 || columns == 0)
        return CK_OK;
    ck_library_start();
    return status(LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', (lapack_int)n, (lapack_int)columns, factor, ck_leading(ld),
                                      x, ck_leading(ldx)));
}

enum { QR_BLOCK = 64 };

size_t ck_qr_workspace(size_t m, size_t n) {
    // dgeqp3 wants 2 n + (n + 1) nb, the others n nb or m nb plus a triangle of reflector products.
    size_t longer = m > n ? m : n;
    return 2 * longer + (longer + 1) * QR_BLOCK + (QR_BLOCK + 1) * QR_BLOCK;
}

static lapack_int workspace(size_t m, size_t n) {
    size_t size = ck_qr_workspace(m, n);
    return (lapack_int)(size > INT_MAX ? INT_MAX : size);
}

ck_status ck_dgeqrf(size_t m, size_t n, size_t lda, double *a, double *tau, double *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    ck_library_start();
    return status(LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, (lapack_int)m, (lapack_int)n, a, ck_leading(lda), tau, work,
                                      workspace(m, n)));
}

ck_status ck_dgeqp3(size_t m, size_t n, size_t lda, double *a, int *pivots, double *tau, double *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    for (size_t j = 0; j < n; j++)
        pivots[j] = 0; // every column free to move
    if (m > 0 && n > 0) {
        ck_library_start();
        lapack_int info = LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, (lapack_int)m, (lapack_int)n, a, ck_leading(lda),
                                              pivots, tau, work, workspace(m, n));
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

ck_status ck_dormqr(size_t m, size_t columns, size_t k, size_t lda, size_t ldc, const double *a, const double *tau,
                    double *c, double *work) {
    if (!ck_fits(m) || !ck_fits(columns) || !ck_fits(k) || !ck_fits(lda) || !ck_fits(ldc))
        return CK_TOO_LARGE;
    if (m == 0 || columns == 0 || k == 0)
        return CK_OK;
    ck_library_start();
    return status(LAPACKE_dormqr_work(LAPACK_COL_MAJOR, 'L', 'T', (lapack_int)m, (lapack_int)columns, (lapack_int)k, a,
                                      ck_leading(lda), tau, c, ck_leading(ldc), work, workspace(m, columns)));
}

ck_status ck_dtrsv(size_t n, size_t lda, int lower, int transpose, const double *a, double *x) {
    if (!ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    for (size_t j = 0; j < n; j++)
        if (a[j * lda + j] == 0)
            return CK_SINGULAR;
    if (n == 0)
        return CK_OK;
    ck_library_start();
    cblas_dtrsv(CblasColMajor, lower ? CblasLower : CblasUpper, transpose ? CblasTrans : CblasNoTrans, CblasNonUnit,
                (int)n, a, ck_leading(lda), x, 1);
    return CK_OK;
}

ck_status ck_dtzrzf(size_t m, size_t n, size_t lda, double *a, double *tau, double *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    ck_library_start();
    return status(LAPACKE_dtzrzf_work(LAPACK_COL_MAJOR, (lapack_int)m, (lapack_int)n, a, ck_leading(lda), tau, work,
                                      workspace(m, n)));
}

ck_status ck_dormrz(size_t m, size_t n, size_t lda, const double *a, const double *tau, double *x, double *work) {
    if (!ck_fits(m) || !ck_fits(n) || !ck_fits(lda))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    ck_library_start();
    return status(LAPACKE_dormrz_work(LAPACK_COL_MAJOR, 'L', 'T', (lapack_int)n, 1, (lapack_int)m, (lapack_int)(n - m),
                                      a, ck_leading(lda), tau, x, ck_leading(n), work, workspace(m, n)));
}
