#include "../parallel/levels.h"
#include "ck_forest.h"

#if defined(__x86_64__)
#include <immintrin.h>
// Without the width the compiler would halve the vectors.
#define V4 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#endif

enum { LANES = CK_FOREST_LANES, TESTS = 2 * CK_FOREST_LANES };

CK_INLINE size_t below(const double *bounds, double value) {
    size_t count = 0;
    for (size_t k = 0; k < CK_FOREST_STRIDE; k++)
        count += bounds[k] < value;
    return count;
}

CK_INLINE void place(const ck_forest_number *number, double value, size_t rank, int16_t *ranks) {
    int16_t tested = (int16_t)(rank * CK_FOREST_CHUNK);
    ranks[number->right] = value == value ? tested : INT16_MAX;
    ranks[number->left] = value == value ? tested : -1;
}

/// The tests that categories decide: one bit each, those that send the row right.
CK_INLINE void gather_sets(const ck_forest_decisions *forest, const double *values, uint32_t *sets) {
    for (size_t c = 0; c < forest->categories; c++) {
        const ck_forest_choice *category = forest->category + c;
        double value = values[category->input];
        size_t row = category->missing;
        if (value >= 0 && value < (double)category->known)
            row = forest->indices[category->first + (size_t)value];
        const uint32_t *bits = forest->sets + category->sets + forest->pairs * row;
        for (size_t p = 0; p < forest->pairs; p++)
            sets[p] = c ? sets[p] | bits[p] : bits[p];
    }
}

/// Adds what the trees of a run's group answer, one after another, and says where the next group's values start.
CK_INLINE const double *add(const ck_forest_decisions *forest, const ck_forest_run *run, const uint32_t *leaves,
                            const double *leaf_values, double *sums) {
    size_t width = forest->width;
    double *score = sums + run->score;
    for (size_t t = 0; t < run->trees; t++, leaf_values += width * CK_FOREST_LEAVES)
        for (size_t k = 0; k < width; k++)
            score[k] += leaf_values[width * leaves[t] + k];
    return leaf_values;
}

CK_BODY(void, decide, (const ck_forest_decisions *forest, const double *values, double *sums)) {
    int16_t ranks[CK_FOREST_RANKS + 1] = {0};
    uint32_t sets[CK_FOREST_PAIRS];
    for (size_t n = 0; n < forest->numbers; n++) {
        const ck_forest_number *number = forest->number + n;
        const double *bounds = forest->bounds + number->bounds;
        double value = values[number->input];
        size_t block = below(bounds, value);
        place(number, value, CK_FOREST_STRIDE * block + below(bounds + CK_FOREST_STRIDE * (block + 1), value), ranks);
    }
    gather_sets(forest, values, sets);
    uint32_t alive[LANES];
    for (int lane = 0; lane < LANES; lane++)
        alive[lane] = UINT32_MAX;
    const double *leaf_values = forest->leaf_values;
    const ck_forest_pair *pair = forest->pair;
    for (const ck_forest_run *run = forest->run; run < forest->run + forest->runs; run++) {
        const int16_t *tested = ranks + (size_t)CK_FOREST_CHUNK * run->chunk;
        for (size_t p = 0; p < run->pairs; p++, pair++) {
            uint32_t set = forest->categories ? sets[pair - forest->pair] : 0;
            for (int k = 0; k < TESTS; k++) {
                int16_t test = pair->test[k];
                uint32_t goes_right = (tested[test & (CK_FOREST_CHUNK - 1)] > test) | (set >> k & 1);
                alive[k % LANES] &= pair->keep[k] | (goes_right - 1);
            }
        }
        if (!run->trees)
            continue;
        uint32_t leaves[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            leaves[lane] = (uint32_t)__builtin_clz(alive[lane]);
            alive[lane] = UINT32_MAX;
        }
        leaf_values = add(forest, run, leaves, leaf_values, sums);
    }
}

