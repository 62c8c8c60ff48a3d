#pragma once
#include "ck_status.h"
#include <stddef.h>

/// Dense algebra in single and double precision over OpenBLAS and LAPACK; ck_s… and ck_d… differ in nothing else.
///
/// Every function sets the library to one thread before its first call and leaves it there: callers split work over
/// `ck_parallel_for` themselves. Sizes are size_t and are checked against the library's 32-bit index: CK_TOO_LARGE is
/// returned before anything is touched. Zero sizes are legal and leave outputs as the formula says. Outputs alias no
/// input unless said. NaN and infinity pass through; only the factorisations report them (CK_NOT_FINITE).
/// "Row-major" matrices have `ld` elements from one row to the next, "column-major" ones from one column to the next.

/// The processor that the library has taken its kernels for, such as "SkylakeX". One that it does not know is given
/// kernels of a like one before main.
const char *ck_library_core(void);

/// c (m × n) = alpha · op(a) · op(b) + beta · c, row-major; op transposes if its flag is set. With beta = 0, c is not
/// read.
ck_status ck_dgemm(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc, int transpose_a, int transpose_b,
                   double alpha, double beta, const double *a, const double *b, double *c);
ck_status ck_sgemm(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc, int transpose_a, int transpose_b,
                   float alpha, float beta, const float *a, const float *b, float *c);

/// y = alpha · op(a) · x + beta · y for a row-major (m × n); y has m elements, n if transposed. beta = 0: y not read.
ck_status ck_dgemv(size_t m, size_t n, size_t lda, int transpose, double alpha, double beta, const double *a,
                   const double *x, double *y);
ck_status ck_sgemv(size_t m, size_t n, size_t lda, int transpose, float alpha, float beta, const float *a,
                   const float *x, float *y);

/// The lower triangle (column-major sense) of c (n × n) += aᵀ · a for a column-major (rows × n).
ck_status ck_dsyrk(size_t rows, size_t n, size_t lda, size_t ldc, const double *a, double *c);
ck_status ck_ssyrk(size_t rows, size_t n, size_t lda, size_t ldc, const float *a, float *c);

/// x (n × columns, column-major) = A⁻¹ x, or A⁻ᵀ x, for the lower or upper triangle A of column-major a (n × n), whose
/// other elements are not read. CK_SINGULAR, with x untouched, where the diagonal has a zero.
ck_status ck_dtrsm(size_t n, size_t columns, size_t lda, size_t ldx, int lower, int transpose, const double *a,
                   double *x);
ck_status ck_strsm(size_t n, size_t columns, size_t lda, size_t ldx, int lower, int transpose, const float *a,
                   float *x);

/// Cholesky factor of the symmetric a (n × n, lower triangle read, column-major), in place.
/// CK_SINGULAR if a is not positive definite to working precision.
ck_status ck_dpotrf(size_t n, size_t lda, double *a);
ck_status ck_spotrf(size_t n, size_t lda, float *a);

/// Estimated reciprocal condition number (1-norm) of the matrix whose Cholesky factor is `factor`; `norm` is the 1-norm
/// of that matrix. `work` holds 3 n elements, `integers` n ints.
ck_status ck_dpocon(size_t n, size_t ld, double norm, const double *factor, double *work, int *integers,
                    double *reciprocal);
ck_status ck_spocon(size_t n, size_t ld, float norm, const float *factor, float *work, int *integers,
                    float *reciprocal);

/// Elements of workspace that ck_dgeqrf, ck_dgeqp3, ck_dormqr (with up to `columns` columns), ck_dtzrzf, ck_dormrz and
/// those in single precision need for a (m × n).
size_t ck_qr_workspace(size_t m, size_t n);

/// Householder QR of a column-major a (m × n), in place: R above, reflectors below; tau holds min(m, n).
ck_status ck_dgeqrf(size_t m, size_t n, size_t lda, double *a, double *tau, double *work);
ck_status ck_sgeqrf(size_t m, size_t n, size_t lda, float *a, float *tau, float *work);

/// The same with column pivoting: pivots[j] is the 0-based original column at place j.
ck_status ck_dgeqp3(size_t m, size_t n, size_t lda, double *a, int *pivots, double *tau, double *work);
ck_status ck_sgeqp3(size_t m, size_t n, size_t lda, float *a, int *pivots, float *tau, float *work);

/// c (m × columns, column-major) = Qᵀ c with the first k reflectors that ck_dgeqrf or ck_dgeqp3 left in a.
ck_status ck_dormqr(size_t m, size_t columns, size_t k, size_t lda, size_t ldc, const double *a, const double *tau,
                    double *c, double *work);
ck_status ck_sormqr(size_t m, size_t columns, size_t k, size_t lda, size_t ldc, const float *a, const float *tau,
                    float *c, float *work);

/// Reduces the upper trapezoidal a (m × n, m <= n, column-major) to [T 0] · Z in place; tau holds m.
ck_status ck_dtzrzf(size_t m, size_t n, size_t lda, double *a, double *tau, double *work);
ck_status ck_stzrzf(size_t m, size_t n, size_t lda, float *a, float *tau, float *work);

/// x (n) = Zᵀ x with the m reflectors that ck_dtzrzf left in a (m × n).
ck_status ck_dormrz(size_t m, size_t n, size_t lda, const double *a, const double *tau, double *x, double *work);
ck_status ck_sormrz(size_t m, size_t n, size_t lda, const float *a, const float *tau, float *x, float *work);

/// Elements, and ints, of workspace that ck_dsyevd and ck_ssyevd need.
size_t ck_eigen_workspace(size_t n);
size_t ck_eigen_integers(size_t n);

/// Eigenvalues, ascending, and orthonormal eigenvectors of the symmetric a (n × n, lower triangle read, column-major):
/// a's columns are the vectors afterwards. Divide and conquer. CK_NOT_FINITE where a is not finite or no limit is
/// found.
ck_status ck_dsyevd(size_t n, size_t lda, double *a, double *values, double *work, int *integers);
ck_status ck_ssyevd(size_t n, size_t lda, float *a, float *values, float *work, int *integers);

/// Elements, and ints, of workspace that ck_dgesdd and ck_sgesdd need.
size_t ck_svd_workspace(size_t m, size_t n);
size_t ck_svd_integers(size_t m, size_t n);

/// The thin singular value decomposition of column-major a (m × n, destroyed): with k = min(m, n), u is (m × k) with
/// ldu, values (k) descend, vt is (k × n) with ldvt. CK_NOT_FINITE where a is not finite or no limit is found.
ck_status ck_dgesdd(size_t m, size_t n, size_t lda, size_t ldu, size_t ldvt, double *a, double *values, double *u,
                    double *vt, double *work, int *integers);
ck_status ck_sgesdd(size_t m, size_t n, size_t lda, size_t ldu, size_t ldvt, float *a, float *values, float *u,
                    float *vt, float *work, int *integers);
