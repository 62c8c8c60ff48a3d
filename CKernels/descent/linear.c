#include "ck_descent.h"
#include "ck_vector_math.h"

// Dot product of one row, in vector lanes.
CK_INLINE double dot(size_t columns, const double *x, const double *coefficients) {
#pragma clang fp reassociate(on) contract(fast)
    double sum = 0;
#pragma clang loop vectorize(enable) interleave(enable)
    for (size_t j = 0; j < columns; j++)
        sum += x[j] * coefficients[j];
    return sum;
}

// Four rows at once share the loads of the coefficients.
CK_INLINE void margins_body(size_t rows, size_t columns, size_t stride, double intercept, const double *restrict x,
                            const double *restrict coefficients, double *restrict margins) {
#pragma clang fp reassociate(on) contract(fast)
    size_t i = 0;
    for (; i + 4 <= rows; i += 4) {
        const double *a = x + i * stride, *b = a + stride, *c = b + stride, *d = c + stride;
        double za = 0, zb = 0, zc = 0, zd = 0;
#pragma clang loop vectorize(enable) interleave(enable)
        for (size_t j = 0; j < columns; j++) {
            double w = coefficients[j];
            za += a[j] * w;
            zb += b[j] * w;
            zc += c[j] * w;
            zd += d[j] * w;
        }
        margins[i] = za + intercept;
        margins[i + 1] = zb + intercept;
        margins[i + 2] = zc + intercept;
        margins[i + 3] = zd + intercept;
    }
    for (; i < rows; i++)
        margins[i] = dot(columns, x + i * stride, coefficients) + intercept;
}

CK_INLINE void gradient_body(size_t rows, size_t columns, size_t stride, const double *restrict x,
                             const double *restrict residuals, double *restrict gradient) {
#pragma clang fp reassociate(on) contract(fast)
    size_t i = 0;
    for (; i + 4 <= rows; i += 4) {
        const double *a = x + i * stride, *b = a + stride, *c = b + stride, *d = c + stride;
        double ra = residuals[i], rb = residuals[i + 1], rc = residuals[i + 2], rd = residuals[i + 3];
        for (size_t j = 0; j < columns; j++)
            gradient[j] += (ra * a[j] + rb * b[j]) + (rc * c[j] + rd * d[j]);
    }
    for (; i < rows; i++) {
        const double *a = x + i * stride;
        double r = residuals[i];
        for (size_t j = 0; j < columns; j++)
            gradient[j] += r * a[j];
    }
}

CK_INLINE void squared_body(size_t rows, const double *restrict targets, const double *restrict weights,
                            double *restrict margins, double *restrict sums) {
#pragma clang fp reassociate(on) contract(fast)
    double loss = 0, total = 0;
    for (size_t i = 0; i < rows; i++) {
        double r = margins[i] - targets[i];
        double weighted = weights ? weights[i] * r : r;
        loss += 0.5 * weighted * r;
        total += weighted;
        margins[i] = weighted;
    }
    sums[0] += loss;
    sums[1] += total;
}

CK_INLINE void logistic_body(size_t rows, const double *restrict targets, const double *restrict weights,
                             double *restrict margins, double *restrict sums) {
#pragma clang fp reassociate(on) contract(fast)
    double loss = 0, total = 0;
    for (size_t i = 0; i < rows; i++) {
        double z = margins[i], y = targets[i];
        double size = z < 0 ? -z : z;
        double t = ck_exp_negative(-size);
        double upper = 1.0 / (1.0 + t);
        double probability = z < 0 ? t * upper : upper;
        double positive = z < 0 ? 0 : z;
        double weight = weights ? weights[i] : 1.0;
        loss += weight * (positive - z * y + ck_log1p_unit(t));
        double r = weight * (probability - y);
        total += r;
        margins[i] = r;
    }
    sums[0] += loss;
    sums[1] += total;
}

CK_INLINE void pass_body(ck_loss loss, size_t rows, size_t columns, size_t stride, double intercept, const double *x,
                         const double *targets, const double *weights, const double *coefficients, double *residuals,
                         double *gradient, double *sums) {
    margins_body(rows, columns, stride, intercept, x, coefficients, residuals);
    // One loop for each kind keeps null checks out of the vectorised bodies.
    if (loss == CK_LOSS_SQUARED && weights)
        squared_body(rows, targets, weights, residuals, sums);
    else if (loss == CK_LOSS_SQUARED)
        squared_body(rows, targets, 0, residuals, sums);
    else if (weights)
        logistic_body(rows, targets, weights, residuals, sums);
    else
        logistic_body(rows, targets, 0, residuals, sums);
    gradient_body(rows, columns, stride, x, residuals, gradient);
}

CK_INLINE void probabilities_body(size_t count, double *margins) {
    for (size_t i = 0; i < count; i++) {
        double z = margins[i];
        double t = ck_exp_negative(z < 0 ? z : -z);
        double upper = 1.0 / (1.0 + t);
        margins[i] = z < 0 ? t * upper : upper;
    }
}

#define PASS_ARGUMENTS                                                                                                 \
    ck_loss loss, size_t rows, size_t columns, size_t stride, double intercept, const double *x,                       \
        const double *targets, const double *weights, const double *coefficients, double *residuals, double *gradient, \
        double *sums
#define PASS_VALUES loss, rows, columns, stride, intercept, x, targets, weights, coefficients, residuals, gradient, sums

typedef struct {
    void (*pass)(PASS_ARGUMENTS);
    void (*probabilities)(size_t, double *);
} variant;

#define VARIANT(name, attributes)                                                                                      \
    attributes static void pass_##name(PASS_ARGUMENTS) { pass_body(PASS_VALUES); }                                     \
    attributes static void probabilities_##name(size_t count, double *margins) { probabilities_body(count, margins); }

VARIANT(baseline, )
#if defined(__x86_64__)
VARIANT(v3, __attribute__((target("arch=x86-64-v3"))))
VARIANT(v4, __attribute__((target("arch=x86-64-v4"))))
static const variant variants[] = {
    {pass_baseline, probabilities_baseline}, {pass_v3, probabilities_v3}, {pass_v4, probabilities_v4}};
#else
static const variant variants[] = {{pass_baseline, probabilities_baseline}};
#endif

static const variant *at(ck_cpu_level level) {
    ck_cpu_level best = ck_cpu();
    return &variants[level < best ? level : best];
}

void ck_linear_pass(ck_cpu_level level, PASS_ARGUMENTS) { at(level)->pass(PASS_VALUES); }

void ck_logistic(ck_cpu_level level, size_t count, double *margins) { at(level)->probabilities(count, margins); }
