#include "../parallel/levels.h"
#include "ck_forest.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define V4 __attribute__((target("arch=x86-64-v4")))
// Without the width the compiler would halve the vectors.
#define V4_WIDE __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#endif

typedef int8_t signed_block __attribute__((vector_size(CK_FOREST_ROWS), aligned(64), may_alias));
typedef uint8_t block __attribute__((vector_size(CK_FOREST_ROWS), aligned(64), may_alias));
typedef uint32_t word_block __attribute__((vector_size(CK_FOREST_ROWS), aligned(64), may_alias));

CK_BODY(void, sets,
        (size_t groups, size_t table_stride, const uint8_t *table, const uint16_t *indices, int8_t *columns)) {
    for (size_t group = 0; group < groups; group++) {
        block bits;
        for (int i = 0; i < CK_FOREST_ROWS; i++)
            bits[CK_FOREST_BYTE(i)] = table[table_stride * group + indices[i]];
        for (int bit = 0; bit < 8; bit++, columns += CK_FOREST_ROWS)
            *(signed_block *)columns = (bits & (uint8_t)(1 << bit)) == 0;
    }
}

CK_VARIANTS(void, ck_forest_sets, sets,
            (size_t groups, size_t table_stride, const uint8_t *table, const uint16_t *indices, int8_t *columns),
            (groups, table_stride, table, indices, columns))

/// The leaves that the rows of a block reach, left in the tree's result slot.
CK_INLINE const uint8_t *reach(const ck_forest_tree *tree, const ck_forest_node *nodes, const int8_t *columns,
                               uint8_t *slots) {
    const ck_forest_node *end = nodes + tree->node + tree->nodes;
    for (const ck_forest_node *node = nodes + tree->node; node < end; node++) {
        signed_block column = *(const signed_block *)(columns + CK_FOREST_UNIT * (size_t)node->column);
        signed_block threshold = (signed_block)((word_block){0} + node->threshold);
        block left = *(const block *)(slots + CK_FOREST_UNIT * (size_t)node->left);
        block right = *(const block *)(slots + CK_FOREST_UNIT * (size_t)node->right);
        block goes_right = (block)(column > threshold);
        *(block *)(slots + CK_FOREST_UNIT * (size_t)node->out) = (goes_right & right) | (~goes_right & left);
    }
    return slots + CK_FOREST_UNIT * (size_t)tree->result;
}

/// Adds what `together` trees in a row answer; one loop over the rows for all of them.
CK_INLINE void add_values(int together, const ck_forest_tree *tree, const double *leaf_values, const uint8_t **leaves,
                          double *totals) {
    const double *values[CK_FOREST_TOGETHER];
    for (int k = 0; k < together; k++)
        values[k] = leaf_values + tree[k].leaf;
        // Scalar loads beat gathers here.
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t row = 0; row < CK_FOREST_ROWS; row++) {
        size_t byte = CK_FOREST_BYTE(row);
        double total = totals[row];
        for (int k = 0; k < together; k++)
            total += values[k][leaves[k][byte]];
        totals[row] = total;
    }
}

#define BLEND_PARAMETERS                                                                                               \
    (size_t trees, const ck_forest_tree *tree, const ck_forest_node *nodes, const double *leaf_values,                 \
     const int8_t *columns, uint8_t *slots, double *totals)
#define BLEND_ARGUMENTS (trees, tree, nodes, leaf_values, columns, slots, totals)

/// Adds all trees to `totals`, one a row of a block; ADD(together) adds those whose `leaves` are known.
#define BLEND(ADD)                                                                                                     \
    const uint8_t *leaves[CK_FOREST_TOGETHER];                                                                         \
    for (; trees >= CK_FOREST_TOGETHER; trees -= CK_FOREST_TOGETHER, tree += CK_FOREST_TOGETHER) {                     \
        for (int k = 0; k < CK_FOREST_TOGETHER; k++)                                                                   \
            leaves[k] = reach(tree + k, nodes, columns, slots);                                                        \
        ADD(CK_FOREST_TOGETHER);                                                                                       \
    }                                                                                                                  \
    for (; trees; trees--, tree++) {                                                                                   \
        leaves[0] = reach(tree, nodes, columns, slots);                                                                \
        ADD(1);                                                                                                        \
    }

CK_BODY(void, blend, BLEND_PARAMETERS) {
#define ADD(together) add_values(together, tree, leaf_values, leaves, totals)
    BLEND(ADD)
#undef ADD
}

static void blend_baseline BLEND_PARAMETERS { blend_body BLEND_ARGUMENTS; }

#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v3"))) static void blend_v3 BLEND_PARAMETERS { blend_body BLEND_ARGUMENTS; }

/// Leaves of a tree whose values four registers hold.
enum { SMALL = CK_FOREST_PADDING };

