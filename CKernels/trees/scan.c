#include "../parallel/levels.h"
#include "ck_trees.h"

#include <stdbool.h>
#include <string.h>

#pragma clang fp contract(off)

CK_INLINE double cell_gradient(uint64_t cell) { return (double)(int32_t)(cell >> 32); }
CK_INLINE double cell_hessian(uint64_t cell) { return (double)(uint32_t)cell; }

/// What an L1 penalty and bounds ask for beyond the plain formula.
CK_INLINE bool is_bounded(const ck_trees_leaf *leaf, int direction) {
    return direction != 0 || leaf->alpha > 0 || leaf->lower > -__builtin_inf() || leaf->upper < __builtin_inf();
}

typedef struct {
    double value, gain;
} side;

CK_INLINE side bounded_side(const ck_trees_leaf *leaf, double gradient, double hessian) {
    double shrunk = __builtin_fabs(gradient) - leaf->alpha;
    shrunk = shrunk > 0 ? __builtin_copysign(shrunk, gradient) : 0;
    double value = -shrunk / hessian;
    value = value < leaf->lower ? leaf->lower : value;
    value = value > leaf->upper ? leaf->upper : value;
    return (side){value, -(2 * shrunk * value + hessian * value * value)};
}

/// The gain of both sides, or -1 where one is too small or the direction is wrong.
CK_INLINE double gain_of(bool bounded, int direction, const ck_trees_leaf *leaf, double lambda, double gradient,
                         double hessian, double count) {
    double left = gradient * leaf->gradient_unit, right = (leaf->gradient_total - gradient) * leaf->gradient_unit;
    double left_h = hessian * leaf->hessian_unit, right_h = (leaf->hessian_total - hessian) * leaf->hessian_unit;
    // Counts may be estimates: half a row of slack keeps exact ones exact.
    double right_count = leaf->count_total - count;
    bool allowed = (left_h >= leaf->min_hessian) & (right_h >= leaf->min_hessian) & (count + 0.5 >= leaf->min_count) &
                   (right_count + 0.5 >= leaf->min_count);
    if (bounded) {
        side on_left = bounded_side(leaf, left, left_h + lambda),
             on_right = bounded_side(leaf, right, right_h + lambda);
        double gain = on_left.gain + on_right.gain;
        allowed &= (direction * (on_right.value - on_left.value) >= 0) & (gain >= 0);
        return allowed ? gain : -1;
    }
    double gain = left * left / (left_h + lambda) + right * right / (right_h + lambda);
    return allowed ? gain : -1;
}

/// Tries every threshold with the missing values on one side.
CK_INLINE void scan_side(bool bounded, int direction, size_t thresholds, const ck_trees_leaf *leaf,
                         const uint64_t *cells, const uint64_t *counts, uint64_t start, uint64_t start_count,
                         int missing_left, ck_trees_split *best) {
    double gradient[256], hessian[256], count[256], gain[256];
    uint64_t sum = start;
    for (size_t b = 0; b < thresholds; b++) {
        sum += cells[b];
        gradient[b] = cell_gradient(sum);
        hessian[b] = cell_hessian(sum);
    }
    if (counts) {
        uint64_t rows = start_count;
        for (size_t b = 0; b < thresholds; b++) {
            rows += counts[b];
            count[b] = (double)(uint32_t)rows;
        }
    } else {
        for (size_t b = 0; b < thresholds; b++)
            count[b] = hessian[b] * leaf->count_unit;
    }
    const ck_trees_leaf local = *leaf;
    for (size_t b = 0; b < thresholds; b++)
        gain[b] = gain_of(bounded, direction, &local, local.lambda, gradient[b], hessian[b], count[b]);
    for (size_t b = 0; b < thresholds; b++) {
        if (gain[b] > best->gain) {
            best->gain = gain[b];
            best->left_gradient = (int64_t)gradient[b];
            best->left_hessian = (int64_t)hessian[b];
            best->bin = (int32_t)b;
            best->missing_left = missing_left;
        }
    }
}

CK_INLINE void scan_sides(bool bounded, int direction, size_t bins, const ck_trees_leaf *leaf, const uint64_t *cells,
                          const uint64_t *counts, ck_trees_split *best) {
    uint64_t missing = cells[CK_TREES_MISSING];
    uint64_t missing_count = counts ? counts[CK_TREES_MISSING] : 0;
    if (!missing && !missing_count) {
        scan_side(bounded, direction, bins ? bins - 1 : 0, leaf, cells, counts, 0, 0, -1, best);
        return;
    }
    scan_side(bounded, direction, bins, leaf, cells, counts, 0, 0, 0, best);
    scan_side(bounded, direction, bins ? bins - 1 : 0, leaf, cells, counts, missing, missing_count, 1, best);
}

CK_BODY(void, scan,
        (size_t bins, int direction, const ck_trees_leaf *leaf, const uint64_t *cells, const uint64_t *counts,
         ck_trees_split *best)) {
    *best = (ck_trees_split){.gain = -1, .missing_left = -1};
    if (is_bounded(leaf, direction))
        scan_sides(true, direction, bins, leaf, cells, counts, best);
    else
        scan_sides(false, 0, bins, leaf, cells, counts, best);
}

