#include "ck_blas.h"
#include "ck_library.h"

#include <lapacke.h>
#include <math.h>

// The _work calls of LAPACKE take the caller's workspace and skip the scan for NaN.

static ck_status status(lapack_int info) {
    if (info == 0)
        return CK_OK;
    return info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR ? CK_OUT_OF_MEMORY : CK_SINGULAR;
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

#define CK_TEMPLATE "factor_body.h"
#include "precisions.inc"
