#include "ck_gradients.h"
#include "rows.h"

#pragma clang fp contract(off)

/// Loss, gradient and hessian of one score with its sign turned so that a larger one is better.
typedef struct {
    double loss, gradient, hessian;
} side;

CK_INLINE side logistic_side(double z) {
    double e = ck_exp(-__builtin_fabs(z));
    double inverse = 1.0 / (1.0 + e);
    double q = z >= 0 ? e * inverse : inverse;
    double hessian = e * inverse * inverse;
    return (side){(z < 0 ? -z : 0.0) + ck_log(1.0 + e), -q, hessian > 1e-16 ? hessian : 1e-16};
}

CK_INLINE side focal_side(double z, double gamma, double share) {
    double e = ck_exp(-__builtin_fabs(z));
    double inverse = 1.0 / (1.0 + e);
    double p = z >= 0 ? inverse : e * inverse;
    double q = z >= 0 ? e * inverse : inverse;
    double rest = ck_log(1.0 + e);
    double log_p = -((z < 0 ? -z : 0.0) + rest);
    double log_q = -((z > 0 ? z : 0.0) + rest);
    double factor = share * ck_exp(gamma * log_q);
    // Far on the wrong side the loss is concave: there the hessian leaves that part out.
    double bend = gamma * log_p * (q - gamma * p);
    double hessian = factor * p * (q * (1.0 + 2.0 * gamma) + (bend > 0 ? bend : 0.0));
    return (side){-factor * log_p, factor * (gamma * p * log_p - q), hessian > 1e-16 ? hessian : 1e-16};
}

CK_INLINE side hinge_side(double z) {
    double margin = 1.0 - z;
    return (side){margin > 0 ? margin : 0.0, margin > 0 ? -1.0 : 0.0, 1.0};
}

/// Whether score k of row i should be high: that of the row's class, a single one for any class but 0.
#define CLASS_POSITIVE (width == 1 ? codes[i] > 0 : codes[i] == (int32_t)k)

/// One loss a score, of `width` scores a row.
#define SIDES(IS_POSITIVE, ...)                                                                                        \
    double lanes[LANES] = {0};                                                                                         \
    for (size_t i = 0; i < count; i++) {                                                                               \
        double weight = weights ? weights[i] : 1.0;                                                                    \
        double sum = 0;                                                                                                \
        for (size_t k = 0; k < width; k++) {                                                                           \
            bool positive = IS_POSITIVE;                                                                               \
            double score = scores[width * i + k];                                                                      \
            double z = positive ? score : -score;                                                                      \
            side found = __VA_ARGS__;                                                                                  \
            sum += found.loss;                                                                                         \
            if (gradients) {                                                                                           \
                gradients[width * i + k] = weight * (positive ? found.gradient : -found.gradient);                     \
                hessians[width * i + k] = weight * found.hessian;                                                      \
            }                                                                                                          \
        }                                                                                                              \
        lanes[i % LANES] += weight * sum;                                                                              \
    }                                                                                                                  \
    return add_lanes(lanes);

CK_BODY(double, one_vs_all,
        (size_t count, size_t width, const int32_t *codes, const double *weights, const double *scores,
         double *gradients, double *hessians)){SIDES(CLASS_POSITIVE, logistic_side(z))}

CK_BODY(double, multilabel,
        (size_t count, size_t width, const uint8_t *flags, const double *weights, const double *scores,
         double *gradients, double *hessians)){SIDES(flags[width * i + k] != 0, logistic_side(z))}

CK_BODY(double, focal,
        (size_t count, size_t width, double gamma, double alpha, const int32_t *codes, const double *weights,
         const double *scores, double *gradients,
         double *hessians)){SIDES(CLASS_POSITIVE, focal_side(z, gamma, positive ? alpha : 1.0 - alpha))}

CK_BODY(double, hinge,
        (size_t count, size_t width, const int32_t *codes, const double *weights, const double *scores,
         double *gradients, double *hessians)){SIDES(CLASS_POSITIVE, hinge_side(z))}

CK_BODY(double, shares,
        (size_t count, size_t classes, const double *shares, const int32_t *codes, const double *weights,
         const double *scores, double *gradients, double *hessians)) {
    double lanes[LANES] = {0};
    const double factor = (double)classes / (double)(classes - 1);
    for (size_t i = 0; i < count; i++) {
        const double *row = scores + classes * i;
        const double *share = shares + classes * (codes[i] > 0 ? (size_t)codes[i] : 0);
        double weight = weights ? weights[i] : 1.0;
        double most = row[0];
        for (size_t k = 1; k < classes; k++)
            most = row[k] > most ? row[k] : most;
        double sum = 0, total = 0, dot = 0;
        for (size_t k = 0; k < classes; k++) {
            sum += ck_exp(row[k] - most);
            total += share[k];
            dot += share[k] * (row[k] - most);
        }
        lanes[i % LANES] += weight * (total * ck_log(sum) - dot);
        if (!gradients)
            continue;
        double inverse = 1.0 / sum;
        for (size_t k = 0; k < classes; k++) {
            double p = ck_exp(row[k] - most) * inverse;
            double hessian = factor * total * (p * (1.0 - p));
            gradients[classes * i + k] = weight * (total * p - share[k]);
            hessians[classes * i + k] = weight * (hessian > 1e-16 ? hessian : 1e-16);
        }
    }
    return add_lanes(lanes);
}

CK_VARIANTS(double, ck_gradients_one_vs_all, one_vs_all,
            (size_t count, size_t width, const int32_t *codes, const double *weights, const double *scores,
             double *gradients, double *hessians),
            (count, width, codes, weights, scores, gradients, hessians))
CK_VARIANTS(double, ck_gradients_multilabel, multilabel,
            (size_t count, size_t width, const uint8_t *flags, const double *weights, const double *scores,
             double *gradients, double *hessians),
            (count, width, flags, weights, scores, gradients, hessians))
CK_VARIANTS(double, ck_gradients_focal, focal,
            (size_t count, size_t width, double gamma, double alpha, const int32_t *codes, const double *weights,
             const double *scores, double *gradients, double *hessians),
            (count, width, gamma, alpha, codes, weights, scores, gradients, hessians))
CK_VARIANTS(double, ck_gradients_hinge, hinge,
            (size_t count, size_t width, const int32_t *codes, const double *weights, const double *scores,
             double *gradients, double *hessians),
            (count, width, codes, weights, scores, gradients, hessians))
CK_VARIANTS(double, ck_gradients_shares, shares,
            (size_t count, size_t classes, const double *shares, const int32_t *codes, const double *weights,
             const double *scores, double *gradients, double *hessians),
            (count, classes, shares, codes, weights, scores, gradients, hessians))
