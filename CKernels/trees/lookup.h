#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>

/// Ranks of 64 doubles among ascending bounds, which lie level by level, with 512-bit vectors.

#define CK_LOOKUP __attribute__((target("arch=x86-64-v4"), always_inline)) static inline __m512d

/// table[at] for a table of 8, 16, … numbers, by permutations of registers: gathers cost several times more on many
/// processors.
CK_LOOKUP ck_lookup_8(const double *table, __m512i at) { return _mm512_permutexvar_pd(at, _mm512_loadu_pd(table)); }
CK_LOOKUP ck_lookup_16(const double *table, __m512i at) {
    return _mm512_permutex2var_pd(_mm512_loadu_pd(table), at, _mm512_loadu_pd(table + 8));
}
#define CK_LOOKUP_TWICE(twice, half, bits)                                                                             \
    CK_LOOKUP twice(const double *table, __m512i at) {                                                                 \
        __mmask8 upper = _mm512_movepi64_mask(_mm512_slli_epi64(at, 63 - bits));                                       \
        return _mm512_mask_blend_pd(upper, half(table, at), half(table + (1 << bits), at));                            \
    }
CK_LOOKUP_TWICE(ck_lookup_32, ck_lookup_16, 4)
CK_LOOKUP_TWICE(ck_lookup_64, ck_lookup_32, 5)
CK_LOOKUP_TWICE(ck_lookup_128, ck_lookup_64, 6)

enum { CK_LOOKUP_VECTORS = 8 };

/// at[k] = how many of the 2^steps - 1 bounds from bounds[1] on are below the values of vector k; steps <= 8. On the
/// way it counts from the level's first bound. 16 numbers from `bounds` on can be read.
__attribute__((target("arch=x86-64-v4"), always_inline)) static inline void
ck_lookup_ranks(size_t steps, const double *bounds, const __m512d *values, __m512i *at) {
    for (int k = 0; k < CK_LOOKUP_VECTORS; k++)
        at[k] = _mm512_setzero_si512();
#define LEVEL(level, lookup)                                                                                           \
    case level:                                                                                                        \
        for (int k = 0; k < CK_LOOKUP_VECTORS; k++) {                                                                  \
            __mmask8 above = _mm512_cmp_pd_mask(lookup(table, at[k]), values[k], _CMP_LT_OQ);                          \
            __m512i twice = _mm512_add_epi64(at[k], at[k]);                                                            \
            at[k] = _mm512_mask_add_epi64(twice, above, twice, _mm512_set1_epi64(1));                                  \
        }                                                                                                              \
        break
    for (size_t level = 0; level < steps; level++) {
        const double *table = bounds + ((size_t)1 << level);
        switch (level) {
            LEVEL(0, ck_lookup_8);
            LEVEL(1, ck_lookup_8);
            LEVEL(2, ck_lookup_8);
            LEVEL(3, ck_lookup_8);
            LEVEL(4, ck_lookup_16);
            LEVEL(5, ck_lookup_32);
            LEVEL(6, ck_lookup_64);
            LEVEL(7, ck_lookup_128);
        }
    }
#undef LEVEL
}

/// Lanes of vector k that stand for values below `count`.
__attribute__((target("arch=x86-64-v4"), always_inline)) static inline __mmask8 ck_lookup_lanes(size_t count,
                                                                                                size_t k) {
    return count >= 8 * k + 8 ? 0xff : count > 8 * k ? (__mmask8)((1 << (count - 8 * k)) - 1) : 0;
}
#endif
