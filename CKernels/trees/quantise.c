#include "../parallel/levels.h"
#include "ck_math.h"
#include "ck_trees.h"

#pragma clang fp contract(off)

// Each loop stands in a function of its own and is called twice, with the stride known to be 1 and without.

/// round(x), ties to even, for |x| < 2^51: vectors of older processors have no 64-bit conversion.
CK_INLINE int64_t to_integer(double x) {
    const double magic = 0x1.8p52;
    return (int64_t)(ck_to_bits(x + magic) - ck_to_bits(magic));
}

// Numbers of one sign are in the order of their bits, whose maximum vectors find without a word about NaN.
CK_INLINE void maxima_strided(size_t count, size_t stride, const double *gradients, const double *hessians,
                              double *maxima) {
    int64_t most_gradient = 0, most_hessian = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t gradient = (int64_t)ck_to_bits(__builtin_fabs(gradients[stride * i]));
        int64_t hessian = (int64_t)ck_to_bits(hessians[stride * i]);
        most_gradient = gradient > most_gradient ? gradient : most_gradient;
        most_hessian = hessian > most_hessian ? hessian : most_hessian;
    }
    maxima[0] = ck_from_bits((uint64_t)most_gradient);
    maxima[1] = ck_from_bits((uint64_t)most_hessian);
}

CK_BODY(void, maxima, (size_t count, size_t stride, const double *gradients, const double *hessians, double *maxima)) {
    if (stride == 1)
        maxima_strided(count, 1, gradients, hessians, maxima);
    else
        maxima_strided(count, stride, gradients, hessians, maxima);
}

CK_INLINE void fixed_sums_strided(size_t count, size_t stride, double gradient_scale, double hessian_scale, int shift,
                                  const double *gradients, const double *hessians, int64_t *sums) {
    int64_t gradient_sum = 0, hessian_sum = 0, square_sum = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t size = to_integer(__builtin_fabs(gradients[stride * i]) * gradient_scale);
        int64_t rough = (int64_t)((uint64_t)size >> shift);
        gradient_sum += size;
        hessian_sum += to_integer(hessians[stride * i] * hessian_scale);
        square_sum += (int64_t)(int32_t)rough * (int32_t)rough;
    }
    sums[0] = gradient_sum;
    sums[1] = hessian_sum;
    sums[2] = square_sum;
}

CK_BODY(void, fixed_sums,
        (size_t count, size_t stride, double gradient_scale, double hessian_scale, int shift, const double *gradients,
         const double *hessians, int64_t *sums)) {
    if (stride == 1)
        fixed_sums_strided(count, 1, gradient_scale, hessian_scale, shift, gradients, hessians, sums);
    else
        fixed_sums_strided(count, stride, gradient_scale, hessian_scale, shift, gradients, hessians, sums);
}

CK_BODY(void, leaf_sums,
        (size_t count, size_t stride, double gradient_scale, double hessian_scale, const uint16_t *leaves,
         const double *gradients, const double *hessians, int64_t *sums)) {
    for (size_t i = 0; i < count; i++) {
        int64_t *sum = sums + 3 * (size_t)leaves[i];
        sum[0] += to_integer(gradients[stride * i] * gradient_scale);
        sum[1] += to_integer(hessians[stride * i] * hessian_scale);
        sum[2] += 1;
    }
}

CK_BODY(void, add_leaf_values,
        (size_t count, size_t stride, const uint16_t *leaves, const double *values, double *scores)) {
    for (size_t i = 0; i < count; i++)
        scores[stride * i] += values[leaves[i]];
}

CK_INLINE void quantise_rows(size_t count, const uint32_t *rows, size_t stride, size_t packed_stride,
                             double gradient_scale, double hessian_scale, const double *gradients,
                             const double *hessians, uint32_t *packed, int64_t *totals) {
    int64_t gradient_sum = 0, hessian_sum = 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = stride * (rows ? rows[i] : i);
        int64_t gradient = to_integer(gradients[row] * gradient_scale);
        int64_t hessian = to_integer(hessians[row] * hessian_scale);
        gradient_sum += gradient;
        hessian_sum += hessian;
        packed[packed_stride * i] = (uint32_t)gradient << 16 | ((uint32_t)hessian & 0xffff);
    }
    totals[0] = gradient_sum;
    totals[1] = hessian_sum;
}

CK_BODY(void, quantise,
        (size_t count, const uint32_t *rows, size_t stride, size_t packed_stride, double gradient_scale,
         double hessian_scale, const double *gradients, const double *hessians, uint32_t *packed, int64_t *totals)) {
    if (rows)
        quantise_rows(count, rows, stride, packed_stride, gradient_scale, hessian_scale, gradients, hessians, packed,
                      totals);
    else if (stride == 1 && packed_stride == 1)
        quantise_rows(count, NULL, 1, 1, gradient_scale, hessian_scale, gradients, hessians, packed, totals);
    else if (stride == 1)
        quantise_rows(count, NULL, 1, packed_stride, gradient_scale, hessian_scale, gradients, hessians, packed,
                      totals);
    else
        quantise_rows(count, NULL, stride, packed_stride, gradient_scale, hessian_scale, gradients, hessians, packed,
                      totals);
}

CK_VARIANTS(void, ck_trees_maxima, maxima,
            (size_t count, size_t stride, const double *gradients, const double *hessians, double *maxima),
            (count, stride, gradients, hessians, maxima))
CK_VARIANTS(void, ck_trees_fixed_sums, fixed_sums,
            (size_t count, size_t stride, double gradient_scale, double hessian_scale, int shift,
             const double *gradients, const double *hessians, int64_t *sums),
            (count, stride, gradient_scale, hessian_scale, shift, gradients, hessians, sums))
CK_VARIANTS(void, ck_trees_leaf_sums, leaf_sums,
            (size_t count, size_t stride, double gradient_scale, double hessian_scale, const uint16_t *leaves,
             const double *gradients, const double *hessians, int64_t *sums),
            (count, stride, gradient_scale, hessian_scale, leaves, gradients, hessians, sums))
CK_VARIANTS(void, ck_trees_add_leaf_values, add_leaf_values,
            (size_t count, size_t stride, const uint16_t *leaves, const double *values, double *scores),
            (count, stride, leaves, values, scores))
CK_VARIANTS(void, ck_trees_quantise, quantise,
            (size_t count, const uint32_t *rows, size_t stride, size_t packed_stride, double gradient_scale,
             double hessian_scale, const double *gradients, const double *hessians, uint32_t *packed, int64_t *totals),
            (count, rows, stride, packed_stride, gradient_scale, hessian_scale, gradients, hessians, packed, totals))
