// The body of the pass over columns, included once per processor level by columns.c with CK_LEVEL(name) naming the
// variant and CK_LANES the doubles of a vector.

typedef double CK_LEVEL(lanes) __attribute__((vector_size(8 * CK_LANES)));

CK_INLINE CK_LEVEL(lanes) CK_LEVEL(load)(const double *from) {
    CK_LEVEL(lanes) value;
    memcpy(&value, from, sizeof value);
    return value;
}

// Some columns at once share the load and the store of a margin.
CK_INLINE void CK_LEVEL(add_margins)(const size_t count, const size_t asks, size_t rows, size_t start, size_t ahead,
                                     const double *const *x, const double *means, const double *factors,
                                     double *restrict margins) {
#pragma clang fp contract(fast)
    const double *a[EIGHT];
    for (size_t k = 0; k < count; k++)
        a[k] = x[k] + start;
    size_t i = 0;
    for (; i + CK_LANES <= rows; i += CK_LANES) {
        if (ahead && i % EIGHT == 0)
            for (size_t k = 0; k < asks; k++)
                ask(a[k] + i, ahead);
        CK_LEVEL(lanes) sum = CK_LEVEL(load)(margins + i);
        for (size_t k = 0; k < count; k++)
            sum += (CK_LEVEL(load)(a[k] + i) - means[k]) * factors[k];
        memcpy(margins + i, &sum, sizeof sum);
    }
    for (; i < rows; i++)
        for (size_t k = 0; k < count; k++)
            margins[i] += (a[k][i] - means[k]) * factors[k];
}

CK_INLINE void CK_LEVEL(add_gradient)(const size_t count, const size_t asks, size_t rows, size_t start, size_t ahead,
                                      const double *const *x, const double *means, const double *scales,
                                      const double *restrict residuals, double *restrict gradient) {
#pragma clang fp contract(fast)
    const double *a[EIGHT];
    CK_LEVEL(lanes) sums[EIGHT] = {{0}};
    for (size_t k = 0; k < count; k++)
        a[k] = x[k] + start;
    size_t i = 0;
    for (; i + CK_LANES <= rows; i += CK_LANES) {
        if (ahead && i % EIGHT == 0)
            for (size_t k = 0; k < asks; k++)
                ask(a[count - 1 - k] + i, ahead);
        CK_LEVEL(lanes) residual = CK_LEVEL(load)(residuals + i);
        for (size_t k = 0; k < count; k++)
            sums[k] += (CK_LEVEL(load)(a[k] + i) - means[k]) * residual;
    }
    for (size_t k = 0; k < count; k++) {
        double sum = 0;
        for (size_t lane = 0; lane < CK_LANES; lane++)
            sum += sums[k][lane];
        for (size_t row = i; row < rows; row++)
            sum += residuals[row] * (a[k][row] - means[k]);
        gradient[k] += sum * scales[k];
    }
}

// Both walks over the block ask for half of the next one each: memory would be idle while all is in the cache.
static void CK_LEVEL(pass)(COLUMNS_ARGUMENTS) {
    for (size_t j = 0; j < columns; j++)
        factors[j] = scales[j] * coefficients[j];
    for (size_t i = 0; i < rows; i++)
        residuals[i] = intercept;
    size_t j = 0;
    for (; j + EIGHT <= columns; j += EIGHT)
        CK_LEVEL(add_margins)(EIGHT, EIGHT / 2, rows, start, ahead, x + j, means + j, factors + j, residuals);
    for (; j < columns; j++)
        CK_LEVEL(add_margins)(1, 1, rows, start, ahead, x + j, means + j, factors + j, residuals);
    residuals_body(loss, rows, targets, weights, residuals, sums);
    for (j = 0; j + EIGHT <= columns; j += EIGHT)
        CK_LEVEL(add_gradient)
    (EIGHT, EIGHT / 2, rows, start, ahead, x + j, means + j, scales + j, residuals, gradient + j);
    for (; j < columns; j++)
        CK_LEVEL(add_gradient)(1, 0, rows, start, ahead, x + j, means + j, scales + j, residuals, gradient + j);
}
