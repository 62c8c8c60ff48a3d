#include "../parallel/levels.h"
#include "ck_forest.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Walks down the bounds, which lie level by level; eight values at a time hide the latency of the dependent loads.
#define RANK_VALUES(count, steps, bounds, values, right, left)                                                         \
    do {                                                                                                               \
        size_t i = 0, ranks = (size_t)1 << (steps);                                                                    \
        for (; i + 8 <= (count); i += 8) {                                                                             \
            size_t at[8] = {1, 1, 1, 1, 1, 1, 1, 1};                                                                   \
            for (size_t step = 0; step < (steps); step++) {                                                            \
                _Pragma("clang loop vectorize(disable) unroll(full)") for (int k = 0; k < 8; k++) at[k] +=             \
                    at[k] + ((bounds)[at[k]] < (double)(values)[i + k]);                                               \
            }                                                                                                          \
            for (int k = 0; k < 8; k++)                                                                                \
                RANK_STORE(at[k] - ranks, (values)[i + k], (right)[CK_FOREST_BYTE(i + k)],                             \
                           (left)[CK_FOREST_BYTE(i + k)]);                                                             \
        }                                                                                                              \
        for (; i < (count); i++) {                                                                                     \
            size_t at = 1;                                                                                             \
            for (size_t step = 0; step < (steps); step++)                                                              \
                at += at + ((bounds)[at] < (double)(values)[i]);                                                       \
            RANK_STORE(at - ranks, (values)[i], (right)[CK_FOREST_BYTE(i)], (left)[CK_FOREST_BYTE(i)]);                \
        }                                                                                                              \
    } while (0)

#define RANK_PARAMETERS(number)                                                                                        \
    (size_t count, size_t steps, const double *bounds, const number *values, int8_t *right, int8_t *left)
#define RANK_ARGUMENTS (count, steps, bounds, values, right, left)

#define RANK_STORE(rank, value, right, left)                                                                           \
    do {                                                                                                               \
        int8_t byte = (int8_t)((int)(rank)-128);                                                                       \
        (right) = (value) == (value) ? byte : 127;                                                                     \
        (left) = (value) == (value) ? byte : -128;                                                                     \
    } while (0)

CK_BODY(void, rank_double, RANK_PARAMETERS(double)) { RANK_VALUES(count, steps, bounds, values, right, left); }

CK_BODY(void, rank_float, RANK_PARAMETERS(float)) { RANK_VALUES(count, steps, bounds, values, right, left); }

#if defined(__x86_64__)
#define V4 __attribute__((target("arch=x86-64-v4")))
#define LOOKUP V4 __attribute__((always_inline)) static inline __m512d

/// table[at] for a table of 8, 16, … numbers, by permutations of registers: gathers cost several times more on many
/// processors.
LOOKUP lookup_8(const double *table, __m512i at) { return _mm512_permutexvar_pd(at, _mm512_loadu_pd(table)); }
LOOKUP lookup_16(const double *table, __m512i at) {
    return _mm512_permutex2var_pd(_mm512_loadu_pd(table), at, _mm512_loadu_pd(table + 8));
}
#define LOOKUP_TWICE(twice, half, bits)                                                                                \
    LOOKUP twice(const double *table, __m512i at) {                                                                    \
        __mmask8 upper = _mm512_movepi64_mask(_mm512_slli_epi64(at, 63 - bits));                                       \
        return _mm512_mask_blend_pd(upper, half(table, at), half(table + (1 << bits), at));                            \
    }
LOOKUP_TWICE(lookup_32, lookup_16, 4)
LOOKUP_TWICE(lookup_64, lookup_32, 5)
LOOKUP_TWICE(lookup_128, lookup_64, 6)

enum { VECTORS = 8 };

