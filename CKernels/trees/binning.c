#include "../parallel/levels.h"
#include "ck_trees.h"
#include "lookup.h"

#include <string.h>

/// The bounds level by level, as ck_lookup_ranks reads them.
CK_INLINE void by_level(const double *bounds, double *levels) {
    for (size_t level = 0; level < 8; level++)
        for (size_t k = 0; k < (size_t)1 << level; k++)
            levels[((size_t)1 << level) + k] = bounds[((2 * k + 1) << (7 - level)) - 1];
}

/// Walks down the bounds; eight values at a time hide the latency of the dependent loads. With vectors the compiler
/// would gather them, which is slower.
#define BIN_VALUES(count, bounds, values, bins)                                                                        \
    do {                                                                                                               \
        double levels[256] = {0};                                                                                      \
        by_level(bounds, levels);                                                                                      \
        size_t i = 0;                                                                                                  \
        for (; i + 8 <= (count); i += 8) {                                                                             \
            size_t at[8] = {1, 1, 1, 1, 1, 1, 1, 1};                                                                   \
            for (int step = 0; step < 8; step++) {                                                                     \
                _Pragma("clang loop vectorize(disable) unroll(full)") for (int k = 0; k < 8; k++) at[k] +=             \
                    at[k] + (levels[at[k]] < (double)(values)[i + k]);                                                 \
            }                                                                                                          \
            for (int k = 0; k < 8; k++)                                                                                \
                (bins)[i + k] = (values)[i + k] == (values)[i + k] ? (uint8_t)at[k] : CK_TREES_MISSING;                \
        }                                                                                                              \
        for (; i < (count); i++) {                                                                                     \
            size_t at = 1;                                                                                             \
            for (int step = 0; step < 8; step++)                                                                       \
                at += at + (levels[at] < (double)(values)[i]);                                                         \
            (bins)[i] = (values)[i] == (values)[i] ? (uint8_t)at : CK_TREES_MISSING;                                   \
        }                                                                                                              \
    } while (0)

CK_BODY(void, bin_double, (size_t count, const double *bounds, const double *values, uint8_t *bins)) {
    BIN_VALUES(count, bounds, values, bins);
}

CK_BODY(void, bin_float, (size_t count, const double *bounds, const float *values, uint8_t *bins)) {
    BIN_VALUES(count, bounds, values, bins);
}

enum { SIDE = 16 };
typedef uint8_t line __attribute__((vector_size(SIDE), aligned(1), may_alias));

