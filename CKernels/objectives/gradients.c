#include "ck_gradients.h"
#include "rows.h"

#pragma clang fp contract(off)

CK_INLINE double squared_rows(size_t count, bool weighted, bool wanted, const double *restrict targets,
                              const double *restrict weights, const double *restrict scores, double *restrict gradients,
                              double *restrict hessians) {
    double lanes[LANES] = {0};
#define ROW(row, lane)                                                                                                 \
    {                                                                                                                  \
        double weight = weighted ? weights[row] : 1.0;                                                                 \
        double error = scores[row] - targets[row];                                                                     \
        lanes[lane] += weight * (0.5 * (error * error));                                                               \
        if (wanted) {                                                                                                  \
            gradients[row] = weight * error;                                                                           \
            hessians[row] = weight;                                                                                    \
        }                                                                                                              \
    }
    FOR_ROWS(ROW)
#undef ROW
    return add_lanes(lanes);
}

/// Rows whose factors 1 + e^-|score|, at most 2, are multiplied before one logarithm is taken of all: 512 in a lane.
enum { SEGMENT = 512 * LANES };

CK_INLINE double logistic_rows(size_t all, bool weighted, bool wanted, const int32_t *restrict codes,
                               const double *restrict weights, const double *restrict scores,
                               double *restrict gradients, double *restrict hessians) {
    double lanes[LANES] = {0};
    for (size_t start = 0; start < all; start += SEGMENT) {
        size_t count = all - start < SEGMENT ? all - start : SEGMENT;
        double factors[LANES] = {1, 1, 1, 1, 1, 1, 1, 1};
#define ROW(at, lane)                                                                                                  \
    {                                                                                                                  \
        size_t row = start + (at);                                                                                     \
        double weight = weighted ? weights[row] : 1.0;                                                                 \
        double score = scores[row];                                                                                    \
        double target = codes[row] > 0 ? 1.0 : 0.0;                                                                    \
        double e = ck_exp(-__builtin_fabs(score));                                                                     \
        double inverse = 1.0 / (1.0 + e);                                                                              \
        double p = score >= 0 ? inverse : e * inverse;                                                                 \
        double positive = score > 0 ? score : 0.0;                                                                     \
        double linear = positive - target * score;                                                                     \
        lanes[lane] += weighted ? weight * (linear + ck_log(1.0 + e)) : linear;                                        \
        if (!weighted)                                                                                                 \
            factors[lane] *= 1.0 + e;                                                                                  \
        if (wanted) {                                                                                                  \
            double hessian = e * inverse * inverse;                                                                    \
            gradients[row] = weight * (p - target);                                                                    \
            hessians[row] = weight * (hessian > 1e-16 ? hessian : 1e-16);                                              \
        }                                                                                                              \
    }
        FOR_ROWS(ROW)
#undef ROW
        for (size_t lane = 0; lane < LANES; lane++)
            lanes[lane] += ck_log(factors[lane]);
    }
    return add_lanes(lanes);
}

CK_BODY(double, squared,
        (size_t count, const double *targets, const double *weights, const double *scores, double *gradients,
         double *hessians)){SPECIALISED(squared_rows, targets)}

CK_BODY(double, logistic,
        (size_t count, const int32_t *codes, const double *weights, const double *scores, double *gradients,
         double *hessians)){SPECIALISED(logistic_rows, codes)}

CK_BODY(double, softmax,
        (size_t count, size_t classes, const int32_t *codes, const double *weights, const double *scores,
         double *gradients, double *hessians)) {
    double lanes[LANES] = {0};
    const double factor = (double)classes / (double)(classes - 1);
    for (size_t i = 0; i < count; i++) {
        const double *row = scores + classes * i;
        double weight = weights ? weights[i] : 1.0;
        double most = row[0];
        for (size_t k = 1; k < classes; k++)
            most = row[k] > most ? row[k] : most;
        double sum = 0;
        for (size_t k = 0; k < classes; k++)
            sum += ck_exp(row[k] - most);
        size_t code = codes[i] > 0 ? (size_t)codes[i] : 0;
        lanes[i % LANES] += weight * (ck_log(sum) - (row[code] - most));
        if (!gradients)
            continue;
        double inverse = 1.0 / sum;
        for (size_t k = 0; k < classes; k++) {
            double p = ck_exp(row[k] - most) * inverse;
            double hessian = factor * (p * (1.0 - p));
            gradients[classes * i + k] = weight * (p - (k == code ? 1.0 : 0.0));
            hessians[classes * i + k] = weight * (hessian > 1e-16 ? hessian : 1e-16);
        }
    }
    return add_lanes(lanes);
}

CK_VARIANTS(double, ck_gradients_squared, squared,
            (size_t count, const double *targets, const double *weights, const double *scores, double *gradients,
             double *hessians),
            (count, targets, weights, scores, gradients, hessians))
CK_VARIANTS(double, ck_gradients_logistic, logistic,
            (size_t count, const int32_t *codes, const double *weights, const double *scores, double *gradients,
             double *hessians),
            (count, codes, weights, scores, gradients, hessians))
CK_VARIANTS(double, ck_gradients_softmax, softmax,
            (size_t count, size_t classes, const int32_t *codes, const double *weights, const double *scores,
             double *gradients, double *hessians),
            (count, classes, codes, weights, scores, gradients, hessians))
