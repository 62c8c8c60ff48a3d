#include "ck_descent.h"
#include "ck_vector_math.h"

// Leaves e^(margin - greatest) in margins; greatest[] and totals[] hold each row's maximum and sum.
CK_INLINE void exponentials(size_t rows, size_t classes, size_t stride, double *restrict margins,
                            double *restrict greatest, double *restrict totals) {
#pragma clang fp contract(fast)
    for (size_t i = 0; i < rows; i++) {
        greatest[i] = margins[i];
        totals[i] = 0;
    }
    for (size_t k = 1; k < classes; k++) {
        const double *z = margins + k * stride;
        for (size_t i = 0; i < rows; i++)
            // Written so that a NaN margin wins and shows in the result.
            greatest[i] = greatest[i] >= z[i] ? greatest[i] : z[i];
    }
    for (size_t k = 0; k < classes; k++) {
        double *z = margins + k * stride;
        for (size_t i = 0; i < rows; i++) {
            double e = ck_exp_negative(z[i] - greatest[i]);
            z[i] = e;
            totals[i] += e;
        }
    }
}

CK_INLINE void softmax_body(size_t rows, size_t classes, size_t stride, double *margins, double *work) {
    double *totals = work + rows;
    exponentials(rows, classes, stride, margins, work, totals);
    for (size_t i = 0; i < rows; i++)
        totals[i] = 1.0 / totals[i];
    for (size_t k = 0; k < classes; k++) {
        double *z = margins + k * stride;
        for (size_t i = 0; i < rows; i++)
            z[i] *= totals[i];
    }
}

// log(total) for total in [1, classes]: halve until the unit-interval series applies.
CK_INLINE double log_total(double total) {
    double halvings = 0;
    while (total > 2.0) {
        total *= 0.5;
        halvings += 1.0;
    }
    return halvings * 0.6931471805599453 + ck_log1p_unit(total - 1.0);
}

CK_INLINE void residuals_body(size_t rows, size_t classes, size_t stride, const int32_t *labels, const double *weights,
                              double *margins, double *work, double *class_sums, double *loss) {
#pragma clang fp reassociate(on) contract(fast)
    double *totals = work + rows;
    double sum = 0;
    // The label's own margin is gone after the exponentials, so its part of the loss is taken first.
    for (size_t i = 0; i < rows; i++)
        sum -= (weights ? weights[i] : 1.0) * margins[(size_t)labels[i] * stride + i];
    exponentials(rows, classes, stride, margins, work, totals);
    for (size_t i = 0; i < rows; i++) {
        double weight = weights ? weights[i] : 1.0;
        sum += weight * (work[i] + log_total(totals[i]));
        totals[i] = weight / totals[i];
    }
    *loss += sum;
    for (size_t k = 0; k < classes; k++) {
        double *z = margins + k * stride;
        for (size_t i = 0; i < rows; i++)
            z[i] *= totals[i];
    }
    for (size_t i = 0; i < rows; i++)
        margins[(size_t)labels[i] * stride + i] -= weights ? weights[i] : 1.0;
    for (size_t k = 0; k < classes; k++) {
        const double *z = margins + k * stride;
        double total = 0;
        for (size_t i = 0; i < rows; i++)
            total += z[i];
        class_sums[k] += total;
    }
}

#define RESIDUAL_ARGUMENTS                                                                                             \
    size_t rows, size_t classes, size_t stride, const int32_t *labels, const double *weights, double *margins,         \
        double *work, double *class_sums, double *loss
#define RESIDUAL_VALUES rows, classes, stride, labels, weights, margins, work, class_sums, loss

typedef struct {
    void (*residuals)(RESIDUAL_ARGUMENTS);
    void (*softmax)(size_t, size_t, size_t, double *, double *);
} variant;

#define VARIANT(name, attributes)                                                                                      \
    attributes static void residuals_##name(RESIDUAL_ARGUMENTS) { residuals_body(RESIDUAL_VALUES); }                   \
    attributes static void softmax_##name(size_t rows, size_t classes, size_t stride, double *margins, double *work) { \
        softmax_body(rows, classes, stride, margins, work);                                                            \
    }

VARIANT(baseline, )
#if defined(__x86_64__)
VARIANT(v3, __attribute__((target("arch=x86-64-v3"))))
VARIANT(v4, __attribute__((target("arch=x86-64-v4"))))
static const variant variants[] = {
    {residuals_baseline, softmax_baseline}, {residuals_v3, softmax_v3}, {residuals_v4, softmax_v4}};
#else
static const variant variants[] = {{residuals_baseline, softmax_baseline}};
#endif

static const variant *at(ck_cpu_level level) {
    ck_cpu_level best = ck_cpu();
    return &variants[level < best ? level : best];
}

void ck_softmax_residuals(ck_cpu_level level, RESIDUAL_ARGUMENTS) { at(level)->residuals(RESIDUAL_VALUES); }

void ck_softmax(ck_cpu_level level, size_t rows, size_t classes, size_t stride, double *margins, double *work) {
    at(level)->softmax(rows, classes, stride, margins, work);
}
