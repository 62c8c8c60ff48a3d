#pragma once
#include "ck_cpu.h"
#include "ck_status.h"
#include <stddef.h>
#include <stdint.h>

/// Passes over a matrix for models that descend a gradient, and the moments of a column.
///
/// `level` chooses the compiled variant and is clamped to what the processor has; pass `ck_cpu()`. Sums are
/// vectorised, so levels differ in the last bits; one level always gives the same bits. `weights` may be null, which
/// means all ones. Inputs and outputs never alias. NaN and infinity pass through to the sums.

/// What `ck_linear_pass` minimises, with z the margin and y the target.
typedef enum {
    CK_LOSS_SQUARED = 0,  ///< ½ (z − y)²
    CK_LOSS_LOGISTIC = 1, ///< log(1 + eᶻ) − y z, y in [0, 1]
} ck_loss;

/// One block of rows: margins z = x · coefficients + intercept, their weighted loss, and its gradient.
/// x is row-major (rows × columns), `stride` elements a row. `residuals` (rows) is workspace and holds
/// weight · dloss/dz afterwards. gradient[columns] += xᵀ residuals; sums[0] += loss; sums[1] += Σ residuals.
/// x is read from memory once, eight rows of it at a time if a row is longer than 2 KiB.
void ck_linear_pass(ck_cpu_level level, ck_loss loss, size_t rows, size_t columns, size_t stride, double intercept,
                    const double *x, const double *targets, const double *weights, const double *coefficients,
                    double *residuals, double *gradient, double *sums);

/// The same of columns as they stand, standardised on the way: margins z = Σ (x_j − mean_j) · scale_j · coefficient_j +
/// intercept, and gradient_j += scale_j · Σ residual · (x_j − mean_j). x holds a pointer a column; rows start … start +
/// rows − 1 are taken, and targets, weights and residuals begin at the first of them. `factors` (columns) is workspace.
/// As many rows, `ahead` rows further on, are asked into the cache meanwhile, unless it is 0; they may lie beyond the
/// end.
void ck_columns_pass(ck_cpu_level level, ck_loss loss, size_t rows, size_t columns, size_t start, size_t ahead,
                     double intercept, const double *const *x, const double *means, const double *scales,
                     const double *targets, const double *weights, const double *coefficients, double *factors,
                     double *residuals, double *gradient, double *sums);

/// Softmax over `classes` rows of margins (classes × rows, row k at margins + k · stride), in place: on return they
/// are weight · (probability − [label = k]). labels in [0, classes). *loss += Σ weight · −log probability[label];
/// class_sums[k] += Σ residuals of class k. `work` holds 2 · rows doubles.
void ck_softmax_residuals(ck_cpu_level level, size_t rows, size_t classes, size_t stride, const int32_t *labels,
                          const double *weights, double *margins, double *work, double *class_sums, double *loss);

/// Softmax over `classes` rows of margins (layout as above), in place: probabilities. `work` holds 2 · rows doubles.
void ck_softmax(ck_cpu_level level, size_t rows, size_t classes, size_t stride, double *margins, double *work);

/// 1 / (1 + e^−z) in place.
void ck_logistic(ck_cpu_level level, size_t count, double *margins);

/// Weighted count, mean, sum of squared deviations, least and greatest of one column.
typedef struct {
    double weight;
    double mean;
    double squares; ///< Σ weight · (x − mean)²
    double least;
    double greatest;
} ck_moments;

/// Moments of x (count), one pass: blocks of 1,024 taken twice from the cache, merged by Chan's update in order.
/// Rows of weight 0 still count in least and greatest. No rows: all zero, least +inf, greatest −inf.
ck_moments ck_column_moments(ck_cpu_level level, size_t count, const double *x, const double *weights);

/// Moments of two disjoint sets of rows together.
ck_moments ck_merge_moments(ck_moments a, ck_moments b);

/// Rows of a block of ck_class_moments.
enum { CK_CLASS_BLOCK = 2048 };

/// Merges into `moments` (classes) those of each class among x (count), by blocks of CK_CLASS_BLOCK rows taken twice
/// from the cache; least and greatest are left at 0. codes in [0, classes). totals holds Σ weight of each class in each
/// block, (blocks × classes). `work` holds 6 · classes doubles.
void ck_class_moments(ck_cpu_level level, size_t count, size_t classes, const double *x, const int32_t *codes,
                      const double *weights, const double *totals, double *work, ck_moments *moments);

/// out[i] = (x[i] − mean) · scale · (factors ? factors[i] : 1).
void ck_standardise(ck_cpu_level level, size_t count, double mean, double scale, const double *x, const double *factors,
                    double *out);

/// out[i] += (x[i] − mean) · factor, rounded alike in every lane and variant: a row's sum does not depend on the rows
/// around it.
void ck_add_scaled(ck_cpu_level level, size_t count, double mean, double factor, const double *x, double *out);

/// aᵀ · a of a few hundred columns at most, where ck_dsyrk spends much of its time on copies: the sums of all blocks of
/// rows stay in vector lanes, in memory of the caller. a is column-major, `lda` elements a column.
///
/// ck_gram_columns is the number of columns that are read, n and a few that mean nothing; ck_gram_size that of the
/// sums, which start at zero.
size_t ck_gram_columns(ck_cpu_level level, size_t n);
size_t ck_gram_size(ck_cpu_level level, size_t n);

/// Columns that are standardised on the way: (x[j][start + i] − means[j]) · scales[j].
typedef struct {
    size_t columns, start;
    const double *const *x;
    const double *means, *scales;
} ck_gram_source;

/// Adds a block of rows, a multiple of 8 of them. `source`, if not null, is what the first columns of a are written
/// from, where they are multiplied for the first time; the others are there. `next`, if not null, holds n pointers: as
/// many rows of those columns, from `start` on, are asked into the cache meanwhile. They may lie beyond the columns'
/// end.
void ck_gram_add(ck_cpu_level level, size_t rows, size_t n, size_t lda, const ck_gram_source *source, double *a,
                 const double *const *next, size_t start, double *sums);

/// The lower triangle (column-major sense) of c (n × n) from the sums.
void ck_gram_finish(ck_cpu_level level, size_t n, const double *sums, double *c);
