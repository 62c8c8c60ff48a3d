#include "../parallel/levels.h"
#include "ck_math.h"
#include "ck_trees.h"

#pragma clang fp contract(off)

/// round(x), ties to even, for |x| < 2^51: in integer vectors that lack a 64-bit conversion.
CK_INLINE int64_t to_integer(double x) {
    const double magic = 0x1.8p52;
    return (int64_t)(ck_to_bits(x + magic) - ck_to_bits(magic));
}

CK_BODY(void, maxima, (size_t count, const float *gradients, const float *hessians, double *maxima)) {
    float most_gradient = 0, most_hessian = 0;
    for (size_t i = 0; i < count; i++) {
        float gradient = __builtin_fabsf(gradients[i]);
        most_gradient = gradient > most_gradient ? gradient : most_gradient;
        most_hessian = hessians[i] > most_hessian ? hessians[i] : most_hessian;
    }
    maxima[0] = most_gradient;
    maxima[1] = most_hessian;
}

CK_BODY(void, fixed_sums,
        (size_t count, int absolute, double gradient_scale, double hessian_scale, const uint32_t *rows, size_t first,
         const float *gradients, const float *hessians, int64_t *sums)) {
    int64_t gradient_sum = 0, hessian_sum = 0;
    if (rows) {
        for (size_t i = 0; i < count; i++) {
            gradient_sum += to_integer(gradients[rows[i]] * gradient_scale);
            hessian_sum += to_integer(hessians[rows[i]] * hessian_scale);
        }
    } else if (absolute) {
        for (size_t i = first; i < first + count; i++) {
            gradient_sum += to_integer(__builtin_fabsf(gradients[i]) * gradient_scale);
            hessian_sum += to_integer(hessians[i] * hessian_scale);
        }
    } else {
        for (size_t i = first; i < first + count; i++) {
            gradient_sum += to_integer(gradients[i] * gradient_scale);
            hessian_sum += to_integer(hessians[i] * hessian_scale);
        }
    }
    sums[0] = gradient_sum;
    sums[1] = hessian_sum;
}

CK_BODY(void, quantise,
        (size_t count, double gradient_scale, double hessian_scale, const float *gradients, const float *hessians,
         uint32_t *packed, int64_t *totals)) {
    int64_t gradient_sum = 0, hessian_sum = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t gradient = to_integer(gradients[i] * gradient_scale);
        int64_t hessian = to_integer(hessians[i] * hessian_scale);
        gradient_sum += gradient;
        hessian_sum += hessian;
        packed[i] = (uint32_t)gradient << 16 | ((uint32_t)hessian & 0xffff);
    }
    totals[0] = gradient_sum;
    totals[1] = hessian_sum;
}

CK_VARIANTS(void, ck_trees_maxima, maxima,
            (size_t count, const float *gradients, const float *hessians, double *maxima),
            (count, gradients, hessians, maxima))
CK_VARIANTS(void, ck_trees_fixed_sums, fixed_sums,
            (size_t count, int absolute, double gradient_scale, double hessian_scale, const uint32_t *rows,
             size_t first, const float *gradients, const float *hessians, int64_t *sums),
            (count, absolute, gradient_scale, hessian_scale, rows, first, gradients, hessians, sums))
CK_VARIANTS(void, ck_trees_quantise, quantise,
            (size_t count, double gradient_scale, double hessian_scale, const float *gradients, const float *hessians,
             uint32_t *packed, int64_t *totals),
            (count, gradient_scale, hessian_scale, gradients, hessians, packed, totals))
