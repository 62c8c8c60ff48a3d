#pragma once
#include "ck_cpu.h"
#include "ck_trees.h"

#include <stddef.h>
#include <stdint.h>

/// Kernels of batch prediction by trees: 64 rows side by side, one byte a row. Exact: every level gives the same bits.
///
/// A block holds 64 bytes, one a row, aligned to 64. Columns are blocks of signed bytes: of a number its rank among the
/// thresholds that the trees compare it with, of a category whether it is in a set. Every node of a tree is visited,
/// children before parents: a slot, again a block, receives of each row the leaf that it reaches below that node.
/// Rows from `count` on may hold anything.

enum { CK_FOREST_ROWS = 64, CK_FOREST_TOGETHER = 4 };

/// The rank of a value: how many of 2^steps - 1 bounds are below it (steps <= 8). The bounds are those of an ascending
/// list, padded with +infinity, level by level: the middle one is bounds[1], the middles of the halves are bounds[2]
/// and bounds[3], and so on; at least 16 numbers from `bounds` on can be read. right[i] = left[i] = rank - 128; but for
/// NaN right[i] = 127 and left[i] = -128. count <= 64.
void ck_forest_rank_double(ck_cpu_level level, size_t count, size_t steps, const double *bounds, const double *values,
                           int8_t *right, int8_t *left);
/// The same for single-precision values, compared in double precision.
void ck_forest_rank_float(ck_cpu_level level, size_t count, size_t steps, const double *bounds, const float *values,
                          int8_t *right, int8_t *left);

/// Column k of 8 groups: for row i, 0 where bit k % 8 of table[table_stride (k / 8) + indices[i]] is set, else -1.
/// All 64 indices are read.
void ck_forest_sets(ck_cpu_level level, size_t groups, size_t table_stride, const uint8_t *table,
                    const uint16_t *indices, int8_t *columns);

/// Rows whose byte in block `column` exceeds `threshold` take their leaf from slot `right`, others from slot `left`.
typedef struct {
    uint32_t column;
    uint16_t left, right, out;
    int8_t threshold;
    uint8_t unused;
} ck_forest_node;

/// A tree: its nodes, the first of its leaves' values, and the slot that holds the result. The results of four
/// consecutive trees, counted from the first that a call is given, must stay in slots of their own.
typedef struct {
    uint32_t node, nodes, leaf, result;
} ck_forest_tree;

/// sums[stride i] += the values of the leaves that row i < count reaches, tree after tree. The slots that stand for
/// leaves hold their numbers.
void ck_forest_blend(ck_cpu_level level, size_t count, size_t trees, size_t stride, const ck_forest_tree *tree,
                     const ck_forest_node *nodes, const double *leaf_values, const int8_t *columns, uint8_t *slots,
                     double *sums);

/// ck_trees_traverse for leaves of `width` values each, node n's at leaf_values[width n]: adds them to
/// sums[width row + k], tree after tree.
void ck_trees_traverse_vectors(ck_cpu_level level, size_t count, size_t trees, size_t row_stride, size_t width,
                               const ck_trees_node *nodes, const double *leaf_values, const uint64_t *sets,
                               const uint32_t *roots, const uint32_t *depths, const double *values, double *sums);
