#include "ck_blas.h"
#include "ck_library.h"

#include <cblas.h>

static CBLAS_TRANSPOSE flag(int transpose) { return transpose ? CblasTrans : CblasNoTrans; }

static int product_fits(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc) {
    return ck_fits(m) && ck_fits(n) && ck_fits(k) && ck_fits(lda) && ck_fits(ldb) && ck_fits(ldc);
}

ck_status ck_dgemm(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc, int transpose_a, int transpose_b,
                   double alpha, double beta, const double *a, const double *b, double *c) {
    if (!product_fits(m, n, k, lda, ldb, ldc))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    ck_library_start();
    cblas_dgemm(CblasRowMajor, flag(transpose_a), flag(transpose_b), (int)m, (int)n, (int)k, alpha, a, ck_leading(lda),
                b, ck_leading(ldb), beta, c, ck_leading(ldc));
    return CK_OK;
}

ck_status ck_sgemm(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc, int transpose_a, int transpose_b,
                   float alpha, float beta, const float *a, const float *b, float *c) {
    if (!product_fits(m, n, k, lda, ldb, ldc))
        return CK_TOO_LARGE;
    if (m == 0 || n == 0)
        return CK_OK;
    ck_library_start();
    cblas_sgemm(CblasRowMajor, flag(transpose_a), flag(transpose_b), (int)m, (int)n, (int)k, alpha, a, ck_leading(lda),
                b, ck_leading(ldb), beta, c, ck_leading(ldc));
    return CK_OK;
}

ck_status ck_dgemv(size_t m, size_t n, size_t lda, int transpose, double alpha, double beta, const double *a,
                   const double *x, double *y) {
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
    ck_library_start();
    cblas_dgemv(CblasRowMajor, flag(transpose), (int)m, (int)n, alpha, a, ck_leading(lda), x, 1, beta, y, 1);
    return CK_OK;
}

ck_status ck_dsyrk(size_t rows, size_t n, size_t lda, size_t ldc, const double *a, double *c) {
    if (!ck_fits(rows) || !ck_fits(n) || !ck_fits(lda) || !ck_fits(ldc))
        return CK_TOO_LARGE;
    if (rows == 0 || n == 0)
        return CK_OK;
    ck_library_start();
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)n, (int)rows, 1.0, a, ck_leading(lda), 1.0, c,
                ck_leading(ldc));
    return CK_OK;
}
