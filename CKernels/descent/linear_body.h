// The body of the linear passes, included once per processor level by linear.c with CK_LEVEL(name) naming the variant
// and CK_LANES the doubles of a vector.

typedef double CK_LEVEL(lanes) __attribute__((vector_size(8 * CK_LANES)));
typedef int64_t CK_LEVEL(bits) __attribute__((vector_size(8 * CK_LANES)));

CK_INLINE CK_LEVEL(lanes) CK_LEVEL(load)(const double *from) {
    CK_LEVEL(lanes) value;
    memcpy(&value, from, sizeof value);
    return value;
}

CK_INLINE double CK_LEVEL(total)(CK_LEVEL(lanes) v) {
#pragma clang fp reassociate(on)
    double sum = 0;
    for (int lane = 0; lane < CK_LANES; lane++)
        sum += v[lane];
    return sum;
}

// The last columns, fewer than a vector holds, are taken with some before them, which `keep` sets to zero.
CK_INLINE CK_LEVEL(bits) CK_LEVEL(keep)(size_t columns) {
    CK_LEVEL(bits) keep = {0};
    for (size_t lane = 0; lane < CK_LANES; lane++)
        keep[lane] = lane >= CK_LANES - columns % CK_LANES ? -1 : 0;
    return keep;
}

CK_INLINE CK_LEVEL(lanes) CK_LEVEL(kept)(CK_LEVEL(lanes) v, CK_LEVEL(bits) keep) {
    return (CK_LEVEL(lanes))((CK_LEVEL(bits))v & keep);
}

// Eight rows at once share the loads of the coefficients, and are as many sums as hide the latency of a multiply-add.
CK_INLINE void CK_LEVEL(margins)(size_t rows, size_t columns, size_t stride, double intercept, const double *x,
                                 const double *coefficients, double *margins) {
#pragma clang fp contract(fast)
    CK_LEVEL(bits) keep = CK_LEVEL(keep)(columns);
    size_t whole = columns / CK_LANES * CK_LANES, row = 0;
    for (; columns >= CK_LANES && row + EIGHT <= rows; row += EIGHT) {
        const double *a = x + row * stride;
        CK_LEVEL(lanes) sums[EIGHT] = {{0}};
        for (size_t j = 0; j < whole; j += CK_LANES) {
            CK_LEVEL(lanes) c = CK_LEVEL(load)(coefficients + j);
            for (int k = 0; k < EIGHT; k++)
                sums[k] += CK_LEVEL(load)(a + k * stride + j) * c;
        }
        if (whole < columns) {
            CK_LEVEL(lanes) c = CK_LEVEL(load)(coefficients + columns - CK_LANES);
            for (int k = 0; k < EIGHT; k++)
                sums[k] += CK_LEVEL(kept)(CK_LEVEL(load)(a + k * stride + columns - CK_LANES), keep) * c;
        }
        for (int k = 0; k < EIGHT; k++)
            margins[row + k] = CK_LEVEL(total)(sums[k]) + intercept;
    }
    for (; row < rows; row++)
        margins[row] = dot(columns, x + row * stride, coefficients) + intercept;
}

// Asks for the rows `ahead` bytes further on while it works on these: margins and gradient take turns, and memory would
// be idle during the second. Beyond the last row nothing comes of it.
CK_INLINE void CK_LEVEL(gradient)(size_t rows, size_t columns, size_t stride, size_t ahead, const double *x,
                                  const double *residuals, double *gradient) {
#pragma clang fp contract(fast)
    CK_LEVEL(bits) keep = CK_LEVEL(keep)(columns);
    size_t whole = columns / CK_LANES * CK_LANES, row = 0;
    for (; columns >= CK_LANES && row + EIGHT <= rows; row += EIGHT) {
        const double *a = x + row * stride, *r = residuals + row;
        for (size_t j = 0; j < columns; j += CK_LANES) {
            size_t at = j < whole ? j : columns - CK_LANES;
            CK_LEVEL(lanes) even = {0}, odd = {0};
            for (int k = 0; k < EIGHT; k += 2) {
                even += CK_LEVEL(load)(a + k * stride + at) * r[k];
                odd += CK_LEVEL(load)(a + (k + 1) * stride + at) * r[k + 1];
            }
            if (j % 8 == 0)
                for (int k = 0; k < EIGHT; k++)
                    __builtin_prefetch((const void *)((uintptr_t)(a + k * stride + j) + ahead), 0, 2);
            CK_LEVEL(lanes) sum = even + odd;
            sum = CK_LEVEL(load)(gradient + at) + (j < whole ? sum : CK_LEVEL(kept)(sum, keep));
            memcpy(gradient + at, &sum, sizeof sum);
        }
    }
    for (; row < rows; row++) {
        const double *a = x + row * stride;
        for (size_t j = 0; j < columns; j++)
            gradient[j] += residuals[row] * a[j];
    }
}

static void CK_LEVEL(pass)(ck_loss loss, size_t rows, size_t columns, size_t stride, double intercept, const double *x,
                           const double *targets, const double *weights, const double *coefficients, double *residuals,
                           double *gradient, double *sums) {
    size_t fitting = NEAR_BYTES / 8 / (columns + 1) / EIGHT * EIGHT, near = fitting < EIGHT ? EIGHT : fitting;
    for (size_t start = 0; start < rows; start += near) {
        size_t count = rows - start < near ? rows - start : near;
        const double *block = x + start * stride, *y = targets + start, *w = weights ? weights + start : 0;
        double *r = residuals + start;
        CK_LEVEL(margins)(count, columns, stride, intercept, block, coefficients, r);
        residuals_body(loss, count, y, w, r, sums);
        CK_LEVEL(gradient)(count, columns, stride, near * stride * sizeof *x, block, r, gradient);
    }
}

static void CK_LEVEL(probabilities)(size_t count, double *margins) {
    for (size_t i = 0; i < count; i++) {
        double z = margins[i];
        double t = ck_exp_negative(z < 0 ? z : -z);
        double upper = 1.0 / (1.0 + t);
        margins[i] = z < 0 ? t * upper : upper;
    }
}
