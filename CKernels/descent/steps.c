#include "../parallel/levels.h"
#include "ck_steps.h"

#include <stdint.h>
#include <string.h>

#pragma clang fp contract(off)

CK_BODY(void, scaled_step,
        (size_t count, double rate, double scale, double eps, double keep, double decay, const double *restrict along,
         const double *restrict squares, double *restrict point)) {
    // The library's sqrt may set errno, which keeps a loop from vectorising.
#pragma clang loop vectorize(enable)
    for (size_t i = 0; i < count; i++)
        point[i] = keep * point[i] -
                   rate * (along[i] + decay * point[i]) / (__builtin_elementwise_sqrt(squares[i]) * scale + eps);
}

CK_BODY(void, adam_step,
        (size_t count, double beta1, double beta2, double rate, double scale, double eps, double keep, double decay,
         const double *restrict gradient, double *restrict means, double *restrict squares, double *restrict point)) {
    double new1 = 1 - beta1, new2 = 1 - beta2;
#pragma clang loop vectorize(enable)
    for (size_t i = 0; i < count; i++) {
        double g = gradient[i] + decay * point[i];
        double mean = beta1 * means[i] + new1 * g, square = beta2 * squares[i] + new2 * (g * g);
        means[i] = mean;
        squares[i] = square;
        point[i] = keep * point[i] - rate * mean / (__builtin_elementwise_sqrt(square) * scale + eps);
    }
}

// Without their sign, the bits of doubles are in the order of the magnitudes, with infinity and NaN above all.
CK_BODY(double, largest, (size_t count, const double *x)) {
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= INT64_MAX;
        most = bits > most ? bits : most;
    }
    double result;
    memcpy(&result, &most, sizeof result);
    return result;
}

CK_VARIANTS(void, ck_scaled_step, scaled_step,
            (size_t count, double rate, double scale, double eps, double keep, double decay, const double *along,
             const double *squares, double *point),
            (count, rate, scale, eps, keep, decay, along, squares, point))
CK_VARIANTS(void, ck_adam_step, adam_step,
            (size_t count, double beta1, double beta2, double rate, double scale, double eps, double keep, double decay,
             const double *gradient, double *means, double *squares, double *point),
            (count, beta1, beta2, rate, scale, eps, keep, decay, gradient, means, squares, point))
CK_VARIANTS(double, ck_largest, largest, (size_t count, const double *x), (count, x))
