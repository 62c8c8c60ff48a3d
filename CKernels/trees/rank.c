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

enum { BLOCK = 64, VECTORS = 4, MOST_BOUNDS = 256 };

/// Rank - 128 in a byte; of a missing value all bits but the sign, or the sign alone.
V4 static inline void store_ranks(__m512i words, __m512i missing, int8_t *right, int8_t *left) {
    __m512i sign = _mm512_set1_epi8(-128);
    words = _mm512_xor_si512(words, sign);
    _mm512_store_si512(right, _mm512_andnot_si512(_mm512_and_si512(missing, sign), _mm512_or_si512(words, missing)));
    _mm512_store_si512(left, _mm512_or_si512(_mm512_andnot_si512(missing, words), _mm512_and_si512(missing, sign)));
}

/// The ranks of 64 values in double precision. Vector k holds the k-th bytes of the words that the block consists of.
V4 static void rank_block(size_t steps, const double *bounds, const __m512d *values, int8_t *right, int8_t *left) {
    __m512i at[CK_LOOKUP_VECTORS];
    ck_lookup_ranks(steps, bounds, values, at);
    __m512i words = _mm512_setzero_si512(), missing = words;
    for (int k = 0; k < CK_LOOKUP_VECTORS; k++) {
        words = _mm512_or_si512(words, _mm512_slli_epi64(at[k], 8 * k));
        __mmask8 isnan = _mm512_cmp_pd_mask(values[k], values[k], _CMP_UNORD_Q);
        missing = _mm512_mask_or_epi64(missing, isnan, missing, _mm512_set1_epi64((long long)(0xffull << 8 * k)));
    }
    store_ranks(words, missing, right, left);
}

#define LOOKUP V4 static inline __m512
/// table[at] for a table of 16, 32, … numbers, by permutations of registers.
LOOKUP lookup_16(const float *table, __m512i at) { return _mm512_permutexvar_ps(at, _mm512_loadu_ps(table)); }
LOOKUP lookup_32(const float *table, __m512i at) {
    return _mm512_permutex2var_ps(_mm512_loadu_ps(table), at, _mm512_loadu_ps(table + 16));
}
LOOKUP lookup_64(const float *table, __m512i at) {
    __mmask16 upper = _mm512_movepi32_mask(_mm512_slli_epi32(at, 26));
    return _mm512_mask_blend_ps(upper, lookup_32(table, at), lookup_32(table + 32, at));
}
LOOKUP lookup_128(const float *table, __m512i at) {
    __mmask16 upper = _mm512_movepi32_mask(_mm512_slli_epi32(at, 25));
    return _mm512_mask_blend_ps(upper, lookup_64(table, at), lookup_64(table + 64, at));
}

/// The ranks of 64 floats among bounds in single precision. Vector k holds bytes k and k + 4 of the words that the
/// block consists of. `below` takes the largest bounds below the values, or -infinity.
V4 static inline void rank_floats(size_t steps, const float *bounds, const __m512 *values, __m512 *below, int8_t *right,
                                  int8_t *left) {
    __m512i at[VECTORS];
    for (int k = 0; k < VECTORS; k++) {
        at[k] = _mm512_setzero_si512();
        below[k] = _mm512_set1_ps(-__builtin_inff());
    }
#define LEVEL(level, lookup)                                                                                           \
    case level:                                                                                                        \
        for (int k = 0; k < VECTORS; k++) {                                                                            \
            __m512 bound = lookup(table, at[k]);                                                                       \
            __mmask16 above = _mm512_cmp_ps_mask(bound, values[k], _CMP_LT_OQ);                                        \
            below[k] = _mm512_mask_mov_ps(below[k], above, bound);                                                     \
            __m512i twice = _mm512_add_epi32(at[k], at[k]);                                                            \
            at[k] = _mm512_mask_add_epi32(twice, above, twice, _mm512_set1_epi32(1));                                  \
        }                                                                                                              \
        break
    for (size_t level = 0; level < steps; level++) {
        const float *table = bounds + ((size_t)1 << level);
        switch (level) {
            LEVEL(0, lookup_16);
            LEVEL(1, lookup_16);
            LEVEL(2, lookup_16);
            LEVEL(3, lookup_16);
            LEVEL(4, lookup_16);
            LEVEL(5, lookup_32);
            LEVEL(6, lookup_64);
            LEVEL(7, lookup_128);
        }
    }
#undef LEVEL
    __m512i words = _mm512_setzero_si512(), missing = words;
    for (int k = 0; k < VECTORS; k++) {
        words = _mm512_or_si512(words, _mm512_slli_epi32(at[k], (unsigned)(8 * k)));
        __mmask16 isnan = _mm512_cmp_ps_mask(values[k], values[k], _CMP_UNORD_Q);
        missing = _mm512_mask_or_epi32(missing, isnan, missing, _mm512_set1_epi32((int)(0xffu << 8 * k)));
    }
    store_ranks(words, missing, right, left);
}