/// The ranks of 64 values, level by level: at[k] counts from the level's first bound. Vector k holds the k-th bytes of
/// the words that the block consists of.
V4 static inline void rank_block(size_t steps, const double *bounds, const __m512d *values, int8_t *right,
                                 int8_t *left) {
    __m512i at[VECTORS];
    for (int k = 0; k < VECTORS; k++)
        at[k] = _mm512_setzero_si512();
#define LEVEL(level, lookup)                                                                                           \
    case level:                                                                                                        \
        for (int k = 0; k < VECTORS; k++) {                                                                            \
            __mmask8 above = _mm512_cmp_pd_mask(lookup(table, at[k]), values[k], _CMP_LT_OQ);                          \
            __m512i twice = _mm512_add_epi64(at[k], at[k]);                                                            \
            at[k] = _mm512_mask_add_epi64(twice, above, twice, _mm512_set1_epi64(1));                                  \
        }                                                                                                              \
        break
    for (size_t level = 0; level < steps; level++) {
        const double *table = bounds + ((size_t)1 << level);
        switch (level) {
            LEVEL(0, lookup_8);
            LEVEL(1, lookup_8);
            LEVEL(2, lookup_8);
            LEVEL(3, lookup_8);
            LEVEL(4, lookup_16);
            LEVEL(5, lookup_32);
            LEVEL(6, lookup_64);
            LEVEL(7, lookup_128);
        }
    }
#undef LEVEL
    __m512i words = _mm512_setzero_si512(), missing = words;
    for (int k = 0; k < VECTORS; k++) {
        words = _mm512_or_si512(words, _mm512_slli_epi64(at[k], 8 * k));
        __mmask8 isnan = _mm512_cmp_pd_mask(values[k], values[k], _CMP_UNORD_Q);
        missing = _mm512_mask_or_epi64(missing, isnan, missing, _mm512_set1_epi64((long long)(0xffull << 8 * k)));
    }
    // Rank - 128 in a byte; of a missing value all bits but the sign, or the sign alone.
    __m512i sign = _mm512_set1_epi8(-128);
    words = _mm512_xor_si512(words, sign);
    _mm512_store_si512(right, _mm512_andnot_si512(_mm512_and_si512(missing, sign), _mm512_or_si512(words, missing)));
    _mm512_store_si512(left, _mm512_or_si512(_mm512_andnot_si512(missing, words), _mm512_and_si512(missing, sign)));
}

/// Lanes of vector k that stand for rows below `count`.
V4 static inline __mmask8 lanes(size_t count, size_t k) {
    return count >= 8 * k + 8 ? 0xff : count > 8 * k ? (__mmask8)((1 << (count - 8 * k)) - 1) : 0;
}

V4 static void rank_double_v4 RANK_PARAMETERS(double) {
    for (size_t half = 0; half < count; half += 64) {
        __m512d block[VECTORS];
        for (size_t k = 0; k < VECTORS; k++)
            block[k] = _mm512_maskz_loadu_pd(lanes(count - half, k), values + half + 8 * k);
        rank_block(steps, bounds, block, right + half, left + half);
    }
}

V4 static void rank_float_v4 RANK_PARAMETERS(float) {
    for (size_t half = 0; half < count; half += 64) {
        __m512d block[VECTORS];
        for (size_t k = 0; k < VECTORS; k++)
            block[k] = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes(count - half, k), values + half + 8 * k));
        rank_block(steps, bounds, block, right + half, left + half);
    }
}

/// As CK_VARIANTS, with its own way at v4.
#define RANK_VARIANTS(number)                                                                                          \
    static void rank_##number##_baseline RANK_PARAMETERS(number) { rank_##number##_body RANK_ARGUMENTS; }              \
    __attribute__((target("arch=x86-64-v3"))) static void rank_##number##_v3 RANK_PARAMETERS(number) {                 \
        rank_##number##_body RANK_ARGUMENTS;                                                                           \
    }                                                                                                                  \
    void ck_forest_rank_##number(ck_cpu_level level, size_t count, size_t steps, const double *bounds,                 \
                                 const number *values, int8_t *right, int8_t *left) {                                  \
        if (level == CK_CPU_V4)                                                                                        \
            rank_##number##_v4 RANK_ARGUMENTS;                                                                         \
        else if (level == CK_CPU_V3)                                                                                   \
            rank_##number##_v3 RANK_ARGUMENTS;                                                                         \
        else                                                                                                           \
            rank_##number##_baseline RANK_ARGUMENTS;                                                                   \
    }
RANK_VARIANTS(double)
RANK_VARIANTS(float)
#else
CK_VARIANTS(void, ck_forest_rank_double, rank_double,
            (size_t count, size_t steps, const double *bounds, const double *values, int8_t *right, int8_t *left),
            (count, steps, bounds, values, right, left))
CK_VARIANTS(void, ck_forest_rank_float, rank_float,
            (size_t count, size_t steps, const double *bounds, const float *values, int8_t *right, int8_t *left),
            (count, steps, bounds, values, right, left))
#endif
