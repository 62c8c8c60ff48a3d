#include "../parallel/levels.h"
#include "ck_forest.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define V4 __attribute__((target("arch=x86-64-v4")))
// Without the width the compiler would halve the vectors.
#define V4_WIDE __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#endif

enum { WORDS = CK_FOREST_ROWS / 64, TOGETHER = 4 };

typedef uint64_t plane __attribute__((vector_size(CK_FOREST_ROWS / 8), aligned(64), may_alias));
typedef uint8_t bytes __attribute__((vector_size(64), aligned(64), may_alias));
typedef int8_t signed_bytes __attribute__((vector_size(64), aligned(64), may_alias));
typedef uint32_t fours __attribute__((vector_size(64), aligned(64), may_alias));
typedef _Bool bits __attribute__((ext_vector_type(64)));

CK_INLINE void compare(size_t words, const ck_forest_mask *mask, const int8_t *columns, uint64_t *plane) {
    const signed_bytes *column = (const signed_bytes *)(columns + CK_FOREST_ROWS * (size_t)mask->column);
    signed_bytes threshold = (signed_bytes)((fours){0} + mask->threshold);
    for (size_t word = 0; word < words; word++) {
        bits above = __builtin_convertvector(column[word] > threshold, bits);
        __builtin_memcpy(plane + word, &above, 8);
    }
}

/// From MANY masks of a column on it pays to take its bytes apart.
enum { NIBBLES = 16, MANY = 24 };

/// above[i]: the rows whose nibble, of which `bits` has the planes, exceeds i.
CK_INLINE void compare_nibbles(const plane *bits, plane *above) {
    above[0] = (plane){0};
    for (size_t bit = 0; bit < 4; bit++)
        for (size_t i = 0, half = (size_t)1 << bit; i < half; i++) {
            above[i + half] = above[i] & bits[bit];
            above[i] |= bits[bit];
        }
}

/// The same for whole planes of many masks of a column: a byte exceeds a threshold if its high nibble does, or is equal
/// and the low one does.
CK_INLINE void compare_many(size_t masks, const ck_forest_mask *mask, const int8_t *columns, uint64_t *planes) {
    const bytes *column = (const bytes *)(columns + CK_FOREST_ROWS * (size_t)mask->column);
    plane bit_planes[8], low[NIBBLES], high[NIBBLES + 1];
    for (size_t word = 0; word < WORDS; word++)
#pragma clang loop unroll(full)
        for (size_t bit = 0; bit < 8; bit++) {
            bits set = __builtin_convertvector((column[word] & (uint8_t)(1 << bit)) != 0, bits);
            __builtin_memcpy((uint64_t *)&bit_planes[bit] + word, &set, 8);
        }
    // Without a sign.
    bit_planes[7] = ~bit_planes[7];
    compare_nibbles(bit_planes, low);
    compare_nibbles(bit_planes + 4, high + 1);
    high[0] = ~(plane){0};
    for (size_t m = 0; m < masks; m++) {
        size_t threshold = (uint8_t)mask[m].threshold ^ 0x80;
        const plane *above = high + (threshold >> 4);
        *(plane *)(planes + WORDS * m) = above[0] & (above[1] | low[threshold & 15]);
    }
}

#define MASKS_PARAMETERS                                                                                               \
    (size_t count, size_t masks, const ck_forest_mask *mask, const int8_t *columns, uint64_t *planes)

CK_BODY(void, masks, MASKS_PARAMETERS) {
    size_t words = (count + 63) / 64;
    for (size_t first = 0, last = 0; first < masks; first = last) {
        while (last < masks && mask[last].column == mask[first].column)
            last++;
        if (words == WORDS && last - first >= MANY)
            compare_many(last - first, mask + first, columns, planes + WORDS * first);
        else if (words == WORDS)
            for (size_t m = first; m < last; m++)
                compare(WORDS, mask + m, columns, planes + WORDS * m);
        else
            for (size_t m = first; m < last; m++)
                compare(words, mask + m, columns, planes + WORDS * m);
    }
}

CK_VARIANTS_WIDE(void, ck_forest_masks, masks, MASKS_PARAMETERS, (count, masks, mask, columns, planes))

#define PLANE(offset) (*(const plane *)((const char *)planes + (offset)))