static void decide_baseline(const ck_forest_decisions *forest, const double *values, double *sums) {
    decide_body(forest, values, sums);
}

#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v3"))) static void decide_v3(const ck_forest_decisions *forest, const double *values,
                                                                double *sums) {
    decide_body(forest, values, sums);
}

V4 static inline size_t below_v4(const double *bounds, __m512d value) {
    unsigned low = _mm512_cmp_pd_mask(_mm512_loadu_pd(bounds), value, _CMP_LT_OQ);
    unsigned high = _mm512_cmp_pd_mask(_mm512_loadu_pd(bounds + 8), value, _CMP_LT_OQ);
    return (size_t)__builtin_popcount(low | high << 8);
}

V4 static inline void rank_v4(const ck_forest_decisions *forest, const double *values, int16_t *ranks) {
    for (size_t n = 0; n < forest->numbers; n++) {
        const ck_forest_number *number = forest->number + n;
        const double *bounds = forest->bounds + number->bounds;
        __m512d value = _mm512_set1_pd(values[number->input]);
        size_t block = below_v4(bounds, value);
        size_t rank = CK_FOREST_STRIDE * block + below_v4(bounds + CK_FOREST_STRIDE * (block + 1), value);
        place(number, values[number->input], rank, ranks);
    }
}

/// The ranks of a chunk are two registers; a permutation brings each test the one that it compares with.
V4 static inline void decide_runs(int has_sets, const ck_forest_decisions *forest, const int16_t *ranks,
                                  const uint32_t *sets, double *sums) {
    const double *leaf_values = forest->leaf_values;
    const ck_forest_pair *pair = forest->pair;
    __m512i alive = _mm512_set1_epi32(-1);
    for (const ck_forest_run *run = forest->run; run < forest->run + forest->runs; run++) {
        const int16_t *tested = ranks + (size_t)CK_FOREST_CHUNK * run->chunk;
        __m512i first = _mm512_load_si512(tested), second = _mm512_load_si512(tested + TESTS);
        for (size_t p = 0; p < run->pairs; p++, pair++) {
            __m512i test = _mm512_load_si512(pair->test);
            __mmask32 right = _mm512_cmpgt_epi16_mask(_mm512_permutex2var_epi16(first, test, second), test);
            if (has_sets)
                right |= sets[pair - forest->pair];
            alive = _mm512_mask_and_epi32(alive, (__mmask16)right, alive, _mm512_load_si512(pair->keep));
            alive =
                _mm512_mask_and_epi32(alive, (__mmask16)(right >> LANES), alive, _mm512_load_si512(pair->keep + LANES));
        }
        if (!run->trees)
            continue;
        _Alignas(64) uint32_t leaves[LANES];
        _mm512_store_si512(leaves, _mm512_lzcnt_epi32(alive));
        alive = _mm512_set1_epi32(-1);
        leaf_values = add(forest, run, leaves, leaf_values, sums);
    }
}

V4 static void decide_v4(const ck_forest_decisions *forest, const double *values, double *sums) {
    // What a number's unused side leaves behind the last chunk is never read.
    _Alignas(64) int16_t ranks[CK_FOREST_RANKS + 1];
    uint32_t sets[CK_FOREST_PAIRS];
    rank_v4(forest, values, ranks);
    if (forest->categories) {
        gather_sets(forest, values, sets);
        decide_runs(1, forest, ranks, sets, sums);
    } else {
        decide_runs(0, forest, ranks, sets, sums);
    }
}
#endif

void ck_forest_decide_row(ck_cpu_level level, const ck_forest_decisions *forest, const double *values, double *sums) {
#if defined(__x86_64__)
    if (level == CK_CPU_V4)
        return decide_v4(forest, values, sums);
    if (level == CK_CPU_V3)
        return decide_v3(forest, values, sums);
#endif
    (void)level;
    decide_baseline(forest, values, sums);
}
