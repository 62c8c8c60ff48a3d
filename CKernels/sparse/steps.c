#include "../parallel/levels.h"
#include "ck_sparse.h"

// Rows in any order come from anywhere in memory: those of the next call are asked for while these are worked on.
CK_INLINE void ask_for_row(const ck_sparse_rows *x, int64_t row) {
    for (int64_t e = x->offsets[row], end = x->offsets[row + 1]; e < end; e += 8) {
        __builtin_prefetch(x->values + e);
        if (e % 16 < 8)
            __builtin_prefetch(x->indices + e);
    }
}

// Cuts what has been due since the elements of a row were last met.
CK_INLINE void settle(const ck_sparse_rows *x, int64_t row, size_t scores, double taken, double *restrict takings,
                      double *restrict held) {
    for (int64_t e = x->offsets[row]; e < x->offsets[row + 1]; e++) {
        size_t element = (size_t)x->indices[e];
        double due = taken - takings[element];
        takings[element] = taken;
        for (double *at = held + element, *end = at + scores * x->width; at < end; at += x->width) {
            double size = __builtin_fabs(*at) - due;
            *at = __builtin_copysign(size > 0 ? size : 0, *at);
        }
    }
}

CK_BODY(void, steps_margins,
        (size_t count, size_t ahead, size_t scores, double factor, double taken, const int64_t *rows,
         const ck_sparse_rows *x, const double *intercepts, double *takings, double *restrict held,
         double *restrict margins)) {
#pragma clang fp contract(fast)
    for (size_t i = 0; i < count; i++) {
        if (i < ahead)
            ask_for_row(x, rows[count + i]);
        if (takings)
            settle(x, rows[i], scores, taken, takings, held);
        const double *coefficients = held;
        for (size_t k = 0; k < scores; k++, coefficients += x->width) {
            double sums[4] = {0, 0, 0, 0};
            int64_t e = x->offsets[rows[i]], end = x->offsets[rows[i] + 1];
            for (; e + 4 <= end; e += 4)
                for (int lane = 0; lane < 4; lane++)
                    sums[lane] += x->values[e + lane] * coefficients[x->indices[e + lane]];
            for (; e < end; e++)
                sums[0] += x->values[e] * coefficients[x->indices[e]];
            margins[i * scores + k] = factor * ((sums[0] + sums[1]) + (sums[2] + sums[3])) + intercepts[k];
        }
    }
}
CK_VARIANTS(void, ck_sparse_steps_margins, steps_margins,
            (size_t count, size_t ahead, size_t scores, double factor, double taken, const int64_t *rows,
             const ck_sparse_rows *x, const double *intercepts, double *takings, double *held, double *margins),
            (count, ahead, scores, factor, taken, rows, x, intercepts, takings, held, margins))

void ck_sparse_steps_take(size_t count, size_t scores, double share, const int64_t *rows, const ck_sparse_rows *x,
                          const double *residuals, double *held) {
#pragma clang fp contract(off)
    for (size_t i = 0; i < count; i++) {
        double *coefficients = held;
        for (size_t k = 0; k < scores; k++, coefficients += x->width) {
            double step = share * residuals[i * scores + k];
            for (int64_t e = x->offsets[rows[i]]; e < x->offsets[rows[i] + 1]; e++)
                coefficients[x->indices[e]] -= step * x->values[e];
        }
    }
}