/// The bits of the numbers of the leaves that rows reach. Bit b is the sum of the bits from b on in Gray code.
CK_INLINE void number_leaves(const ck_forest_tree *tree, const ck_forest_split *splits, uint64_t *planes,
                             plane *number) {
    const ck_forest_split *split = splits + tree->split;
    plane *path = (plane *)planes + 1;
    for (const ck_forest_split *end = split + tree->paths; split < end; split++, path += 2) {
        plane rows = PLANE(split->rows), right = rows & PLANE(split->mask);
        path[0] = rows & ~right;
        path[1] = right;
    }
    plane bit = {0};
    for (size_t b = tree->bits; b-- > 0;) {
        for (const ck_forest_split *end = split + tree->flips[b]; split < end; split++)
            bit ^= PLANE(split->rows) & PLANE(split->mask);
        number[b] = bit;
    }
}

/// Turns `count` planes into a byte a row.
CK_INLINE void gather_bits(size_t count, size_t words, const plane *planes, uint8_t *leaves) {
    for (size_t word = 0; word < words; word++) {
        bytes sum = {0};
#pragma clang loop unroll(full)
        for (size_t k = 0; k < count; k++) {
            bits set;
            __builtin_memcpy(&set, (const uint64_t *)(planes + k) + word, 8);
            sum += -__builtin_convertvector(set, bytes) & (uint8_t)(1 << k);
        }
        *(bytes *)(leaves + 64 * word) = sum;
    }
}

/// Leaves of a tree whose number is in a byte, or in two: the low ones of all rows, then the high ones.
enum { SMALL_BITS = 5, BYTE_BITS = 8 };

/// The leaves that the rows of a block reach; `number` is zero from the tree's bits on.
CK_INLINE void reach(size_t words, const ck_forest_tree *tree, const ck_forest_split *splits, uint64_t *planes,
                     plane *number, uint8_t *leaves) {
    number_leaves(tree, splits, planes, number);
    if (tree->bits <= SMALL_BITS)
        return gather_bits(SMALL_BITS, words, number, leaves);
    gather_bits(BYTE_BITS, words, number, leaves);
    if (tree->bits > BYTE_BITS)
        gather_bits(BYTE_BITS, words, number + BYTE_BITS, leaves + CK_FOREST_ROWS);
}

CK_INLINE size_t leaf_of(int high, const uint8_t *leaves, size_t byte) {
    return high ? leaves[byte] | (size_t)leaves[byte + CK_FOREST_ROWS] << 8 : leaves[byte];
}

/// Adds what `together` trees in a row answer; one loop over the rows for all of them.
CK_INLINE void add_values(int together, int high, size_t words, const ck_forest_tree *tree, const double *leaf_values,
                          const uint8_t (*leaves)[2 * CK_FOREST_ROWS], double *totals) {
    const double *values[TOGETHER];
    for (int k = 0; k < together; k++)
        values[k] = leaf_values + tree[k].leaf;
        // Scalar loads beat gathers here.
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t row = 0; row < 64 * words; row += 8) {
        size_t byte = CK_FOREST_BYTE(row);
#pragma clang loop vectorize(disable) unroll(full)
        for (size_t i = 0; i < 8; i++) {
            double total = totals[row + i];
            for (int k = 0; k < together; k++)
                total += values[k][leaf_of(high, leaves[k], byte + 8 * i)];
            totals[row + i] = total;
        }
    }
}

CK_INLINE void add_any(int together, size_t words, const ck_forest_tree *tree, const double *leaf_values,
                       const uint8_t (*leaves)[2 * CK_FOREST_ROWS], double *totals) {
    if (tree->bits > BYTE_BITS)
        add_values(together, 1, words, tree, leaf_values, leaves, totals);
    else
        add_values(together, 0, words, tree, leaf_values, leaves, totals);
}

#define SLICE_PARAMETERS                                                                                               \
    (size_t words, size_t trees, const ck_forest_tree *tree, const ck_forest_split *splits, const double *leaf_values, \
     uint64_t *planes, double *totals)
#define SLICE_ARGUMENTS (words, trees, tree, splits, leaf_values, planes, totals)

/// Adds all trees to `totals`, one a row; ADD(together) adds those whose `leaves` are known.
#define SLICE(ADD)                                                                                                     \
    _Alignas(64) uint8_t leaves[TOGETHER][2 * CK_FOREST_ROWS];                                                         \
    plane number[CK_FOREST_BITS] = {{0}};                                                                              \
    for (; trees >= TOGETHER; trees -= TOGETHER, tree += TOGETHER) {                                                   \
        for (int k = 0; k < TOGETHER; k++)                                                                             \
            reach(words, tree + k, splits, planes, number, leaves[k]);                                                 \
        ADD(TOGETHER);                                                                                                 \
    }                                                                                                                  \
    for (; trees; trees--, tree++) {                                                                                   \
        reach(words, tree, splits, planes, number, leaves[0]);                                                         \
        ADD(1);                                                                                                        \
    }

