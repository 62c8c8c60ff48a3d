#include "../parallel/levels.h"
#include "ck_steps.h"

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

CK_VARIANTS(void, ck_scaled_step, scaled_step,
            (size_t count, double rate, double scale, double eps, double keep, double decay, const double *along,
             const double *squares, double *point),
            (count, rate, scale, eps, keep, decay, along, squares, point))
