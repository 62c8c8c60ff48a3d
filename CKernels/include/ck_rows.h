#pragma once
#include "ck_cpu.h"
#include <stddef.h>
#include <stdint.h>

/// Rows of a matrix in any order, for models that learn from a few of them at a time.
///
/// `level` chooses the compiled variant; pass `ck_cpu()`. x is row-major, `stride` elements a row; rows[i] names the
/// row. Sums are vectorised, so levels differ in the last bits. NaN and infinity pass through. Nothing aliases.

/// margins[i · step] = x[rows[i]] · coefficients + intercept.
void ck_rows_margins(ck_cpu_level level, size_t count, size_t columns, size_t stride, size_t step, double intercept,
                     const int64_t *rows, const double *x, const double *coefficients, double *margins);

/// gradient[j] = Σ residuals[i · step] · x[rows[i]][j], rows in their order; returns Σ residuals.
double ck_rows_gradient(ck_cpu_level level, size_t count, size_t columns, size_t stride, size_t step,
                        const int64_t *rows, const double *x, const double *residuals, double *gradient);
