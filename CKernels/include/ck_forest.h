#pragma once
#include "ck_cpu.h"
#include "ck_trees.h"

#include <stddef.h>
#include <stdint.h>

/// Kernels of batch prediction by trees: 512 rows side by side. Exact: every level gives the same bits.
///
/// A block holds 512 bytes, one a row, aligned to 64; row i is byte CK_FOREST_BYTE(i), so that eight rows in a row are
/// the k-th bytes of eight words. Columns are blocks of signed bytes: of a number its rank among the thresholds that
/// the trees compare it with, of a category whether it is in a set. Planes hold 512 bits, one a row, in 8 words: bit b
/// of word w belongs to byte 64 w + b of a block. Rows from `count` <= 512 on may hold anything.

enum { CK_FOREST_ROWS = 512, CK_FOREST_BITS = 16, CK_FOREST_PADDING = 32 };

#define CK_FOREST_BYTE(row) (((row) & ~(size_t)63) | ((row)&7) << 3 | ((row) >> 3 & 7))

/// The rank of a value: how many of 2^steps - 1 bounds are below it (steps <= 8). The bounds are those of an ascending
/// list, padded with +infinity, level by level: the middle one is bounds[1], the middles of the halves are bounds[2]
/// and bounds[3], and so on; at least 16 numbers from `bounds` on can be read. right = left = rank - 128; but for NaN
/// right = 127 and left = -128.
void ck_forest_rank_double(ck_cpu_level level, size_t count, size_t steps, const double *bounds, const double *values,
                           int8_t *right, int8_t *left);
/// The same for single-precision values, compared in double precision.
void ck_forest_rank_float(ck_cpu_level level, size_t count, size_t steps, const double *bounds, const float *values,
                          int8_t *right, int8_t *left);

/// Column k of 8 groups: for row i, 0 where bit k % 8 of table[table_stride (k / 8) + indices[i]] is set, else -1.
/// All 512 indices are read.
void ck_forest_sets(ck_cpu_level level, size_t groups, size_t table_stride, const uint8_t *table,
                    const uint16_t *indices, int8_t *columns);

/// Rows whose byte in block `column` exceeds the threshold, which stands in all four bytes of `threshold`.
typedef struct {
    uint32_t column, threshold;
} ck_forest_mask;

/// planes[8 k + w]: the rows of mask k < masks, for the words w that hold any of the first `count` rows.
void ck_forest_masks(ck_cpu_level level, size_t count, size_t masks, const ck_forest_mask *mask, const int8_t *columns,
                     uint64_t *planes);

/// Rows in one plane, and in another those of them that are meant; each is found so many bytes behind the first plane.
typedef struct {
    uint32_t rows, mask;
} ck_forest_split;

/// A tree: its splits, and the first of its leaves' values. Split k of the first `paths` puts `rows` outside `mask`
/// into plane 1 + 2 k, those in it into the next. Those behind flip bits of the numbers of leaves in Gray code, the
/// highest bit first: the rows in both planes of flips[b] splits flip bit b. From `bits` <= 16 on, flips are 0.
typedef struct {
    uint32_t split, paths, leaf, bits;
    uint16_t flips[CK_FOREST_BITS];
} ck_forest_tree;

/// sums[stride i] += the values of the leaves that row i < count reaches, tree after tree. Plane 0 holds ones; all
/// trees of a call have the same number of bits, and CK_FOREST_PADDING values from a tree's first can be read.
void ck_forest_slice(ck_cpu_level level, size_t count, size_t trees, size_t stride, const ck_forest_tree *tree,
                     const ck_forest_split *splits, const double *leaf_values, uint64_t *planes, double *sums);

/// The same for leaves of `width` values each, leaf n's at leaf_values[width n]: adds them to sums[width i + k].
void ck_forest_slice_vectors(ck_cpu_level level, size_t count, size_t trees, size_t width, const ck_forest_tree *tree,
                             const ck_forest_split *splits, const double *leaf_values, uint64_t *planes, double *sums);

/// Walking down trees without a branch. A row is expanded to `places`: place 0 holds 0; number k of the inputs that are
/// compared has two, 2 k + 1 and 2 k + 2, NaN in the first and -infinity in the second where it is missing; each set of
/// categories has one, 1 where the row goes right, else 0.

enum { CK_FOREST_PLACES = 1024, CK_FOREST_INDICES = 257 };

/// Rows go to `child` if what stands at `place` is at most `threshold`, else to the node behind it, NaN too. A leaf
/// leads to itself: place 0, threshold +infinity.
typedef struct {
    double threshold;
    uint32_t place, child;
} ck_forest_step;

/// An input whose value v is a code. Below `known` codes its index is indices[first + v], else it is 256, and bit k of
/// tables[table + 257 g + index] is what stands at place `place` + 8 g + k.
typedef struct {
    uint32_t input, place, groups, table, first, known;
} ck_forest_category;

