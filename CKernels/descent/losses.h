#pragma once
// Private to descent/: from margins to residuals, weight · dloss/dz, in place; adds the loss and the residuals to sums.
#include "ck_descent.h"
#include "ck_vector_math.h"

CK_INLINE void squared_body(size_t rows, const double *restrict targets, const double *restrict weights,
                            double *restrict margins, double *restrict sums) {
#pragma clang fp reassociate(on) contract(fast)
    double loss = 0, total = 0;
    for (size_t i = 0; i < rows; i++) {
        double r = margins[i] - targets[i];
        double weighted = weights ? weights[i] * r : r;
        loss += 0.5 * weighted * r;
        total += weighted;
        margins[i] = weighted;
    }
    sums[0] += loss;
    sums[1] += total;
}

CK_INLINE void logistic_body(size_t rows, const double *restrict targets, const double *restrict weights,
                             double *restrict margins, double *restrict sums) {
#pragma clang fp reassociate(on) contract(fast)
    double loss = 0, total = 0;
    for (size_t i = 0; i < rows; i++) {
        double z = margins[i], y = targets[i];
        double size = z < 0 ? -z : z;
        double t = ck_exp_negative(-size);
        double upper = 1.0 / (1.0 + t);
        double probability = z < 0 ? t * upper : upper;
        double positive = z < 0 ? 0 : z;
        double weight = weights ? weights[i] : 1.0;
        loss += weight * (positive - z * y + ck_log1p_unit(t));
        double r = weight * (probability - y);
        total += r;
        margins[i] = r;
    }
    sums[0] += loss;
    sums[1] += total;
}

// One loop for each kind keeps null checks out of the vectorised bodies.
CK_INLINE void residuals_body(ck_loss loss, size_t rows, const double *targets, const double *weights, double *margins,
                              double *sums) {
    if (loss == CK_LOSS_SQUARED && weights)
        squared_body(rows, targets, weights, margins, sums);
    else if (loss == CK_LOSS_SQUARED)
        squared_body(rows, targets, 0, margins, sums);
    else if (weights)
        logistic_body(rows, targets, weights, margins, sums);
    else
        logistic_body(rows, targets, 0, margins, sums);
}
