#pragma once
#include "ck_cpu.h"
#include <stddef.h>
#include <stdint.h>

/// Rows of a matrix in any order, for models that learn from a few of them at a time.
///
/// `level` chooses the compiled variant; pass `ck_cpu()`. x is row-major, `stride` elements a row; rows[i] names the
/// row. Sums are vectorised, so levels differ in the last bits. NaN and infinity pass through. Nothing aliases.

/// margins[i · step] = x[rows[i]] · coefficients + intercept. `rows` may name up to `count` rows more, `ahead` of them,
/// that will be asked for next; only how fast they are then depends on it.
void ck_rows_margins(ck_cpu_level level, size_t count, size_t ahead, size_t columns, size_t stride, size_t step,
                     double intercept, const int64_t *rows, const double *x, const double *coefficients,
                     double *margins);

/// coefficients = keep · coefficients − share · slopes, then nearer to 0 by `cut` without passing it, element by
/// element and without contraction: the same bits at every level.
void ck_rows_step(ck_cpu_level level, size_t columns, double keep, double share, double cut, const double *slopes,
                  double *coefficients);

/// gradient[j] = Σ residuals[i · step] · x[rows[i]][j], rows in their order; returns Σ residuals.
double ck_rows_gradient(ck_cpu_level level, size_t count, size_t columns, size_t stride, size_t step,
                        const int64_t *rows, const double *x, const double *residuals, double *gradient);
