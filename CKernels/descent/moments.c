#include "ck_descent.h"

#include <math.h>
#include <string.h>

#define CK_INLINE static inline __attribute__((always_inline))

enum { BLOCK = 1024 };

typedef double range_lanes __attribute__((vector_size(64)));
typedef int64_t range_mask __attribute__((vector_size(64)));

// In lanes of its own: the order of comparisons with NaN, which are false, keeps the compiler from making them.
CK_INLINE void range_body(size_t count, const double *restrict x, double *least, double *greatest) {
    range_lanes low = {0}, high = {0}, value;
    low += INFINITY;
    high -= INFINITY;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        memcpy(&value, x + i, sizeof value);
        range_mask below = value < low;
        range_mask above = value > high;
        low = (range_lanes)(((range_mask)value & below) | ((range_mask)low & ~below));
        high = (range_lanes)(((range_mask)value & above) | ((range_mask)high & ~above));
    }
    for (int lane = 0; lane < 8; lane++) {
        *least = low[lane] < *least ? low[lane] : *least;
        *greatest = high[lane] > *greatest ? high[lane] : *greatest;
    }
    for (; i < count; i++) {
        *least = x[i] < *least ? x[i] : *least;
        *greatest = x[i] > *greatest ? x[i] : *greatest;
    }
}

// A block is read twice, the second time from the first-level cache: the plain two-pass formula, with no shift to go
// wrong.
CK_INLINE ck_moments block_body(size_t count, const double *restrict x, const double *restrict weights) {
#pragma clang fp reassociate(on) contract(fast)
    // Sums of differences from the first value: means of nearly equal values keep their last digits.
    double first = x[0], weight = 0, sum = 0, least = INFINITY, greatest = -INFINITY;
    if (weights) {
        for (size_t i = 0; i < count; i++) {
            weight += weights[i];
            sum += weights[i] * (x[i] - first);
        }
    } else {
        weight = (double)count;
        for (size_t i = 0; i < count; i++)
            sum += x[i] - first;
    }
    range_body(count, x, &least, &greatest);
    double mean = weight > 0 ? first + sum / weight : 0;
    double squares = 0, slip = 0;
    if (weights) {
        for (size_t i = 0; i < count; i++) {
            double d = x[i] - mean;
            squares += weights[i] * d * d;
            slip += weights[i] * d;
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            double d = x[i] - mean;
            squares += d * d;
            slip += d;
        }
    }
    if (weight > 0) {
        // The rounding of the mean, first order: what is left of the deviations' sum.
        mean += slip / weight;
        squares -= slip * slip / weight;
    }
    ck_moments result = {weight, mean, squares > 0 ? squares : (squares == squares ? 0 : squares), least, greatest};
    return result;
}

ck_moments ck_merge_moments(ck_moments a, ck_moments b) {
    double least = a.least < b.least ? a.least : b.least;
    double greatest = a.greatest > b.greatest ? a.greatest : b.greatest;
    double weight = a.weight + b.weight;
    ck_moments result = {weight, a.mean, a.squares, least, greatest};
    if (a.weight == 0) {
        result.mean = b.mean;
        result.squares = b.squares;
    } else if (b.weight != 0) {
        double difference = b.mean - a.mean;
        result.mean = a.mean + difference * (b.weight / weight);
        result.squares = a.squares + b.squares + difference * difference * (a.weight * (b.weight / weight));
    }
    return result;
}

CK_INLINE ck_moments column_body(size_t count, const double *x, const double *weights) {
    ck_moments total = {0, 0, 0, INFINITY, -INFINITY};
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t length = count - start < BLOCK ? count - start : BLOCK;
        total = ck_merge_moments(total, block_body(length, x + start, weights ? weights + start : 0));
    }
    return total;
}

CK_INLINE void standardise_body(size_t count, double mean, double scale, const double *restrict x,
                                const double *restrict factors, double *restrict out) {
    if (factors) {
        for (size_t i = 0; i < count; i++)
            out[i] = (x[i] - mean) * scale * factors[i];
    } else {
        for (size_t i = 0; i < count; i++)
            out[i] = (x[i] - mean) * scale;
    }
}

CK_INLINE void add_scaled_body(size_t count, double mean, double factor, const double *restrict x,
                               double *restrict out) {
#pragma clang fp contract(off)
    for (size_t i = 0; i < count; i++)
        out[i] += (x[i] - mean) * factor;
}

#define STANDARDISE_ARGUMENTS                                                                                          \
    size_t count, double mean, double scale, const double *x, const double *factors, double *out

typedef struct {
    ck_moments (*column)(size_t, const double *, const double *);
    void (*standardise)(STANDARDISE_ARGUMENTS);
    void (*add_scaled)(size_t, double, double, const double *, double *);
} variant;

#define VARIANT(name, attributes)                                                                                      \
    attributes static ck_moments column_##name(size_t count, const double *x, const double *weights) {                 \
        return column_body(count, x, weights);                                                                         \
    }                                                                                                                  \
    attributes static void standardise_##name(STANDARDISE_ARGUMENTS) {                                                 \
        standardise_body(count, mean, scale, x, factors, out);                                                         \
    }                                                                                                                  \
    attributes static void add_scaled_##name(size_t count, double mean, double factor, const double *x, double *out) { \
        add_scaled_body(count, mean, factor, x, out);                                                                  \
    }

VARIANT(baseline, )
#if defined(__x86_64__)
VARIANT(v3, __attribute__((target("arch=x86-64-v3"))))
VARIANT(v4, __attribute__((target("arch=x86-64-v4"))))
static const variant variants[] = {{column_baseline, standardise_baseline, add_scaled_baseline},
                                   {column_v3, standardise_v3, add_scaled_v3},
                                   {column_v4, standardise_v4, add_scaled_v4}};
#else
static const variant variants[] = {{column_baseline, standardise_baseline, add_scaled_baseline}};
#endif

static const variant *at(ck_cpu_level level) {
    ck_cpu_level best = ck_cpu();
    return &variants[level < best ? level : best];
}

ck_moments ck_column_moments(ck_cpu_level level, size_t count, const double *x, const double *weights) {
    return at(level)->column(count, x, weights);
}

void ck_standardise(ck_cpu_level level, STANDARDISE_ARGUMENTS) {
    at(level)->standardise(count, mean, scale, x, factors, out);
}

void ck_add_scaled(ck_cpu_level level, size_t count, double mean, double factor, const double *x, double *out) {
    at(level)->add_scaled(count, mean, factor, x, out);
}
