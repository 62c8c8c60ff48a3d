#include "ck_probe.h"
#include "levels.h"

enum { CHAINS = 10 };

// Ten chains hide the latency of a multiply-add and fit the sixteen registers. Without fused operations the compiler
// makes a multiplication and an addition, which is what such a processor can do.
#define PROBE(name, attributes, element, vector)                                                                       \
    attributes static element name(size_t rounds, double *operations) {                                                \
        _Pragma("clang fp contract(fast)") vector sums[CHAINS];                                                        \
        vector factor = {0}, addend = {0};                                                                             \
        factor = factor + (element)0.999999;                                                                           \
        addend = addend + (element)1e-6;                                                                               \
        for (int k = 0; k < CHAINS; k++)                                                                               \
            sums[k] = addend * (element)k;                                                                             \
        for (size_t i = 0; i < rounds; i++) {                                                                          \
            _Pragma("clang loop unroll(full)") for (int k = 0; k < CHAINS; k++) sums[k] = sums[k] * factor + addend;   \
        }                                                                                                              \
        element total = 0;                                                                                             \
        for (int k = 0; k < CHAINS; k++)                                                                               \
            total += sums[k][0];                                                                                       \
        *operations = 2.0 * (double)rounds * CHAINS * (double)(sizeof(vector) / sizeof(element));                      \
        return total;                                                                                                  \
    }

typedef float f4 __attribute__((vector_size(16)));
typedef float f8 __attribute__((vector_size(32)));
typedef float f16 __attribute__((vector_size(64)));
typedef double d2 __attribute__((vector_size(16)));
typedef double d4 __attribute__((vector_size(32)));
typedef double d8 __attribute__((vector_size(64)));

PROBE(float_baseline, , float, f4)
PROBE(double_baseline, , double, d2)
#if defined(__x86_64__)
PROBE(float_v3, __attribute__((target("arch=x86-64-v3"))), float, f8)
PROBE(double_v3, __attribute__((target("arch=x86-64-v3"))), double, d4)
// Without the width the compiler would halve the vectors, as it prefers for this level.
#define WIDE __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
PROBE(float_v4, WIDE, float, f16)
PROBE(double_v4, WIDE, double, d8)
static float (*const floats[])(size_t, double *) = {float_baseline, float_v3, float_v4};
static double (*const doubles[])(size_t, double *) = {double_baseline, double_v3, double_v4};
#else
static float (*const floats[])(size_t, double *) = {float_baseline};
static double (*const doubles[])(size_t, double *) = {double_baseline};
#endif

static ck_cpu_level clamped(ck_cpu_level level) {
    ck_cpu_level best = ck_cpu();
    return level < best ? level : best;
}

float ck_probe_multiply_add_float(ck_cpu_level level, size_t rounds, double *operations) {
    return floats[clamped(level)](rounds, operations);
}

double ck_probe_multiply_add_double(ck_cpu_level level, size_t rounds, double *operations) {
    return doubles[clamped(level)](rounds, operations);
}

CK_BODY(double, read, (size_t count, const double *x)) {
#pragma clang fp reassociate(on)
    double sum = 0;
#pragma clang loop vectorize(enable) interleave_count(4)
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    return sum;
}

CK_VARIANTS(double, ck_probe_read, read, (size_t count, const double *x), (count, x))
