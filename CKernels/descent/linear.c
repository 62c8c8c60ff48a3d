#include "losses.h"

// Dot product of one row, in vector lanes.
CK_INLINE double dot(size_t columns, const double *x, const double *coefficients) {
#pragma clang fp reassociate(on) contract(fast)
    double sum = 0;
#pragma clang loop vectorize(enable) interleave(enable)
    for (size_t j = 0; j < columns; j++)
        sum += x[j] * coefficients[j];
    return sum;
}

enum {
    EIGHT = 8,             // rows that are taken at once
    NEAR_BYTES = 16 << 10, // of rows that stay in the first-level cache between margins and gradient
};

#define CK_TEMPLATE "linear_body.h"
#include "levels.inc"

#define PASS_ARGUMENTS                                                                                                 \
    ck_loss loss, size_t rows, size_t columns, size_t stride, double intercept, const double *x,                       \
        const double *targets, const double *weights, const double *coefficients, double *residuals, double *gradient, \
        double *sums
#define PASS_VALUES loss, rows, columns, stride, intercept, x, targets, weights, coefficients, residuals, gradient, sums

typedef struct {
    void (*pass)(PASS_ARGUMENTS);
    void (*probabilities)(size_t, double *);
} variant;

static const variant variants[] = {
    {pass_baseline, probabilities_baseline},
#if defined(__x86_64__)
    {pass_v3, probabilities_v3},
    {pass_v4, probabilities_v4},
#endif
};

static const variant *at(ck_cpu_level level) {
    ck_cpu_level best = ck_cpu();
    return &variants[level < best ? level : best];
}

void ck_linear_pass(ck_cpu_level level, PASS_ARGUMENTS) { at(level)->pass(PASS_VALUES); }

void ck_logistic(ck_cpu_level level, size_t count, double *margins) { at(level)->probabilities(count, margins); }
