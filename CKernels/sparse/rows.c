#include "../parallel/levels.h"
#include "ck_sparse.h"

CK_BODY(void, margins,
        (size_t rows, const int64_t *restrict offsets, const int32_t *restrict indices, const double *restrict values,
         const double *restrict coefficients, double *restrict margins)) {
#pragma clang fp reassociate(on) contract(fast)
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
#pragma clang loop vectorize(enable) interleave(enable)
        for (int64_t e = offsets[i]; e < offsets[i + 1]; e++)
            sum += values[e] * coefficients[indices[e]];
        margins[i] += sum;
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