/// Adds one tree of at most SMALL leaves: its values are looked up by permutations of registers. A word of leaves holds
/// those of rows 8 apart, so that shifts bring each to the bottom, where permutations look.
V4 static inline void add_small(const double *values, const uint8_t *leaves, double *totals) {
    __m512d a = _mm512_loadu_pd(values), b = _mm512_loadu_pd(values + 8);
    __m512d c = _mm512_loadu_pd(values + 16), d = _mm512_loadu_pd(values + 24);
    for (int half = 0; half < CK_FOREST_ROWS; half += 64) {
        __m512i words = _mm512_load_si512(leaves + half);
#pragma clang loop unroll(full)
        for (int k = 0; k < 8; k++) {
            __m512i at = _mm512_srli_epi64(words, 8 * k);
            __mmask8 upper = _mm512_movepi64_mask(_mm512_slli_epi64(words, 59 - 8 * k));
            __m512d value =
                _mm512_mask_blend_pd(upper, _mm512_permutex2var_pd(a, at, b), _mm512_permutex2var_pd(c, at, d));
            double *total = totals + half + 8 * k;
            _mm512_store_pd(total, _mm512_add_pd(_mm512_load_pd(total), value));
        }
    }
}

V4 static inline void add_values_v4(int together, const ck_forest_tree *tree, const double *leaf_values,
                                    const uint8_t **leaves, double *totals) {
    uint32_t most = 0;
    for (int k = 0; k < together; k++)
        most = tree[k].nodes > most ? tree[k].nodes : most;
    if (most >= SMALL)
        return add_values(together, tree, leaf_values, leaves, totals);
    for (int k = 0; k < together; k++)
        add_small(leaf_values + tree[k].leaf, leaves[k], totals);
}

V4_WIDE static void blend_v4 BLEND_PARAMETERS {
#define ADD(together) add_values_v4(together, tree, leaf_values, leaves, totals)
    BLEND(ADD)
#undef ADD
}
#endif

void ck_forest_blend(ck_cpu_level level, size_t count, size_t trees, size_t stride, const ck_forest_tree *tree,
                     const ck_forest_node *nodes, const double *leaf_values, const int8_t *columns, uint8_t *slots,
                     double *sums) {
    _Alignas(64) double totals[CK_FOREST_ROWS] = {0};
    for (size_t i = 0; i < count; i++)
        totals[i] = sums[stride * i];
#if defined(__x86_64__)
    if (level == CK_CPU_V4)
        blend_v4 BLEND_ARGUMENTS;
    else if (level == CK_CPU_V3)
        blend_v3 BLEND_ARGUMENTS;
    else
#endif
        blend_baseline BLEND_ARGUMENTS;
    (void)level;
    for (size_t i = 0; i < count; i++)
        sums[stride * i] = totals[i];
}

#define VECTORS_PARAMETERS                                                                                             \
    (size_t count, size_t trees, size_t width, const ck_forest_tree *tree, const ck_forest_node *nodes,                \
     const double *leaf_values, const int8_t *columns, uint8_t *slots, double *sums)
#define VECTORS_ARGUMENTS (count, trees, width, tree, nodes, leaf_values, columns, slots, sums)

CK_BODY(void, blend_vectors, VECTORS_PARAMETERS) {
    for (size_t t = 0; t < trees; t++) {
        const uint8_t *leaves = reach(tree + t, nodes, columns, slots);
        const double *values = leaf_values + width * tree[t].leaf;
        for (size_t row = 0; row < count; row++) {
            const double *value = values + width * leaves[CK_FOREST_BYTE(row)];
            double *sum = sums + width * row;
            for (size_t k = 0; k < width; k++)
                sum[k] += value[k];
        }
    }
}

static void blend_vectors_baseline VECTORS_PARAMETERS { blend_vectors_body VECTORS_ARGUMENTS; }

#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v3"))) static void blend_vectors_v3 VECTORS_PARAMETERS {
    blend_vectors_body VECTORS_ARGUMENTS;
}
V4_WIDE static void blend_vectors_v4 VECTORS_PARAMETERS { blend_vectors_body VECTORS_ARGUMENTS; }
#endif

void ck_forest_blend_vectors(ck_cpu_level level, size_t count, size_t trees, size_t width, const ck_forest_tree *tree,
                             const ck_forest_node *nodes, const double *leaf_values, const int8_t *columns,
                             uint8_t *slots, double *sums) {
#if defined(__x86_64__)
    if (level == CK_CPU_V4)
        return blend_vectors_v4 VECTORS_ARGUMENTS;
    if (level == CK_CPU_V3)
        return blend_vectors_v3 VECTORS_ARGUMENTS;
#endif
    (void)level;
    blend_vectors_baseline VECTORS_ARGUMENTS;
}
