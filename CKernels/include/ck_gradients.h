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

/// Absolute errors, `under` a unit where the score is too low and `over` where it is too high: gradient -under or over
/// (0 where target and score are equal), hessian 1.
double ck_gradients_pinball(ck_cpu_level level, size_t count, double under, double over, const double *targets,
                            const double *weights, const double *scores, double *gradients, double *hessians);

/// Half the squared error up to `delta`, beyond it delta (|error| - delta / 2): gradient score - target, cut at ±delta,
/// hessian 1.
double ck_gradients_huber(ck_cpu_level level, size_t count, double delta, const double *targets, const double *weights,
                          const double *scores, double *gradients, double *hessians);

/// Half the Poisson deviance of counts (not negative) whose mean is e^score: gradient mean - target, hessian curvature
/// times mean.
double ck_gradients_poisson(ck_cpu_level level, size_t count, double curvature, const double *targets,
                            const double *weights, const double *scores, double *gradients, double *hessians);

/// Half the gamma deviance of targets above 0 whose mean is e^score: gradient 1 - target / mean, hessian target / mean,
/// at least 1e-16.
double ck_gradients_gamma(ck_cpu_level level, size_t count, const double *targets, const double *weights,
                          const double *scores, double *gradients, double *hessians);

/// The next four have one loss a score, of `width` scores a row: a single one against class 0, else score k for class
/// k against the rest. Codes as in ck_gradients_logistic. 1 <= width.

/// Log loss of each score as log odds.
double ck_gradients_one_vs_all(ck_cpu_level level, size_t count, size_t width, const int32_t *codes,
                               const double *weights, const double *scores, double *gradients, double *hessians);

/// Log loss of each score as log odds of one label; `flags` are (count, width), not 0 where the label holds.
double ck_gradients_multilabel(ck_cpu_level level, size_t count, size_t width, const uint8_t *flags,
                               const double *weights, const double *scores, double *gradients, double *hessians);

/// Log loss times (1 - p)^gamma, p being the probability of the truth, and times alpha for the class itself, 1 - alpha
/// for the rest. The hessian leaves out what is concave, and is at least 1e-16. 0 <= gamma, 0 < alpha < 1.
double ck_gradients_focal(ck_cpu_level level, size_t count, size_t width, double gamma, double alpha,
                          const int32_t *codes, const double *weights, const double *scores, double *gradients,
                          double *hessians);

/// max(0, 1 - score), the sign turned for the rest: gradient -1 or 0, hessian 1.
double ck_gradients_hinge(ck_cpu_level level, size_t count, size_t width, const int32_t *codes, const double *weights,
                          const double *scores, double *gradients, double *hessians);

/// Cross entropy of a softmax with the shares of the row's class, `shares` being (classes, classes), row-major, not
/// negative: loss -sum share_k ln p_k, gradient total p_k - share_k with total the sum of the shares, hessian
/// total p_k (1 - p_k) classes / (classes - 1), at least 1e-16. 2 <= classes.
double ck_gradients_shares(ck_cpu_level level, size_t count, size_t classes, const double *shares, const int32_t *codes,
                           const double *weights, const double *scores, double *gradients, double *hessians);
