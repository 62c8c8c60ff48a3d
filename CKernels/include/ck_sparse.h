#pragma once
#include "ck_cpu.h"
#include <stddef.h>
#include <stdint.h>

/// Rows, or columns, of a matrix of which only the entries are held (compressed sparse rows, or columns).
///
/// The entries of line i are the positions offsets[i] .. offsets[i + 1] of `indices` and `values`; indices lie inside
/// what they index. `level` chooses the compiled variant; pass `ck_cpu()`. Nothing aliases. NaN and infinity in factors
/// and coefficients pass through.

/// margins[i] += Σ values · coefficients[indices] over the entries of row i. Products and sums are fused where the
/// level can, so levels differ in the last bits; a row's sum does not depend on the rows around it. Entries behind
/// those of the last row may be asked into the cache; they may lie beyond the end.
void ck_sparse_margins(ck_cpu_level level, size_t rows, const int64_t *offsets, const int32_t *indices,
                       const double *values, const double *coefficients, double *margins);

/// sums[labels[i] · stride + index] += factors[i] · value for every entry, rows in their order: Xᵀ · factors where
/// `labels` is null (all rows are of label 0). Null factors are ones. Every level gives the same bits.
void ck_sparse_sums(size_t rows, size_t stride, const int64_t *offsets, const int32_t *indices, const double *values,
                    const int32_t *labels, const double *factors, double *sums);

/// weights[place] += factors[i] and squares[place] += factors[i] · (value − means[place])² for every entry, with place
/// = labels[i] · stride + index; labels and factors as above. Every level gives the same bits.
void ck_sparse_squares(size_t rows, size_t stride, const int64_t *offsets, const int32_t *indices, const double *values,
                       const int32_t *labels, const double *factors, const double *means, double *weights,
                       double *squares);

/// What one sweep of `ck_sparse_sweep` works on: columns with their entries, and of each column the mean that is
/// subtracted, the curvature Σ weight · (x − mean)², and both penalties; of each row a weight, or null for ones.
typedef struct {
    const int64_t *offsets;
    const int32_t *indices;
    const double *values;
    const double *means;
    const double *curvatures;
    const double *l1;
    const double *l2;
    const double *weights;
    double total;    ///< Σ weight
    int is_positive; ///< whether coordinates stay at or above zero
} ck_sparse_problem;

/// One visit of each of the `count` columns in `places`, in order: the coordinate u[k] that minimises
/// ½ Σ weight · (residual + *shift)² + Σ l1 |u| + ½ Σ l2 u², where the rows' residuals follow from u as
/// residual −= Δu · x and *shift += Δu · mean. Σ weight · (residual + *shift) has to be 0 where means are not.
/// Returns the greatest |Δu| · √(curvature + l2).
double ck_sparse_sweep(size_t count, const int32_t *places, const ck_sparse_problem *problem, double *u,
                       double *residuals, double *shift);

/// Rows of `width` numbers, for descent along them in any order.
typedef struct {
    const int64_t *offsets;
    const int32_t *indices;
    const double *values;
    size_t width;
} ck_sparse_rows;

/// Steps of stochastic gradient descent that touch the coefficients of the entries of their rows alone, although each
/// scales all of them and cuts all towards 0. A coefficient (scores × width) is factor · held, after |held| has been
/// cut by taken − takings[element], which happens when its element is met. Null takings: nothing is cut.
///
/// margins[scores i + k] = x[rows[i]] · coefficients[k] + intercepts[k], those of the entries brought up to date.
/// `rows` may name up to `count` rows more, `ahead` of them, that will be asked for next. Products and sums are fused
/// where the level can, so levels differ in the last bits.
void ck_sparse_steps_margins(ck_cpu_level level, size_t count, size_t ahead, size_t scores, double factor, double taken,
                             const int64_t *rows, const ck_sparse_rows *x, const double *intercepts, double *takings,
                             double *held, double *margins);

/// held[k] −= share · Σ residuals[scores i + k] · x[rows[i]], row after row; every level gives the same bits.
void ck_sparse_steps_take(size_t count, size_t scores, double share, const int64_t *rows, const ck_sparse_rows *x,
                          const double *residuals, double *held);
