#include "../parallel/levels.h"
#include "ck_shap.h"

/// Four points.
typedef double quad __attribute__((vector_size(32), aligned(8), may_alias));

/// A byte a row.
typedef uint8_t block __attribute__((vector_size(CK_SHAP_ROWS), aligned(1), may_alias));

/// The states of all children, from which side each row takes: first whether conditions are met, then the states.
CK_INLINE void find_states(size_t splits, const ck_shap_split *split, const uint8_t *right, uint8_t *states) {
    const block one = (block){0} + 1;
    for (size_t s = 0; s < splits; s++) {
        block *child = (block *)(states + (size_t)2 * CK_SHAP_ROWS * split[s].child);
        block sides = *(const block *)(right + (size_t)CK_SHAP_ROWS * split[s].node);
        block met = one;
        if (split[s].previous)
            met = *(const block *)(states + (size_t)2 * CK_SHAP_ROWS * split[s].previous);
        child[0] = met & (sides ^ one);
        child[1] = one + one - met - child[0];
        child[2] = met & sides;
        child[3] = one + one - met - child[2];
    }
}

CK_INLINE void explain_row(size_t row, size_t quads, size_t splits, size_t leaves, size_t slots,
                           const ck_shap_split *split, const uint32_t *leaf, const double *leaf_values,
                           const quad *weights, const quad *tables, const uint32_t *inputs, const uint8_t *states,
                           quad *products, quad *sums, double *contributions) {
#pragma clang fp contract(off)
    const uint8_t *state = states + CK_SHAP_ROWS + row;
    size_t node_table = 2 * CK_SHAP_STATES * quads, node_state = 2 * CK_SHAP_ROWS;
    for (size_t q = 0; q < quads; q++)
        products[q] = weights[q];
    for (size_t s = 0; s < splits; s++) {
        const quad *above = products + quads * split[s].node;
        for (size_t child = split[s].child; child < (size_t)split[s].child + 2; child++) {
            const quad *factors = tables + node_table * child + 2 * quads * state[node_state * child];
            for (size_t q = 0; q < quads; q++)
                products[quads * child + q] = above[q] * factors[q];
        }
    }
    for (size_t k = 0; k < leaves; k++)
        for (size_t q = 0; q < quads; q++)
            products[quads * leaf[k] + q] *= leaf_values[k];
    for (size_t k = 0; k < quads * slots; k++)
        sums[k] = (quad){0};
    for (size_t s = splits; s-- > 0;) {
        size_t child = split[s].child;
        const quad *left = products + quads * child, *right = left + quads;
        const quad *left_factors = tables + node_table * child + 2 * quads * state[node_state * child] + quads;
        const quad *right_factors =
            tables + node_table * (child + 1) + 2 * quads * state[node_state * (child + 1)] + quads;
        for (size_t q = 0; q < quads; q++) {
            sums[quads * split[s].slot + q] += left[q] * left_factors[q] + right[q] * right_factors[q];
            products[quads * split[s].node + q] = left[q] + right[q];
        }
    }
    for (size_t slot = 0; slot < slots; slot++) {
        quad sum = sums[quads * slot];
        for (size_t q = 1; q < quads; q++)
            sum += sums[quads * slot + q];
        contributions[inputs[slot]] += (sum[0] + sum[2]) + (sum[1] + sum[3]);
    }
}

CK_BODY(void, shap_tree,
        (size_t count, size_t points, size_t splits, size_t leaves, size_t slots, size_t stride,
         const ck_shap_split *split, const uint32_t *leaf, const double *leaf_values, const double *weights,
         const double *tables, const uint32_t *inputs, const uint8_t *right, uint8_t *states, double *products,
         double *sums, double *contributions)) {
    find_states(splits, split, right, states);
    // Loops of known length for the usual depths.
#define ROWS(quads)                                                                                                    \
    for (size_t i = 0; i < count; i++)                                                                                 \
    explain_row(i, quads, splits, leaves, slots, split, leaf, leaf_values, (const quad *)weights,                      \
                (const quad *)tables, inputs, states, (quad *)products, (quad *)sums, contributions + stride * i)
    if (points == 4)
        ROWS(1);
    else if (points == 8)
        ROWS(2);
    else
        ROWS(points / 4);
#undef ROWS
}

CK_VARIANTS(void, ck_shap_tree, shap_tree,
            (size_t count, size_t points, size_t splits, size_t leaves, size_t slots, size_t stride,
             const ck_shap_split *split, const uint32_t *leaf, const double *leaf_values, const double *weights,
             const double *tables, const uint32_t *inputs, const uint8_t *right, uint8_t *states, double *products,
             double *sums, double *contributions),
            (count, points, splits, leaves, slots, stride, split, leaf, leaf_values, weights, tables, inputs, right,
             states, products, sums, contributions))
