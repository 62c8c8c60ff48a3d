#include "../parallel/levels.h"
#include "losses.h"

enum { EIGHT = 8 }; // columns that are taken at once, and doubles of a line

CK_INLINE void ask(const double *line, size_t ahead) {
    __builtin_prefetch((const void *)((uintptr_t)line + ahead * sizeof *line), 0, 2);
}

#define COLUMNS_ARGUMENTS                                                                                              \
    ck_loss loss, size_t rows, size_t columns, size_t start, size_t ahead, double intercept, const double *const *x,   \
        const double *means, const double *scales, const double *targets, const double *weights,                       \
        const double *coefficients, double *factors, double *residuals, double *gradient, double *sums

#define CK_TEMPLATE "columns_body.h"
#include "levels.inc"

static void (*const variants[])(COLUMNS_ARGUMENTS) = {
    pass_baseline,
#if defined(__x86_64__)
    pass_v3,
    pass_v4,
#endif
};

void ck_columns_pass(ck_cpu_level level, COLUMNS_ARGUMENTS) {
    ck_cpu_level best = ck_cpu();
    variants[level < best ? level : best](loss, rows, columns, start, ahead, intercept, x, means, scales, targets,
                                          weights, coefficients, factors, residuals, gradient, sums);
}
