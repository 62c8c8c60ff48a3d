#include "ck_gradients.h"
#include "rows.h"

#pragma clang fp contract(off)

CK_INLINE double pinball_rows(size_t count, bool weighted, bool wanted, double under, double over,
                              const double *restrict targets, const double *restrict weights,
                              const double *restrict scores, double *restrict gradients, double *restrict hessians) {
    double lanes[LANES] = {0};
#define ROW(row, lane)                                                                                                 \
    {                                                                                                                  \
        double weight = weighted ? weights[row] : 1.0;                                                                 \
        double rest = targets[row] - scores[row];                                                                      \
        lanes[lane] += weight * (rest > 0 ? under * rest : -over * rest);                                              \
        if (wanted) {                                                                                                  \
            double above = rest < 0 ? over : 0.0;                                                                      \
            gradients[row] = weight * (rest > 0 ? -under : above);                                                     \
            hessians[row] = weight;                                                                                    \
        }                                                                                                              \
    }
    FOR_ROWS(ROW)
#undef ROW
    return add_lanes(lanes);
}

CK_INLINE double huber_rows(size_t count, bool weighted, bool wanted, double delta, const double *restrict targets,
                            const double *restrict weights, const double *restrict scores, double *restrict gradients,
                            double *restrict hessians) {
    double lanes[LANES] = {0};
#define ROW(row, lane)                                                                                                 \
    {                                                                                                                  \
        double weight = weighted ? weights[row] : 1.0;                                                                 \
        double error = scores[row] - targets[row];                                                                     \
        double size = __builtin_fabs(error);                                                                           \
        double linear = delta * (size - 0.5 * delta);                                                                  \
        lanes[lane] += weight * (size > delta ? linear : 0.5 * (error * error));                                       \
        if (wanted) {                                                                                                  \
            double low = error > -delta ? error : -delta;                                                              \
            gradients[row] = weight * (low < delta ? low : delta);                                                     \
            hessians[row] = weight;                                                                                    \
        }                                                                                                              \
    }
    FOR_ROWS(ROW)
#undef ROW
    return add_lanes(lanes);
}

CK_INLINE double poisson_rows(size_t count, bool weighted, bool wanted, double curvature,
                              const double *restrict targets, const double *restrict weights,
                              const double *restrict scores, double *restrict gradients, double *restrict hessians) {
    double lanes[LANES] = {0};
#define ROW(row, lane)                                                                                                 \
    {                                                                                                                  \
        double weight = weighted ? weights[row] : 1.0;                                                                 \
        double target = targets[row];                                                                                  \
        double mean = ck_exp(scores[row]);                                                                             \
        double positive = target > 0x1p-1022 ? target : 1.0;                                                           \
        lanes[lane] += weight * (target * (ck_log(positive) - scores[row]) + (mean - target));                         \
        if (wanted) {                                                                                                  \
            gradients[row] = weight * (mean - target);                                                                 \
            hessians[row] = weight * (mean * curvature);                                                               \
        }                                                                                                              \
    }
    FOR_ROWS(ROW)
#undef ROW
    return add_lanes(lanes);
}

CK_INLINE double gamma_rows(size_t count, bool weighted, bool wanted, const double *restrict targets,
                            const double *restrict weights, const double *restrict scores, double *restrict gradients,
                            double *restrict hessians) {
    double lanes[LANES] = {0};
#define ROW(row, lane)                                                                                                 \
    {                                                                                                                  \
        double weight = weighted ? weights[row] : 1.0;                                                                 \
        double target = targets[row];                                                                                  \
        double ratio = target * ck_exp(-scores[row]);                                                                  \
        lanes[lane] += weight * ((scores[row] - ck_log(target)) + (ratio - 1.0));                                      \
        if (wanted) {                                                                                                  \
            gradients[row] = weight * (1.0 - ratio);                                                                   \
            hessians[row] = weight * (ratio > 1e-16 ? ratio : 1e-16);                                                  \
        }                                                                                                              \
    }
    FOR_ROWS(ROW)
#undef ROW
    return add_lanes(lanes);
}

CK_BODY(double, pinball,
        (size_t count, double under, double over, const double *targets, const double *weights, const double *scores,
         double *gradients, double *hessians)){SPECIALISED(pinball_rows, under, over, targets)}

CK_BODY(double, huber,
        (size_t count, double delta, const double *targets, const double *weights, const double *scores,
         double *gradients, double *hessians)){SPECIALISED(huber_rows, delta, targets)}

CK_BODY(double, poisson,
        (size_t count, double curvature, const double *targets, const double *weights, const double *scores,
         double *gradients, double *hessians)){SPECIALISED(poisson_rows, curvature, targets)}

CK_BODY(double, gamma,
        (size_t count, const double *targets, const double *weights, const double *scores, double *gradients,
         double *hessians)){SPECIALISED(gamma_rows, targets)}

CK_VARIANTS(double, ck_gradients_pinball, pinball,
            (size_t count, double under, double over, const double *targets, const double *weights,
             const double *scores, double *gradients, double *hessians),
            (count, under, over, targets, weights, scores, gradients, hessians))
    CK_VARIANTS(double, ck_gradients_huber, huber,
                (size_t count, double delta, const double *targets, const double *weights, const double *scores,
                 double *gradients, double *hessians),
                (count, delta, targets, weights, scores, gradients, hessians))
        CK_VARIANTS(double, ck_gradients_poisson, poisson,
                    (size_t count, double curvature, const double *targets, const double *weights, const double *scores,
                     double *gradients, double *hessians),
                    (count, curvature, targets, weights, scores, gradients, hessians))
            CK_VARIANTS(double, ck_gradients_gamma, gamma,
                        (size_t count, const double *targets, const double *weights, const double *scores,
                         double *gradients, double *hessians),
                        (count, targets, weights, scores, gradients, hessians))