/// Where values are found and what they are compared with: `numbers` inputs, `categories` inputs, `places` in all.
typedef struct {
    size_t numbers, categories, places;
    const uint32_t *inputs;
    const ck_forest_category *category;
    const uint16_t *indices;
    const uint8_t *tables;
} ck_forest_inputs;

/// Trees: their roots, the longest way down each, and leaf_values (nodes, width). `width` is 1, and tree t of `trees`
/// adds to score t / (trees / scores); or it is `scores`, and each tree adds to all.
typedef struct {
    size_t trees, scores, width;
    const ck_forest_step *steps;
    const double *leaf_values;
    const uint32_t *roots, *depths;
} ck_forest_steps;

/// sums[score] += what the trees answer for one row. At most CK_FOREST_PLACES places.
void ck_forest_walk_row(const ck_forest_inputs *inputs, const ck_forest_steps *forest, const double *values,
                        double *sums);

/// sums[scores i + score] += what the trees answer for row i < count, whose values stand at values[row_stride i], one
/// tree after another for all rows. Workspace: expanded (count, places).
void ck_forest_walk(size_t count, size_t row_stride, const ck_forest_inputs *inputs, const ck_forest_steps *forest,
                    const double *values, double *expanded, double *sums);

/// Deciding all nodes of one row's trees at once: trees of at most 32 leaves, side by side. A tree's leaves are bits of
/// a word, the leftmost the highest; each node that sends the row right strikes out the leaves on its left, and the
/// highest bit that remains is the leaf that the row reaches (QuickScorer, Lucchese et al., SIGIR 2015).

enum {
    CK_FOREST_LEAVES = 32,
    CK_FOREST_LANES = 16,
    CK_FOREST_STRIDE = 16,
    CK_FOREST_CHUNK = 64,
    CK_FOREST_RANKS = 256,
    CK_FOREST_PAIRS = 2048
};

/// An input that is compared with at most 255 thresholds, ascending: bounds[bounds + 16 + k], padded with +infinity to
/// a multiple of 16 with room for one more; before them stand 16 numbers, every sixteenth of them or +infinity. 64
/// times the rank of its value, how many are below it, is put at places `right` and `left`; if it is missing, INT16_MAX
/// at `right` and -1 at `left`. A place that no node reads is CK_FOREST_RANKS.
typedef struct {
    uint32_t input, bounds;
    uint16_t right, left;
} ck_forest_number;

/// An input whose value v is a code. Below `known` codes its row is indices[first + v], else it is `missing`; what its
/// categories send right in pair p are bits of sets[sets + pairs row + p].
typedef struct {
    uint32_t input, first, known, missing, sets;
} ck_forest_choice;

/// Two nodes of each of 16 trees; those of tree l are numbers l and 16 + l. The rank at place test % 64 of the run's
/// chunk goes right if it exceeds `test`, threshold number * 64 + place % 64; INT16_MAX never does, and stands where
/// there is no node or one that categories decide. Rows that go right keep the leaves in `keep`. Aligned to 64 bytes.
typedef struct {
    int16_t test[2 * CK_FOREST_LANES];
    uint32_t keep[2 * CK_FOREST_LANES];
} ck_forest_pair;

/// The next `pairs` pairs, which read the ranks from 64 `chunk` on. The last run of a group of at most 16 trees has
/// their number, and the first score that they add to; other runs have none.
typedef struct {
    uint32_t pairs, score;
    uint16_t chunk, trees;
} ck_forest_run;

/// Trees: leaf n of tree t answers leaf_values[width (32 t + n)] and what follows. At most CK_FOREST_PAIRS pairs.
typedef struct {
    size_t numbers, categories, runs, pairs, width;
    const ck_forest_number *number;
    const double *bounds;
    const ck_forest_choice *category;
    const uint16_t *indices;
    const uint32_t *sets;
    const ck_forest_run *run;
    const ck_forest_pair *pair;
    const double *leaf_values;
} ck_forest_decisions;

/// sums[score] += what the trees answer for one row, tree after tree. Exact, but fast with 512-bit vectors only.
void ck_forest_decide_row(ck_cpu_level level, const ck_forest_decisions *forest, const double *values, double *sums);

/// ck_trees_traverse for leaves of `width` values each, node n's at leaf_values[width n]: adds them to
/// sums[width row + k], tree after tree.
void ck_trees_traverse_vectors(ck_cpu_level level, size_t count, size_t trees, size_t row_stride, size_t width,
                               const ck_trees_node *nodes, const double *leaf_values, const uint64_t *sets,
                               const uint32_t *roots, const uint32_t *depths, const double *values, double *sums);
