#include "ck_sparse.h"
#include <math.h>

static double threshold(double value, double limit, int is_positive) {
    if (value > limit)
        return value - limit;
    if (value < -limit && !is_positive)
        return value + limit;
    return 0;
}

// Random reads of the residuals are what a sweep waits for, so four chains run beside each other.
static double slope(const ck_sparse_problem *p, int64_t start, int64_t end, const double *residuals) {
    double sums[4] = {0, 0, 0, 0};
    int64_t e = start;
    if (p->weights) {
        for (; e + 4 <= end; e += 4)
            for (int lane = 0; lane < 4; lane++) {
                int32_t row = p->indices[e + lane];
                sums[lane] += p->values[e + lane] * (p->weights[row] * residuals[row]);
            }
        for (; e < end; e++)
            sums[0] += p->values[e] * (p->weights[p->indices[e]] * residuals[p->indices[e]]);
    } else {
        for (; e + 4 <= end; e += 4)
            for (int lane = 0; lane < 4; lane++)
                sums[lane] += p->values[e + lane] * residuals[p->indices[e + lane]];
        for (; e < end; e++)
            sums[0] += p->values[e] * residuals[p->indices[e]];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double ck_sparse_sweep(size_t count, const int32_t *places, const ck_sparse_problem *p, double *u, double *residuals,
                       double *shift) {
    double largest = 0;
    for (size_t turn = 0; turn < count; turn++) {
        int32_t k = places[turn];
        double curvature = p->curvatures[k], whole = curvature + p->l2[k];
        if (!(whole > 0))
            continue;
        int64_t start = p->offsets[k], end = p->offsets[k + 1];
        // Σ weight · x is total · mean where means are subtracted.
        double gradient = slope(p, start, end, residuals) + *shift * p->total * p->means[k];
        double after = threshold(gradient + curvature * u[k], p->l1[k], p->is_positive) / whole;
        double step = after - u[k];
        if (step == 0)
            continue;
        u[k] = after;
        for (int64_t e = start; e < end; e++)
            residuals[p->indices[e]] -= step * p->values[e];
        *shift += step * p->means[k];
        double size = fabs(step) * sqrt(whole);
        if (size > largest)
            largest = size;
    }
    return largest;
}
