#include "../parallel/levels.h"
#include "ck_sparse.h"

/// Entries that are asked into the cache ahead: the processor's own guesses end at every page.
enum { AHEAD = 256 };

// Four sums of single entries: gathers are no faster, and cost many processors dearly.
CK_BODY(void, margins,
        (size_t rows, const int64_t *restrict offsets, const int32_t *restrict indices, const double *restrict values,
         const double *restrict coefficients, double *restrict margins)) {
#pragma clang fp contract(fast)
    for (size_t i = 0; i < rows; i++) {
        double sums[4] = {0, 0, 0, 0};
        int64_t e = offsets[i], end = offsets[i + 1];
        for (; e + 4 <= end; e += 4) {
            if (e % 8 < 4)
                __builtin_prefetch(values + e + AHEAD);
            if (e % 16 < 4)
                __builtin_prefetch(indices + e + AHEAD);
            for (int lane = 0; lane < 4; lane++)
                sums[lane] += values[e + lane] * coefficients[indices[e + lane]];
        }
        for (; e < end; e++)
            sums[0] += values[e] * coefficients[indices[e]];
        margins[i] += (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
}
CK_VARIANTS(void, ck_sparse_margins, margins,
            (size_t rows, const int64_t *offsets, const int32_t *indices, const double *values,
             const double *coefficients, double *margins),
            (rows, offsets, indices, values, coefficients, margins))

void ck_sparse_sums(size_t rows, size_t stride, const int64_t *offsets, const int32_t *indices, const double *values,
                    const int32_t *labels, const double *factors, double *sums) {
#pragma clang fp contract(off)
    for (size_t i = 0; i < rows; i++) {
        double factor = factors ? factors[i] : 1.0;
        double *target = sums + (labels ? (size_t)labels[i] * stride : 0);
        for (int64_t e = offsets[i]; e < offsets[i + 1]; e++)
            target[indices[e]] += factor * values[e];
    }
}

void ck_sparse_squares(size_t rows, size_t stride, const int64_t *offsets, const int32_t *indices, const double *values,
                       const int32_t *labels, const double *factors, const double *means, double *weights,
                       double *squares) {
#pragma clang fp contract(off)
    for (size_t i = 0; i < rows; i++) {
        double factor = factors ? factors[i] : 1.0;
        size_t start = labels ? (size_t)labels[i] * stride : 0;
        for (int64_t e = offsets[i]; e < offsets[i + 1]; e++) {
            size_t place = start + (size_t)indices[e];
            double difference = values[e] - means[place];
            weights[place] += factor;
            squares[place] += factor * (difference * difference);
        }
    }
}
