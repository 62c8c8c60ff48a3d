#pragma once
#include "ck_cpu.h"

#include <stddef.h>
#include <stdint.h>

/// Loss, gradient and hessian of the built-in objectives, fused: one pass over rows. Same bits at every level: own exp
/// and log, no contraction, and sums in eight lanes (row i to lane i % 8) that are added pairwise.
///
/// `scores`, `gradients` and `hessians` are row-major (count, scores a row); `weights` may be null. `gradients` and
/// `hessians` may both be null: only the loss is wanted. All return the weighted sum of losses.

/// Half the squared error: gradient score - target, hessian 1.
double ck_gradients_squared(ck_cpu_level level, size_t count, const double *targets, const double *weights,
                            const double *scores, double *gradients, double *hessians);

/// Log loss of two classes (codes 0 and 1, negative codes count as 0): p = 1 / (1 + e^-score), gradient p - target,
/// hessian p (1 - p), at least 1e-16.
double ck_gradients_logistic(ck_cpu_level level, size_t count, const int32_t *codes, const double *weights,
                             const double *scores, double *gradients, double *hessians);

/// Log loss of `classes` classes over a softmax: gradient p_k - [k = code], hessian p_k (1 - p_k) classes / (classes -
/// 1), at least 1e-16. 2 <= classes.
double ck_gradients_softmax(ck_cpu_level level, size_t count, size_t classes, const int32_t *codes,
                            const double *weights, const double *scores, double *gradients, double *hessians);
