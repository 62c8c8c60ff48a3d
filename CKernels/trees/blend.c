#include "../parallel/levels.h"
#include "ck_forest.h"

typedef int8_t signed_block __attribute__((vector_size(CK_FOREST_ROWS), aligned(CK_FOREST_ROWS), may_alias));
typedef uint8_t block __attribute__((vector_size(CK_FOREST_ROWS), aligned(CK_FOREST_ROWS), may_alias));

CK_BODY(void, sets,
        (size_t groups, size_t table_stride, const uint8_t *table, const uint16_t *indices, int8_t *columns)) {
    for (size_t group = 0; group < groups; group++) {
        block bits;
        for (int i = 0; i < CK_FOREST_ROWS; i++)
            bits[i] = table[table_stride * group + indices[i]];
        for (int bit = 0; bit < 8; bit++, columns += CK_FOREST_ROWS)
            *(signed_block *)columns = (bits & (uint8_t)(1 << bit)) == 0;
    }
}

/// The leaves that 64 rows reach, left in the tree's result slot.
CK_INLINE const uint8_t *reach(const ck_forest_tree *tree, const ck_forest_node *nodes, const int8_t *columns,
                               uint8_t *slots) {
    const ck_forest_node *end = nodes + tree->node + tree->nodes;
    for (const ck_forest_node *node = nodes + tree->node; node < end; node++) {
        signed_block column = *(const signed_block *)(columns + (size_t)CK_FOREST_ROWS * node->column);
        block left = *(const block *)(slots + (size_t)CK_FOREST_ROWS * node->left);
        block right = *(const block *)(slots + (size_t)CK_FOREST_ROWS * node->right);
        block goes_right = (block)(column > node->threshold);
        *(block *)(slots + (size_t)CK_FOREST_ROWS * node->out) = (goes_right & right) | (~goes_right & left);
    }
    return slots + (size_t)CK_FOREST_ROWS * tree->result;
}

CK_BODY(void, blend,
        (size_t count, size_t trees, size_t stride, const ck_forest_tree *tree, const ck_forest_node *nodes,
         const double *leaf_values, const int8_t *columns, uint8_t *slots, double *sums)) {
    size_t t = 0;
    for (; t + CK_FOREST_TOGETHER <= trees; t += CK_FOREST_TOGETHER) {
        const uint8_t *leaves[CK_FOREST_TOGETHER];
        const double *values[CK_FOREST_TOGETHER];
        for (int k = 0; k < CK_FOREST_TOGETHER; k++) {
            leaves[k] = reach(tree + t + k, nodes, columns, slots);
            values[k] = leaf_values + tree[t + k].leaf;
        }
        // Scalar loads beat gathers here.
#pragma clang loop vectorize(disable)
        for (size_t i = 0; i < count; i++) {
            double sum = sums[stride * i];
            for (int k = 0; k < CK_FOREST_TOGETHER; k++)
                sum += values[k][leaves[k][i]];
            sums[stride * i] = sum;
        }
    }
    for (; t < trees; t++) {
        const uint8_t *leaves = reach(tree + t, nodes, columns, slots);
        const double *values = leaf_values + tree[t].leaf;
#pragma clang loop vectorize(disable)
        for (size_t i = 0; i < count; i++)
            sums[stride * i] += values[leaves[i]];
    }
}

CK_VARIANTS(void, ck_forest_sets, sets,
            (size_t groups, size_t table_stride, const uint8_t *table, const uint16_t *indices, int8_t *columns),
            (groups, table_stride, table, indices, columns))
CK_VARIANTS(void, ck_forest_blend, blend,
            (size_t count, size_t trees, size_t stride, const ck_forest_tree *tree, const ck_forest_node *nodes,
             const double *leaf_values, const int8_t *columns, uint8_t *slots, double *sums),
            (count, trees, stride, tree, nodes, leaf_values, columns, slots, sums))