/// Rows become columns: four times, each line of the upper half is interleaved with its like of the lower half.
CK_INLINE void transpose(line *square) {
    for (int round = 0; round < 4; round++) {
        line next[SIDE];
        for (size_t k = 0; k < SIDE / 2; k++) {
            line above = square[k], below = square[k + SIDE / 2];
            next[2 * k] = __builtin_shufflevector(above, below, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            next[2 * k + 1] =
                __builtin_shufflevector(above, below, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(square, next, sizeof next);
    }
}

CK_BODY(void, pack,
        (size_t count, size_t columns, size_t stride, size_t record, const uint8_t *bins, uint8_t *packed)) {
    size_t i = 0;
    for (; i + SIDE <= count; i += SIDE) {
        for (size_t first = 0; first < record; first += SIDE) {
            line square[SIDE];
            for (size_t k = 0; k < SIDE; k++)
                square[k] = first + k < columns ? *(const line *)(bins + stride * (first + k) + i) : (line){0};
            transpose(square);
            for (size_t k = 0; k < SIDE; k++)
                *(line *)(packed + record * (i + k) + first) = square[k];
        }
    }
    for (; i < count; i++) {
        uint64_t words[CK_TREES_RECORD / 8] = {0};
        for (size_t slot = 0; slot < columns; slot++)
            words[slot / 8] |= (uint64_t)bins[stride * slot + i] << (8 * (slot % 8));
        memcpy(packed + record * i, words, record);
    }
}

CK_BODY(void, select, (size_t count, const uint32_t *rows, const uint8_t *bins, uint8_t *selected)) {
    for (size_t i = 0; i < count; i++)
        selected[i] = bins[rows[i]];
}

#define BIN_PARAMETERS(number) (size_t count, const double *bounds, const number *values, uint8_t *bins)
#define BIN_ARGUMENTS (count, bounds, values, bins)

#if defined(__x86_64__)
#define V4 __attribute__((target("arch=x86-64-v4")))

/// LOAD reads the values of a vector whose lanes are masked.
#define BIN_V4(number, LOAD)                                                                                           \
    V4 static void bin_##number##_v4 BIN_PARAMETERS(number) {                                                          \
        double levels[256] = {0};                                                                                      \
        by_level(bounds, levels);                                                                                      \
        for (size_t first = 0; first < count; first += 64) {                                                           \
            __m512d block[CK_LOOKUP_VECTORS];                                                                          \
            __m512i at[CK_LOOKUP_VECTORS];                                                                             \
            for (size_t k = 0; k < CK_LOOKUP_VECTORS; k++)                                                             \
                block[k] = LOAD(ck_lookup_lanes(count - first, k), values + first + 8 * k);                            \
            ck_lookup_ranks(8, levels, block, at);                                                                     \
            for (size_t k = 0; k < CK_LOOKUP_VECTORS; k++) {                                                           \
                __mmask8 isnan = _mm512_cmp_pd_mask(block[k], block[k], _CMP_UNORD_Q);                                 \
                at[k] = _mm512_mask_mov_epi64(at[k], isnan, _mm512_set1_epi64(CK_TREES_MISSING));                      \
                _mm512_mask_cvtepi64_storeu_epi8(bins + first + 8 * k, ck_lookup_lanes(count - first, k), at[k]);      \
            }                                                                                                          \
        }                                                                                                              \
    }
#define LOAD_DOUBLE(lanes, from) _mm512_maskz_loadu_pd(lanes, from)
#define LOAD_FLOAT(lanes, from) _mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, from))
BIN_V4(double, LOAD_DOUBLE)
BIN_V4(float, LOAD_FLOAT)

/// As CK_VARIANTS, with its own way at v4.
#define BIN_VARIANTS(number)                                                                                           \
    static void bin_##number##_baseline BIN_PARAMETERS(number) { bin_##number##_body BIN_ARGUMENTS; }                  \
    __attribute__((target("arch=x86-64-v3"))) static void bin_##number##_v3 BIN_PARAMETERS(number) {                   \
        bin_##number##_body BIN_ARGUMENTS;                                                                             \
    }                                                                                                                  \
    void ck_trees_bin_##number(ck_cpu_level level, size_t count, const double *bounds, const number *values,           \
                               uint8_t *bins) {                                                                        \
        if (level == CK_CPU_V4)                                                                                        \
            bin_##number##_v4 BIN_ARGUMENTS;                                                                           \
        else if (level == CK_CPU_V3)                                                                                   \
            bin_##number##_v3 BIN_ARGUMENTS;                                                                           \
        else                                                                                                           \
            bin_##number##_baseline BIN_ARGUMENTS;                                                                     \
    }
BIN_VARIANTS(double)
BIN_VARIANTS(float)
#else
CK_VARIANTS(void, ck_trees_bin_double, bin_double,
            (size_t count, const double *bounds, const double *values, uint8_t *bins), (count, bounds, values, bins))
CK_VARIANTS(void, ck_trees_bin_float, bin_float,
            (size_t count, const double *bounds, const float *values, uint8_t *bins), (count, bounds, values, bins))
#endif
CK_VARIANTS(void, ck_trees_pack, pack,
            (size_t count, size_t columns, size_t stride, size_t record, const uint8_t *bins, uint8_t *packed),
            (count, columns, stride, record, bins, packed))
CK_VARIANTS(void, ck_trees_select, select, (size_t count, const uint32_t *rows, const uint8_t *bins, uint8_t *selected),
            (count, rows, bins, selected))
