#include "../parallel/levels.h"
#include "ck_descent.h"

enum { FEW = 8, LANES = 4 };

// Σ weight · value of one class: neighbours are often of different classes, so that a select costs less than a branch.
#define SUM_OF_CLASS(code, value)                                                                                      \
    double sum = 0;                                                                                                    \
    if (weights) {                                                                                                     \
        for (size_t i = 0; i < count; i++)                                                                             \
            sum += codes[i] == (code) ? weights[i] * (value) : 0;                                                      \
    } else {                                                                                                           \
        for (size_t i = 0; i < count; i++)                                                                             \
            sum += codes[i] == (code) ? (value) : 0;                                                                   \
    }                                                                                                                  \
    return sum

CK_INLINE double sum_of(int32_t code, size_t count, const double *restrict x, const int32_t *restrict codes,
                        const double *restrict weights) {
#pragma clang fp reassociate(on)
    SUM_OF_CLASS(code, x[i]);
}

CK_INLINE double squares_of(int32_t code, double mean, size_t count, const double *restrict x,
                            const int32_t *restrict codes, const double *restrict weights) {
#pragma clang fp reassociate(on)
    SUM_OF_CLASS(code, (x[i] - mean) * (x[i] - mean));
}

// Of many classes: one walk over the rows, in lanes, as neighbours may be of one class.
CK_INLINE void scatter(int squares, size_t count, size_t classes, const double *restrict x,
                       const int32_t *restrict codes, const double *restrict weights, const double *restrict means,
                       double *restrict lanes, double *restrict sums) {
    for (size_t k = 0; k < LANES * classes; k++)
        lanes[k] = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = (size_t)codes[i];
        double value = squares ? (x[i] - means[k]) * (x[i] - means[k]) : x[i];
        lanes[i % LANES * classes + k] += weights ? weights[i] * value : value;
    }
    for (size_t k = 0; k < classes; k++)
        sums[k] = (lanes[k] + lanes[classes + k]) + (lanes[2 * classes + k] + lanes[3 * classes + k]);
}

CK_BODY(void, class_moments,
        (size_t count, size_t classes, const double *x, const int32_t *codes, const double *weights,
         const double *totals, double *work, ck_moments *moments)) {
    double *means = work, *squares = means + classes, *lanes = squares + classes;
    for (size_t start = 0; start < count; start += CK_CLASS_BLOCK, totals += classes) {
        size_t length = count - start < CK_CLASS_BLOCK ? count - start : CK_CLASS_BLOCK;
        const double *block = x + start, *w = weights ? weights + start : 0;
        const int32_t *own = codes + start;
        if (classes <= FEW) {
            for (size_t k = 0; k < classes; k++)
                means[k] = sum_of((int32_t)k, length, block, own, w);
        } else {
            scatter(0, length, classes, block, own, w, 0, lanes, means);
        }
        for (size_t k = 0; k < classes; k++)
            means[k] = totals[k] > 0 ? means[k] / totals[k] : 0;
        if (classes <= FEW) {
            for (size_t k = 0; k < classes; k++)
                squares[k] = squares_of((int32_t)k, means[k], length, block, own, w);
        } else {
            scatter(1, length, classes, block, own, w, means, lanes, squares);
        }
        for (size_t k = 0; k < classes; k++) {
            ck_moments part = {totals[k], means[k], squares[k], 0, 0};
            moments[k] = ck_merge_moments(moments[k], part);
        }
    }
}

CK_VARIANTS(void, ck_class_moments, class_moments,
            (size_t count, size_t classes, const double *x, const int32_t *codes, const double *weights,
             const double *totals, double *work, ck_moments *moments),
            (count, classes, x, codes, weights, totals, work, moments))