/// Sorts categories by key, equal keys by number: bottom-up merging, stable.
CK_INLINE void sort_categories(size_t count, const double *keys, uint8_t *order) {
    uint8_t other[256];
    uint8_t *from = order, *to = other;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = start + 2 * width < count ? start + 2 * width : count;
            size_t left = start, right = middle;
            for (size_t at = start; at < end; at++)
                to[at] = left < middle && (right >= end || !(keys[from[right]] < keys[from[left]])) ? from[left++]
                                                                                                    : from[right++];
        }
        uint8_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != order)
        memcpy(order, from, count);
}

CK_INLINE void keep(double gain, int64_t gradient, int64_t hessian, ck_trees_split *best) {
    best->gain = gain;
    best->left_gradient = gradient;
    best->left_hessian = hessian;
}

CK_BODY(void, scan_categories,
        (size_t bins, const ck_trees_leaf *leaf, const ck_trees_category_rules *rules, const uint64_t *cells,
         const uint64_t *counts, ck_trees_split *best, uint64_t *left_set)) {
    *best = (ck_trees_split){.gain = -1, .missing_left = -1};
    // The categories that occur in this leaf; missing is one of them.
    uint8_t present[256];
    double rows[256];
    size_t used = 0;
    for (size_t b = 0; b < 256; b = b + 1 == bins ? CK_TREES_MISSING : b + 1) {
        double count = counts ? (double)(uint32_t)counts[b] : cell_hessian(cells[b]) * leaf->count_unit;
        rows[b] = count;
        if (count > 0 && (b < bins || b == CK_TREES_MISSING))
            present[used++] = (uint8_t)b;
    }
    bool missing_here = used && present[used - 1] == CK_TREES_MISSING;
    bool bounded = is_bounded(leaf, 0);

    if (used <= (size_t)rules->one_versus_rest) {
        size_t chosen = 256;
        for (size_t i = 0; i < used; i++) {
            size_t b = present[i];
            double gain =
                gain_of(bounded, 0, leaf, leaf->lambda, cell_gradient(cells[b]), cell_hessian(cells[b]), rows[b]);
            if (gain > best->gain) {
                keep(gain, (int32_t)(cells[b] >> 32), (uint32_t)cells[b], best);
                chosen = b;
            }
        }
        if (chosen == 256)
            return;
        memset(left_set, 0, 32);
        left_set[chosen / 64] |= 1ull << (chosen % 64);
        best->missing_left = missing_here ? chosen == CK_TREES_MISSING : -1;
        return;
    }

    uint8_t order[256];
    double keys[256];
    size_t ordered = 0;
    for (size_t i = 0; i < used; i++) {
        size_t b = present[i];
        if (rows[b] + 0.5 < rules->smoothing)
            continue;
        keys[b] = cell_gradient(cells[b]) * leaf->gradient_unit /
                  (cell_hessian(cells[b]) * leaf->hessian_unit + rules->smoothing);
        order[ordered++] = (uint8_t)b;
    }
    sort_categories(ordered, keys, order);

    double lambda = leaf->lambda + rules->subset_lambda;
    size_t most = (ordered + 1) / 2;
    if (most > (size_t)rules->max_subset)
        most = (size_t)rules->max_subset;
    size_t best_size = 0;
    bool best_from_top = false;
    for (int from_top = 0; from_top < 2; from_top++) {
        uint64_t sum = 0;
        double count = 0, group = 0;
        for (size_t i = 0; i < most; i++) {
            size_t b = order[from_top ? ordered - 1 - i : i];
            sum += cells[b];
            count += rows[b];
            group += rows[b];
            if (leaf->count_total - count + 0.5 < rules->min_group)
                break;
            if (group + 0.5 < rules->min_group)
                continue;
            double gain = gain_of(bounded, 0, leaf, lambda, cell_gradient(sum), cell_hessian(sum), count);
            if (gain >= 0)
                group = 0;
            if (gain > best->gain) {
                keep(gain, (int32_t)(sum >> 32), (uint32_t)sum, best);
                best_size = i + 1;
                best_from_top = from_top;
            }
        }
    }
    if (best->gain < 0)
        return;
    memset(left_set, 0, 32);
    for (size_t i = 0; i < best_size; i++) {
        size_t b = order[best_from_top ? ordered - 1 - i : i];
        left_set[b / 64] |= 1ull << (b % 64);
    }
    best->bin = 1;
    best->missing_left = missing_here ? (int32_t)(left_set[3] >> 63) : -1;
}

CK_VARIANTS(void, ck_trees_scan, scan,
            (size_t bins, int direction, const ck_trees_leaf *leaf, const uint64_t *cells, const uint64_t *counts,
             ck_trees_split *best),
            (bins, direction, leaf, cells, counts, best))
CK_VARIANTS(void, ck_trees_scan_categories, scan_categories,
            (size_t bins, const ck_trees_leaf *leaf, const ck_trees_category_rules *rules, const uint64_t *cells,
             const uint64_t *counts, ck_trees_split *best, uint64_t *left_set),
            (bins, leaf, rules, cells, counts, best, left_set))
