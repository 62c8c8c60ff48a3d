#pragma once
#include "ck_cpu.h"

#include <stddef.h>
#include <stdint.h>

/// Kernels of histogram-based decision trees. All of them are exact (integers, or doubles in a fixed order without
/// contraction): every level gives the same bits. Counts of rows stay below 2^31. Pointers marked "or null" may be
/// null; a count of zero reads and writes nothing. Outputs never alias inputs unless said so.
///
/// Bins. A column's value bins are 0 ..< bins, bins <= 255; bin 255 is "missing".
/// Packed bins: a record of 16 or 32 bytes a row, a byte a column. A block is up to 28 neighbouring columns of a
/// record. The last bytes of a record may hold the row's packed gradient. Packed gradients: one word a row, gradient as
/// int16 in the upper half, hessian as uint16 in the lower. Cells: one 64-bit word a bin, (sum of gradients << 32) +
/// sum of hessians, 272 words a column (a stride of 256 would put equal bins of all columns into the same cache sets).
/// Sums fit: |sum of gradients| < 2^31, hessians < 2^32. Rows: `rows` lists row numbers, or is null for the numbers
/// first, first + 1, ….

enum { CK_TREES_BLOCK = 28, CK_TREES_RECORD = 32, CK_TREES_STRIDE = 272, CK_TREES_MISSING = 255 };

/// bins[i] = how many of the 255 ascending bounds (padded with +infinity) are below values[i]; 255 for NaN.
void ck_trees_bin_double(ck_cpu_level level, size_t count, const double *bounds, const double *values, uint8_t *bins);
/// The same for single-precision values, compared in double precision.
void ck_trees_bin_float(ck_cpu_level level, size_t count, const double *bounds, const float *values, uint8_t *bins);

/// packed[record i + slot] = bins[stride slot + i] for slot < columns <= record, zero above; record is 16 or 32.
void ck_trees_pack(ck_cpu_level level, size_t count, size_t columns, size_t stride, size_t record, const uint8_t *bins,
                   uint8_t *packed);

/// selected[i] = bins[rows[i]].
void ck_trees_select(ck_cpu_level level, size_t count, const uint32_t *rows, const uint8_t *bins, uint8_t *selected);

/// Gradients and hessians come as doubles, row i at [stride i]; none is NaN, no hessian is negative.

/// The largest |gradient| and hessian: maxima[0], maxima[1].
void ck_trees_maxima(ck_cpu_level level, size_t count, size_t stride, const double *gradients, const double *hessians,
                     double *maxima);

/// Fixed-point sums: sums[0] of round(|g| gradient_scale), sums[1] of round(h hessian_scale), sums[2] of the squares of
/// the first, shifted right by [shift] to less than 2^16. Each scaled number must be below 2^50, the first two sums
/// below 2^62.
void ck_trees_fixed_sums(ck_cpu_level level, size_t count, size_t stride, double gradient_scale, double hessian_scale,
                         int shift, const double *gradients, const double *hessians, int64_t *sums);

/// Adds to the sums of each row's leaf: sums[3 leaf] round(g gradient_scale), sums[3 leaf + 1] round(h hessian_scale),
/// under the bounds of ck_trees_fixed_sums, and sums[3 leaf + 2] 1.
void ck_trees_leaf_sums(ck_cpu_level level, size_t count, size_t stride, double gradient_scale, double hessian_scale,
                        const uint16_t *leaves, const double *gradients, const double *hessians, int64_t *sums);

/// scores[stride i] += values[leaves[i]].
void ck_trees_add_leaf_values(ck_cpu_level level, size_t count, size_t stride, const uint16_t *leaves,
                              const double *values, double *scores);

/// packed[packed_stride i] from round(g gradient_scale) in [-32767, 32767] and round(h hessian_scale) in [0, 65535] of
/// row rows[i], or i where [rows] is NULL; totals[0] and totals[1] receive the sums of the two.
void ck_trees_quantise(ck_cpu_level level, size_t count, const uint32_t *rows, size_t stride, size_t packed_stride,
                       double gradient_scale, double hessian_scale, const double *gradients, const double *hessians,
                       uint32_t *packed, int64_t *totals);