#define ADD(together) add_any(together, words, tree, leaf_values, leaves, totals)
CK_BODY(void, slice, SLICE_PARAMETERS) { SLICE(ADD) }
#undef ADD

static void slice_baseline SLICE_PARAMETERS { slice_body SLICE_ARGUMENTS; }

#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v3"))) static void slice_v3 SLICE_PARAMETERS { slice_body SLICE_ARGUMENTS; }

/// Adds one tree of at most 32 leaves: its values are looked up by permutations of registers. A word of leaves holds
/// those of rows 8 apart, so that shifts bring each to the bottom, where permutations look.
V4 static inline void add_small(size_t words, const double *values, const uint8_t *leaves, double *totals) {
    __m512d a = _mm512_loadu_pd(values), b = _mm512_loadu_pd(values + 8);
    __m512d c = _mm512_loadu_pd(values + 16), d = _mm512_loadu_pd(values + 24);
    for (size_t word = 0; word < words; word++) {
        __m512i eights = _mm512_load_si512(leaves + 64 * word);
#pragma clang loop unroll(full)
        for (unsigned k = 0; k < 8; k++) {
            __m512i at = _mm512_srli_epi64(eights, 8 * k);
            __mmask8 upper = _mm512_movepi64_mask(_mm512_slli_epi64(eights, 59 - 8 * k));
            __m512d value =
                _mm512_mask_blend_pd(upper, _mm512_permutex2var_pd(a, at, b), _mm512_permutex2var_pd(c, at, d));
            double *total = totals + 64 * word + 8 * k;
            _mm512_store_pd(total, _mm512_add_pd(_mm512_load_pd(total), value));
        }
    }
}

V4 static inline void add_v4(int together, size_t words, const ck_forest_tree *tree, const double *leaf_values,
                             const uint8_t (*leaves)[2 * CK_FOREST_ROWS], double *totals) {
    if (tree->bits > SMALL_BITS)
        return add_any(together, words, tree, leaf_values, leaves, totals);
    for (int k = 0; k < together; k++)
        add_small(words, leaf_values + tree[k].leaf, leaves[k], totals);
}

#define ADD(together) add_v4(together, words, tree, leaf_values, leaves, totals)
V4_WIDE static void slice_v4 SLICE_PARAMETERS { SLICE(ADD) }
#undef ADD
#endif

void ck_forest_slice(ck_cpu_level level, size_t count, size_t trees, size_t stride, const ck_forest_tree *tree,
                     const ck_forest_split *splits, const double *leaf_values, uint64_t *planes, double *sums) {
    _Alignas(64) double totals[CK_FOREST_ROWS];
    size_t words = (count + 63) / 64;
    for (size_t i = 0; i < 64 * words; i++)
        totals[i] = i < count ? sums[stride * i] : 0;
#if defined(__x86_64__)
    if (level == CK_CPU_V4)
        slice_v4 SLICE_ARGUMENTS;
    else if (level == CK_CPU_V3)
        slice_v3 SLICE_ARGUMENTS;
    else
#endif
        slice_baseline SLICE_ARGUMENTS;
    (void)level;
    for (size_t i = 0; i < count; i++)
        sums[stride * i] = totals[i];
}

#define VECTORS_PARAMETERS                                                                                             \
    (size_t count, size_t trees, size_t width, const ck_forest_tree *tree, const ck_forest_split *splits,              \
     const double *leaf_values, uint64_t *planes, double *sums)

CK_INLINE void add_vectors(int high, size_t count, size_t width, const double *values, const uint8_t *leaves,
                           double *sums) {
    for (size_t row = 0; row < count; row++, sums += width) {
        const double *value = values + width * leaf_of(high, leaves, CK_FOREST_BYTE(row));
        for (size_t k = 0; k < width; k++)
            sums[k] += value[k];
    }
}

CK_BODY(void, slice_vectors, VECTORS_PARAMETERS) {
    _Alignas(64) uint8_t leaves[2 * CK_FOREST_ROWS];
    plane number[CK_FOREST_BITS] = {{0}};
    for (size_t t = 0; t < trees; t++) {
        reach((count + 63) / 64, tree + t, splits, planes, number, leaves);
        if (tree[t].bits > BYTE_BITS)
            add_vectors(1, count, width, leaf_values + width * tree[t].leaf, leaves, sums);
        else
            add_vectors(0, count, width, leaf_values + width * tree[t].leaf, leaves, sums);
    }
}

CK_VARIANTS_WIDE(void, ck_forest_slice_vectors, slice_vectors, VECTORS_PARAMETERS,
                 (count, trees, width, tree, splits, leaf_values, planes, sums))
