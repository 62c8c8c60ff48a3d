#include "../parallel/levels.h"
#include "ck_forest.h"
#include "ck_trees.h"

/// Rows that walk a tree side by side, so that their dependent loads overlap.
enum { TOGETHER = 8 };

CK_INLINE uint32_t step(const ck_trees_node *node, const uint64_t *sets, const double *row) {
    uint32_t column = node->column;
    double value = row[column & CK_TREES_COLUMN_MASK];
    if (__builtin_expect(column & CK_TREES_CATEGORY, 0)) {
        const uint64_t *set = sets + (size_t)node->threshold;
        if (!(value >= 0 && value < (double)set[0]))
            return node->child + !(column & CK_TREES_MISSING_LEFT);
        size_t code = (size_t)value;
        return node->child + (uint32_t)(~(set[1 + code / 64] >> (code % 64)) & 1);
    }
    // A NaN fails either comparison.
    uint32_t right = column & CK_TREES_MISSING_LEFT ? value > node->threshold : !(value <= node->threshold);
    return node->child + right;
}

CK_BODY(void, traverse,
        (size_t count, size_t trees, size_t row_stride, size_t stride, const ck_trees_node *nodes,
         const double *leaf_values, const uint64_t *sets, const uint32_t *roots, const uint32_t *depths,
         const double *values, double *sums)) {
    size_t i = 0;
    for (; i + TOGETHER <= count; i += TOGETHER) {
        const double *rows = values + row_stride * i;
        double total[TOGETHER];
        for (size_t k = 0; k < TOGETHER; k++)
            total[k] = sums[stride * (i + k)];
        for (size_t t = 0; t < trees; t++) {
            uint32_t at[TOGETHER];
            for (size_t k = 0; k < TOGETHER; k++)
                at[k] = roots[t];
            for (uint32_t depth = depths[t]; depth; depth--) {
                uint32_t moved = 0;
                for (size_t k = 0; k < TOGETHER; k++) {
                    uint32_t next = step(nodes + at[k], sets, rows + row_stride * k);
                    moved |= next ^ at[k];
                    at[k] = next;
                }
                if (!moved)
                    break;
            }
            for (size_t k = 0; k < TOGETHER; k++)
                total[k] += leaf_values[at[k]];
        }
        for (size_t k = 0; k < TOGETHER; k++)
            sums[stride * (i + k)] = total[k];
    }
    for (; i < count; i++) {
        const double *row = values + row_stride * i;
        double total = sums[stride * i];
        size_t t = 0;
        // One row: several trees side by side instead.
        for (; t + TOGETHER <= trees; t += TOGETHER) {
            uint32_t at[TOGETHER], deepest = 0;
            for (size_t k = 0; k < TOGETHER; k++) {
                at[k] = roots[t + k];
                deepest = depths[t + k] > deepest ? depths[t + k] : deepest;
            }
            for (uint32_t depth = deepest; depth; depth--) {
                uint32_t moved = 0;
                for (size_t k = 0; k < TOGETHER; k++) {
                    uint32_t next = step(nodes + at[k], sets, row);
                    moved |= next ^ at[k];
                    at[k] = next;
                }
                if (!moved)
                    break;
            }
            for (size_t k = 0; k < TOGETHER; k++)
                total += leaf_values[at[k]];
        }
        for (; t < trees; t++) {
            uint32_t at = roots[t];
            for (uint32_t depth = depths[t]; depth; depth--)
                at = step(nodes + at, sets, row);
            total += leaf_values[at];
        }
        sums[stride * i] = total;
    }
}

CK_VARIANTS(void, ck_trees_traverse, traverse,
            (size_t count, size_t trees, size_t row_stride, size_t stride, const ck_trees_node *nodes,
             const double *leaf_values, const uint64_t *sets, const uint32_t *roots, const uint32_t *depths,
             const double *values, double *sums),
            (count, trees, row_stride, stride, nodes, leaf_values, sets, roots, depths, values, sums))

CK_INLINE void add_vectors(size_t together, size_t width, const uint32_t *at, const double *leaf_values, size_t stride,
                           double *sums) {
    for (size_t k = 0; k < together; k++)
        for (size_t output = 0; output < width; output++)
            sums[stride * k + output] += leaf_values[width * at[k] + output];
}

CK_BODY(void, traverse_vectors,
        (size_t count, size_t trees, size_t row_stride, size_t width, const ck_trees_node *nodes,
         const double *leaf_values, const uint64_t *sets, const uint32_t *roots, const uint32_t *depths,
         const double *values, double *sums)) {
    uint32_t at[TOGETHER];
    size_t i = 0;
    for (; i + TOGETHER <= count; i += TOGETHER) {
        for (size_t t = 0; t < trees; t++) {
            for (size_t k = 0; k < TOGETHER; k++)
                at[k] = roots[t];
            for (uint32_t depth = depths[t], moved = 1; depth && moved; depth--) {
                moved = 0;
                for (size_t k = 0; k < TOGETHER; k++) {
                    uint32_t next = step(nodes + at[k], sets, values + row_stride * (i + k));
                    moved |= next ^ at[k];
                    at[k] = next;
                }
            }
            add_vectors(TOGETHER, width, at, leaf_values, width, sums + width * i);
        }
    }
    for (; i < count; i++) {
        const double *row = values + row_stride * i;
        // One row: several trees side by side instead.
        for (size_t t = 0; t < trees; t += TOGETHER) {
            size_t together = trees - t < TOGETHER ? trees - t : TOGETHER;
            uint32_t deepest = 0;
            for (size_t k = 0; k < together; k++) {
                at[k] = roots[t + k];
                deepest = depths[t + k] > deepest ? depths[t + k] : deepest;
            }
            for (uint32_t depth = deepest, moved = 1; depth && moved; depth--) {
                moved = 0;
                for (size_t k = 0; k < together; k++) {
                    uint32_t next = step(nodes + at[k], sets, row);
                    moved |= next ^ at[k];
                    at[k] = next;
                }
            }
            add_vectors(together, width, at, leaf_values, 0, sums + width * i);
        }
    }
}

CK_VARIANTS(void, ck_trees_traverse_vectors, traverse_vectors,
            (size_t count, size_t trees, size_t row_stride, size_t width, const ck_trees_node *nodes,
             const double *leaf_values, const uint64_t *sets, const uint32_t *roots, const uint32_t *depths,
             const double *values, double *sums),
            (count, trees, row_stride, width, nodes, leaf_values, sets, roots, depths, values, sums))
