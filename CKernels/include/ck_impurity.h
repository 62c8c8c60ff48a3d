#pragma once
#include "ck_cpu.h"

#include <stddef.h>
#include <stdint.h>

/// Kernels of trees that are split by impurity: sums of rows by bin, and the search along an order of bins. Integers
/// are summed, and doubles are computed in a fixed order without contraction: every level gives the same bits.
///
/// Bins are those of ck_trees.h. Rows of a node are listed by number; what is summed of them lies beside the list, row
/// i of the list at i. Cells: `width` words a bin, 256 bins, zero before a node's rows are added. For classes, the
/// weight of each class; for outputs, the sum of each weighted output and last the weight. Weights are positive; sums
/// stay below 2^62, those of class weights below 2^50. A class word: weight << 12 | class.

enum { CK_IMPURITY_CLASS_BITS = 12, CK_IMPURITY_CLASS_MASK = 4095 };

/// target[width i + k] = source[width rows[i] + k]. Where `bins` is not null, bins[stride rows[i]] is asked for ahead
/// of its use.
void ck_impurity_gather(ck_cpu_level level, size_t count, size_t width, size_t stride, const uint32_t *rows,
                        const uint8_t *bins, const int64_t *source, int64_t *target);

/// Adds rows, each of bin column[stride rows[i]], to cells of `classes` words a bin and, unless null, to the rows
/// counted by bin; lists the bins that occur in ascending order (up to 256 bytes) and returns how many there are.
size_t ck_impurity_add_classes(ck_cpu_level level, size_t count, size_t classes, size_t stride, const uint32_t *rows,
                               const uint8_t *column, const int64_t *words, int64_t *cells, uint32_t *counts,
                               uint8_t *present);
/// The same for outputs: values[width i + k] are added, the last of them the weight. width >= 2.
size_t ck_impurity_add_outputs(ck_cpu_level level, size_t count, size_t width, size_t stride, const uint32_t *rows,
                               const uint8_t *column, const int64_t *values, int64_t *cells, uint32_t *counts,
                               uint8_t *present);

/// How splits of one node are judged. A split's score is the sum of both sides': Σ s²/w over the sums s of a side of
/// weight w (Gini impurity and squared error), or, if logarithmic, Σ s ln s - w ln w (entropy), for outputs with
/// (w - s) ln(w - s) added for each.
typedef struct {
    size_t outputs;      ///< classes or outputs, at least 1
    int32_t classes;     ///< 1: cells hold classes; 0: outputs and the weight
    int32_t logarithmic; ///< 1: entropy
    uint64_t min_rows;   ///< least rows on each side; looked at where counts are given
    uint64_t rows;       ///< the node's rows
} ck_impurity_rule;

/// The best way to cut an order of bins in two: the first `prefix` bins go left, from <= prefix <= to, 1 <= from.
/// Returns the prefix (of equal ones the shortest) if its score is above *best_score, which then becomes that score,
/// with the left side's sums in best_left; else 0. `start` (or null: zeros) and `start_rows` go left in any case.
/// total: the node's sums. counts: rows by bin, or null. left: workspace. All vectors hold `width` words.
size_t ck_impurity_scan(ck_cpu_level level, const ck_impurity_rule *rule, size_t from, size_t to, const uint8_t *order,
                        const int64_t *total, const int64_t *start, uint64_t start_rows, const int64_t *cells,
                        const uint32_t *counts, int64_t *left, double *best_score, int64_t *best_left);