/// Adds rows to the cells of one block: for each row and column, cells[272 column + bin] += the row's packed gradient,
/// gradients[gradient_stride row], or += 1 where `gradients` is null. A row's bins start at packed[record row], where
/// whole words of 8 bytes are read. 1 <= columns <= 28. Where rows are listed, `near` asks for the records of the rows
/// just ahead, and `next` tells how many rows stand in the list behind these, whose records will be wanted next (at
/// most `count`).
void ck_trees_histogram(ck_cpu_level level, size_t columns, size_t count, const uint32_t *rows, size_t first, int near,
                        size_t next, size_t record, const uint8_t *packed, size_t gradient_stride,
                        const uint32_t *gradients, uint64_t *cells);

/// The same for sparse columns, of whose bins only those are kept that are not the column's usual one: those of a row
/// are entries[starts[row]] ..< entries[starts[row + 1]], each the number of a cell. Returns the sum of the rows'
/// gradients, as one cell, or their number.
uint64_t ck_trees_sparse_histogram(ck_cpu_level level, size_t count, const uint32_t *rows, size_t first,
                                   const uint64_t *starts, const uint16_t *entries, size_t gradient_stride,
                                   const uint32_t *gradients, uint64_t *cells);

/// whole[i] -= part[i].
void ck_trees_subtract(ck_cpu_level level, size_t count, const uint64_t *part, uint64_t *whole);
/// whole[i] += part[i].
void ck_trees_add(ck_cpu_level level, size_t count, const uint64_t *part, uint64_t *whole);

/// Whole numbers from `least` to `most`; none where the least is greater.
typedef struct {
    uint32_t least, most;
} ck_trees_interval;

/// What a split of one leaf must satisfy, and the leaf's totals.
typedef struct {
    double gradient_unit;  ///< real gradient per integer unit
    double hessian_unit;   ///< real hessian per integer unit
    double lambda;         ///< L2 penalty, >= 0
    double alpha;          ///< L1 penalty, >= 0
    double lower;          ///< least value that either side may have, as real gradient per real hessian
    double upper;          ///< greatest value
    double min_hessian;    ///< least real hessian on each side, > 0
    double min_count;      ///< least rows on each side
    double count_unit;     ///< rows per integer hessian unit, an estimate; unused where counts are given
    double gradient_total; ///< the leaf's integer sum of gradients
    double hessian_total;  ///< the leaf's integer sum of hessians
    double count_total;    ///< the leaf's rows
    // What ck_trees_prepare makes of these:
    ck_trees_interval left_hessians;         ///< left sums of hessians that leave both sides enough, estimated rows too
    ck_trees_interval left_hessians_counted; ///< the same where rows are counted
    ck_trees_interval left_rows;             ///< counted rows that leave both sides enough
    float screen_lambda;                     ///< lambda in integer units; -1: too large for single precision
    double screen_unit;                      ///< gain per unit of gain in integer units
} ck_trees_leaf;

/// Fills the members from left_hessians on from the others.
void ck_trees_prepare(ck_trees_leaf *leaf);

/// Makes running sums of a number column's cells: cells[b] becomes cells[0] + … + cells[b], b < bins. The missing bin
/// stays as it is. If `whole` is not null, it holds such sums of a leaf whose part `cells` are, and keeps what is left.
void ck_trees_running_sums(ck_cpu_level level, size_t bins, uint64_t *cells, uint64_t *whole);

/// A split of one column. `gain` is what both sides gain, not yet compared with the leaf's own; -1: none allowed. A
/// side of G and H takes the value w = -s/(H+λ), where s is G brought nearer to 0 by α, cut to the bounds; it gains
/// -(2sw + (H+λ)w²), which is s²/(H+λ) inside them.
typedef struct {
    double gain;
    int64_t left_gradient; ///< integer sums of the left side
    int64_t left_hessian;
    int32_t bin;          ///< bins <= bin go left
    int32_t missing_left; ///< 1 or 0; -1 where the leaf has no missing value to tell
} ck_trees_split;

/// The best threshold of a number column of `bins` bins among those that gain more than `floor`, which is -1 or greater
/// (of equal gains the lowest bin, missing to the right first). `direction`: the right side's value must not be below
/// (1) or above (-1) the left side's, or may be either (0). `sums`: running sums of the cells. `counts`: running sums
/// of cells that hold exact row counts, or null to estimate them from hessians.
void ck_trees_scan(ck_cpu_level level, size_t bins, int direction, const ck_trees_leaf *leaf, double floor,
                   const uint64_t *sums, const uint64_t *counts, ck_trees_split *best);

