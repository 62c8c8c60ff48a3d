#include "../parallel/levels.h"
#include "losses.h"

enum { EIGHT = 8, FOUR = 4 };

// Eight columns at once share the load and the store of a margin.
CK_INLINE void column_margins(size_t rows, size_t columns, size_t start, const double *const *x, const double *means,
                              const double *factors, double *restrict margins) {
#pragma clang fp contract(fast)
    size_t j = 0;
    for (; j + EIGHT <= columns; j += EIGHT) {
        const double *const *y = x + j, *m = means + j, *f = factors + j;
        const double *a = y[0] + start, *b = y[1] + start, *c = y[2] + start, *d = y[3] + start;
        const double *e = y[4] + start, *g = y[5] + start, *h = y[6] + start, *k = y[7] + start;
#pragma clang loop vectorize(assume_safety)
        for (size_t i = 0; i < rows; i++)
            margins[i] +=
                (((a[i] - m[0]) * f[0] + (b[i] - m[1]) * f[1]) + ((c[i] - m[2]) * f[2] + (d[i] - m[3]) * f[3])) +
                (((e[i] - m[4]) * f[4] + (g[i] - m[5]) * f[5]) + ((h[i] - m[6]) * f[6] + (k[i] - m[7]) * f[7]));
    }
    for (; j < columns; j++) {
        const double *a = x[j] + start;
#pragma clang loop vectorize(assume_safety)
        for (size_t i = 0; i < rows; i++)
            margins[i] += (a[i] - means[j]) * factors[j];
    }
}

CK_INLINE void column_gradient(size_t rows, size_t columns, size_t start, const double *const *x, const double *means,
                               const double *scales, const double *restrict residuals, double *gradient) {
#pragma clang fp reassociate(on) contract(fast)
    size_t j = 0;
    for (; j + FOUR <= columns; j += FOUR) {
        const double *a = x[j] + start, *b = x[j + 1] + start, *c = x[j + 2] + start, *d = x[j + 3] + start;
        double ma = means[j], mb = means[j + 1], mc = means[j + 2], md = means[j + 3];
        double sa = 0, sb = 0, sc = 0, sd = 0;
        for (size_t i = 0; i < rows; i++) {
            double r = residuals[i];
            sa += r * (a[i] - ma);
            sb += r * (b[i] - mb);
            sc += r * (c[i] - mc);
            sd += r * (d[i] - md);
        }
        gradient[j] += sa * scales[j];
        gradient[j + 1] += sb * scales[j + 1];
        gradient[j + 2] += sc * scales[j + 2];
        gradient[j + 3] += sd * scales[j + 3];
    }
    for (; j < columns; j++) {
        const double *a = x[j] + start;
        double mean = means[j], sum = 0;
        for (size_t i = 0; i < rows; i++)
            sum += residuals[i] * (a[i] - mean);
        gradient[j] += sum * scales[j];
    }
}

CK_BODY(void, columns_pass,
        (ck_loss loss, size_t rows, size_t columns, size_t start, double intercept, const double *const *x,
         const double *means, const double *scales, const double *targets, const double *weights,
         const double *coefficients, double *factors, double *residuals, double *gradient, double *sums)) {
    for (size_t j = 0; j < columns; j++)
        factors[j] = scales[j] * coefficients[j];
    for (size_t i = 0; i < rows; i++)
        residuals[i] = intercept;
    column_margins(rows, columns, start, x, means, factors, residuals);
    residuals_body(loss, rows, targets, weights, residuals, sums);
    column_gradient(rows, columns, start, x, means, scales, residuals, gradient);
}

CK_VARIANTS(void, ck_columns_pass, columns_pass,
            (ck_loss loss, size_t rows, size_t columns, size_t start, double intercept, const double *const *x,
             const double *means, const double *scales, const double *targets, const double *weights,
             const double *coefficients, double *factors, double *residuals, double *gradient, double *sums),
            (loss, rows, columns, start, intercept, x, means, scales, targets, weights, coefficients, factors,
             residuals, gradient, sums))
