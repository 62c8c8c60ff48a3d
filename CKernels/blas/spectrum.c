#include "ck_blas.h"
#include "ck_library.h"

#include <lapacke.h>
#include <math.h>

// Eigenvalues and singular values. The iterations of the library may not end on a NaN, so inputs are looked through.

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

enum { BLOCK = 64 };

size_t ck_eigen_workspace(size_t n) { return 1 + (6 + BLOCK) * n + 2 * n * n; }

size_t ck_eigen_integers(size_t n) { return 3 + 5 * n; }

size_t ck_svd_workspace(size_t m, size_t n) {
    size_t k = least(m, n);
    return 4 * k * k + 7 * k + (BLOCK + 1) * (m + n);
}

size_t ck_svd_integers(size_t m, size_t n) { return 8 * least(m, n); }

#define CK_TEMPLATE "spectrum_body.h"
#include "precisions.inc"