/// a[0], b[0], a[1], b[1], …
V4 static inline __m512 interleave(__m256 a, __m256 b) {
    __m512i places = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutex2var_ps(_mm512_castps256_ps512(a), places, _mm512_castps256_ps512(b));
}

enum { UP = _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC, DOWN = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC };

/// The largest floats not above the bounds: a float is above as many of them as of the bounds themselves.
V4 static inline void round_bounds(size_t steps, const double *bounds, float *rounded) {
    for (size_t i = 0; i < (size_t)1 << steps || i < 16; i += 8)
        _mm256_storeu_ps(rounded + i, _mm512_cvt_roundpd_ps(_mm512_loadu_pd(bounds + i), DOWN));
}

/// Ranks values that are rounded up, which changes no rank unless a bound lies between the same two floats.
V4 static void rank_double_v4 RANK_PARAMETERS(double) {
    float rounded[MOST_BOUNDS] = {0};
    round_bounds(steps, bounds, rounded);
    for (size_t first = 0; first < count; first += BLOCK) {
        __m512d block[CK_LOOKUP_VECTORS];
        __m512 up[VECTORS], down[VECTORS], below[VECTORS];
        for (size_t k = 0; k < CK_LOOKUP_VECTORS; k++)
            block[k] = _mm512_maskz_loadu_pd(ck_lookup_lanes(count - first, k), values + first + 8 * k);
        for (int k = 0; k < VECTORS; k++) {
            up[k] = interleave(_mm512_cvt_roundpd_ps(block[k], UP), _mm512_cvt_roundpd_ps(block[k + VECTORS], UP));
            down[k] =
                interleave(_mm512_cvt_roundpd_ps(block[k], DOWN), _mm512_cvt_roundpd_ps(block[k + VECTORS], DOWN));
        }
        rank_floats(steps, rounded, up, below, right + first, left + first);
        unsigned doubtful = 0;
        for (int k = 0; k < VECTORS; k++)
            doubtful |= _mm512_cmp_ps_mask(below[k], down[k], _CMP_GE_OQ);
        if (doubtful)
            rank_block(steps, bounds, block, right + first, left + first);
    }
}

V4 static void rank_float_v4 RANK_PARAMETERS(float) {
    float rounded[MOST_BOUNDS] = {0};
    round_bounds(steps, bounds, rounded);
    for (size_t first = 0; first < count; first += BLOCK) {
        __m256 block[CK_LOOKUP_VECTORS];
        __m512 floats[VECTORS], below[VECTORS];
        for (size_t k = 0; k < CK_LOOKUP_VECTORS; k++)
            block[k] = _mm256_maskz_loadu_ps(ck_lookup_lanes(count - first, k), values + first + 8 * k);
        for (int k = 0; k < VECTORS; k++)
            floats[k] = interleave(block[k], block[k + VECTORS]);
        rank_floats(steps, rounded, floats, below, right + first, left + first);
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
