#include "../parallel/levels.h"
#include "ck_rows.h"

// Rows in any order come from anywhere in memory: those of the next call are asked for while these are worked on.
CK_INLINE void ask_for_row(size_t columns, const double *row) {
    for (size_t j = 0; j < columns; j += 8)
        __builtin_prefetch(row + j);
}

// Four rows at once share the loads of the coefficients.
CK_BODY(void, rows_margins,
        (size_t count, size_t ahead, size_t columns, size_t stride, size_t step, double intercept, const int64_t *rows,
         const double *x, const double *coefficients, double *margins)) {
#pragma clang fp reassociate(on) contract(fast)
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (size_t k = i; k < i + 4 && k < ahead; k++)
            ask_for_row(columns, x + (size_t)rows[count + k] * stride);
        const double *a = x + (size_t)rows[i] * stride, *b = x + (size_t)rows[i + 1] * stride,
                     *c = x + (size_t)rows[i + 2] * stride, *d = x + (size_t)rows[i + 3] * stride;
        double za = 0, zb = 0, zc = 0, zd = 0;
#pragma clang loop vectorize(enable) interleave(enable)
        for (size_t j = 0; j < columns; j++) {
            double w = coefficients[j];
            za += a[j] * w;
            zb += b[j] * w;
            zc += c[j] * w;
            zd += d[j] * w;
        }
        margins[i * step] = za + intercept;
        margins[(i + 1) * step] = zb + intercept;
        margins[(i + 2) * step] = zc + intercept;
        margins[(i + 3) * step] = zd + intercept;
    }
    for (; i < count; i++) {
        const double *a = x + (size_t)rows[i] * stride;
        double z = 0;
#pragma clang loop vectorize(enable) interleave(enable)
        for (size_t j = 0; j < columns; j++)
            z += a[j] * coefficients[j];
        margins[i * step] = z + intercept;
    }
}

CK_BODY(double, rows_gradient,
        (size_t count, size_t columns, size_t stride, size_t step, const int64_t *rows, const double *x,
         const double *residuals, double *restrict gradient)) {
#pragma clang fp reassociate(on) contract(fast)
    double total = 0;
    for (size_t j = 0; j < columns; j++)
        gradient[j] = 0;
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const double *a = x + (size_t)rows[i] * stride, *b = x + (size_t)rows[i + 1] * stride,
                     *c = x + (size_t)rows[i + 2] * stride, *d = x + (size_t)rows[i + 3] * stride;
        double ra = residuals[i * step], rb = residuals[(i + 1) * step], rc = residuals[(i + 2) * step],
               rd = residuals[(i + 3) * step];
        total += (ra + rb) + (rc + rd);
        for (size_t j = 0; j < columns; j++)
            gradient[j] += (ra * a[j] + rb * b[j]) + (rc * c[j] + rd * d[j]);
    }
    for (; i < count; i++) {
        const double *a = x + (size_t)rows[i] * stride;
        double r = residuals[i * step];
        total += r;
        for (size_t j = 0; j < columns; j++)
            gradient[j] += r * a[j];
    }
    return total;
}

CK_BODY(void, rows_step,
        (size_t columns, double keep, double share, double cut, const double *restrict slopes,
         double *restrict coefficients)) {
#pragma clang fp contract(off)
    for (size_t j = 0; j < columns; j++) {
        double moved = keep * coefficients[j] - share * slopes[j];
        double size = __builtin_fabs(moved) - cut;
        size = size > 0 ? size : 0;
        coefficients[j] = moved < 0 ? -size : size;
    }
}

CK_VARIANTS(void, ck_rows_margins, rows_margins,
            (size_t count, size_t ahead, size_t columns, size_t stride, size_t step, double intercept,
             const int64_t *rows, const double *x, const double *coefficients, double *margins),
            (count, ahead, columns, stride, step, intercept, rows, x, coefficients, margins))
CK_VARIANTS(void, ck_rows_step, rows_step,
            (size_t columns, double keep, double share, double cut, const double *slopes, double *coefficients),
            (columns, keep, share, cut, slopes, coefficients))
CK_VARIANTS(double, ck_rows_gradient, rows_gradient,
            (size_t count, size_t columns, size_t stride, size_t step, const int64_t *rows, const double *x,
             const double *residuals, double *gradient),
            (count, columns, stride, step, rows, x, residuals, gradient))
