#include "ck_blas.h"
#include "ck_library.h"

#include <cblas.h>

static CBLAS_TRANSPOSE flag(int transpose) { return transpose ? CblasTrans : CblasNoTrans; }

static int product_fits(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc) {
    return ck_fits(m) && ck_fits(n) && ck_fits(k) && ck_fits(lda) && ck_fits(ldb) && ck_fits(ldc);
}

#define CK_REAL double
#define CK_NAME(name) ck_d##name
#define CK_BLAS(name) cblas_d##name
#include "product_body.h"
#undef CK_BLAS
#undef CK_NAME
#undef CK_REAL

#define CK_REAL float
#define CK_NAME(name) ck_s##name
#define CK_BLAS(name) cblas_s##name
#include "product_body.h"