/// How subsets of categories are searched.
typedef struct {
    int32_t one_versus_rest; ///< up to this many categories, one is split off
    int32_t max_subset;      ///< at most so many categories in the smaller subset
    double smoothing;        ///< added to a category's hessian when ordering; least rows of an ordered category
    double subset_lambda;    ///< L2 penalty added for ordered subsets
    double min_group;        ///< least rows between two subsets that are tried, and on the far side
} ck_trees_category_rules;

/// The best subset of the categories of one column (missing is one of them): left_set, 256 bits, holds those that go
/// left. left_set is written only if best->gain >= 0. `bin` is 1 where ordered subsets were tried, else 0.
void ck_trees_scan_categories(ck_cpu_level level, size_t bins, const ck_trees_leaf *leaf,
                              const ck_trees_category_rules *rules, const uint64_t *cells, const uint64_t *counts,
                              ck_trees_split *best, uint64_t *left_set);

/// First half of a partition: bit i % 8 of mask[i / 8] says whether row i goes left, left_table[column[row]] (0 or 1);
/// returns how many do. The last byte is padded with zeros. Three bytes behind the last row's bin may be read.
size_t ck_trees_partition_mask(ck_cpu_level level, size_t count, const uint32_t *rows, size_t first,
                               const uint8_t *column, const uint8_t *left_table, uint8_t *mask);
/// Second half: row numbers in their order to `left` or `right`, exactly as many as the mask says.
void ck_trees_partition_write(ck_cpu_level level, size_t count, size_t left_count, const uint32_t *rows, size_t first,
                              const uint8_t *mask, uint32_t *left, uint32_t *right);

/// leaves[row] = leaf for ascending rows as long as they are below `end`; returns how many were.
size_t ck_trees_mark(ck_cpu_level level, size_t count, const uint32_t *rows, size_t first, size_t end, uint16_t leaf,
                     uint16_t *leaves);

/// One split of a growing tree: rows of `leaf` whose bin is not on the left become rows of `right`.
typedef struct {
    uint64_t left[4];     ///< the bins that go left
    int32_t bin;          ///< bins up to this one go left; -1 where only the set tells
    int32_t missing_left; ///< beside `bin`: whether bin 255 goes left as well
    uint32_t column;
    uint16_t leaf, right;
} ck_trees_division;

/// leaves[i] = the leaf, below 256, that row i gets to by the divisions in their order, from leaf 0 on; its bin in a
/// column is at bins[stride column + i].
void ck_trees_route(ck_cpu_level level, size_t count, size_t divisions, const ck_trees_division *division,
                    size_t stride, const uint8_t *bins, uint16_t *leaves);

/// scores[stride row] += value.
void ck_trees_add_value(ck_cpu_level level, size_t count, const uint32_t *rows, size_t first, double value,
                        size_t stride, double *scores);

/// A node of a compiled tree. Children stand side by side: left at `child`, right at `child + 1`. A leaf is its own
/// left child, with an infinite threshold and missing to the left, so that walking on from it stays there.
typedef struct {
    double threshold; ///< values <= threshold go left; for a category, where its set starts, as a double
    uint32_t column;  ///< column in the lower 30 bits; CK_TREES_MISSING_LEFT; CK_TREES_CATEGORY
    uint32_t child;
} ck_trees_node;

enum { CK_TREES_COLUMN_MASK = 0x3fffffff, CK_TREES_MISSING_LEFT = 0x40000000 };
#define CK_TREES_CATEGORY 0x80000000u

/// sums[stride row] += the values of the leaves that a row reaches in `trees` trees, in their order. Tree t starts at
/// roots[t] and is depths[t] deep. values[row_stride row + column]: numbers, with NaN as missing, and category codes,
/// of which those outside a set's range count as missing. A set: a word with the number n of codes, then ceil(n / 64)
/// words, a bit a code, set for left. leaf_values is indexed by node.
void ck_trees_traverse(ck_cpu_level level, size_t count, size_t trees, size_t row_stride, size_t stride,
                       const ck_trees_node *nodes, const double *leaf_values, const uint64_t *sets,
                       const uint32_t *roots, const uint32_t *depths, const double *values, double *sums);
