#pragma once
#include "ck_cpu.h"

#include <stddef.h>
#include <stdint.h>

/// Exact Shapley values of one tree, with the covers of its nodes as the distribution of unknown inputs ("TreeSHAP",
/// path-dependent: Lundberg et al., Nature Machine Intelligence 2, 2020).
///
/// The weight |S|! (d - 1 - |S|)! / d! of a coalition is the integral of t^|S| (1 - t)^(d - 1 - |S|) over [0, 1]. Hence
/// a leaf with value v gives the input i of its path v (o_i - z_i) times the integral of the product over the path's
/// other inputs j of t o_j + (1 - t) z_j, where o_j is 1 if the row meets the path's conditions on j, else 0, and z_j
/// is the product of their shares of rows. The product has a degree below d, so that a Gauss rule of d / 2 points or
/// more is exact. The products are built down the tree, a vector of points a node, and gathered on the way up.

/// A node that splits, by the input of `slot`. Children stand side by side at `child`; `previous` is the nearest node
/// at or above this one that a split by the same input leads to, 0 for none.
typedef struct {
    uint32_t node, child, previous, slot;
} ck_shap_split;

enum { CK_SHAP_ROWS = 64, CK_SHAP_STATES = 3 };

/// contributions[stride i + inputs[slot]] += what the input of each slot contributes to row i < count <= 64.
///
/// Whether the conditions on an input were met before a split and after it is the state of the child: 0 both, 1 only
/// before, 2 neither. `tables` holds for each node (the root apart) and each state `points` factors of the product,
/// then `points` factors of what goes to the input: (nodes, 3, 2, points). right[64 node + i] is 1 where row i goes
/// right. Splits come parents first. points is a multiple of 4. Workspace: states 2 * 64 bytes a node, products
/// `points` doubles a node, sums `points` doubles a slot. Exactly the same bits at every level.
void ck_shap_tree(ck_cpu_level level, size_t count, size_t points, size_t splits, size_t leaves, size_t slots,
                  size_t stride, const ck_shap_split *split, const uint32_t *leaf, const double *leaf_values,
                  const double *weights, const double *tables, const uint32_t *inputs, const uint8_t *right,
                  uint8_t *states, double *products, double *sums, double *contributions);
