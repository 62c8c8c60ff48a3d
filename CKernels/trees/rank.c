#include "../parallel/levels.h"
#include "ck_forest.h"
#include "lookup.h"

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

/// The ranks of 64 values. Vector k holds the k-th bytes of the words that the block consists of.
V4 static inline void rank_block(size_t steps, const double *bounds, const __m512d *values, int8_t *right,
                                 int8_t *left) {
    __m512i at[CK_LOOKUP_VECTORS];
    ck_lookup_ranks(steps, bounds, values, at);
    __m512i words = _mm512_setzero_si512(), missing = words;
    for (int k = 0; k < CK_LOOKUP_VECTORS; k++) {
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

V4 static void rank_double_v4 RANK_PARAMETERS(double) {
    for (size_t half = 0; half < count; half += 64) {
        __m512d block[CK_LOOKUP_VECTORS];
        for (size_t k = 0; k < CK_LOOKUP_VECTORS; k++)
            block[k] = _mm512_maskz_loadu_pd(ck_lookup_lanes(count - half, k), values + half + 8 * k);
        rank_block(steps, bounds, block, right + half, left + half);
    }
}

V4 static void rank_float_v4 RANK_PARAMETERS(float) {
    for (size_t half = 0; half < count; half += 64) {
        __m512d block[CK_LOOKUP_VECTORS];
        for (size_t k = 0; k < CK_LOOKUP_VECTORS; k++)
            block[k] = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(ck_lookup_lanes(count - half, k), values + half + 8 * k));
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

typedef uint8_t bytes __attribute__((vector_size(64), aligned(64), may_alias));
typedef int8_t signed_bytes __attribute__((vector_size(64), aligned(64), may_alias));

CK_BODY(void, sets,
        (size_t groups, size_t table_stride, const uint8_t *table, const uint16_t *indices, int8_t *columns)) {
    for (size_t group = 0; group < groups; group++, columns += 8 * CK_FOREST_ROWS)
        for (size_t part = 0; part < CK_FOREST_ROWS; part += 64) {
            bytes bits;
            for (size_t i = 0; i < 64; i++)
                bits[CK_FOREST_BYTE(i)] = table[table_stride * group + indices[part + i]];
            for (int bit = 0; bit < 8; bit++)
                *(signed_bytes *)(columns + CK_FOREST_ROWS * bit + part) = (bits & (uint8_t)(1 << bit)) == 0;
        }
}

CK_VARIANTS(void, ck_forest_sets, sets,
            (size_t groups, size_t table_stride, const uint8_t *table, const uint16_t *indices, int8_t *columns),
            (groups, table_stride, table, indices, columns))
