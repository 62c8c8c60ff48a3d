#include "ck_blas.h"
#include "ck_library.h"

#include <cblas.h>

static CBLAS_TRANSPOSE flag(int transpose) { return transpose ? CblasTrans : CblasNoTrans; }

static int product_fits(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc) {
    return ck_fits(m) && ck_fits(n) && ck_fits(k) && ck_fits(lda) && ck_fits(ldb) && ck_fits(ldc);
}

#define CK_TEMPLATE "product_body.h"
#include "precisions.inc"
