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

/// What a side must have; the rows are estimated or, where they are counted, left out.
CK_INLINE bool is_enough(const ck_trees_leaf *leaf, bool counted, double hessian, double count) {
    return hessian * leaf->hessian_unit >= leaf->min_hessian && (counted || count + 0.5 >= leaf->min_count);
}

CK_INLINE bool left_is_enough(const ck_trees_leaf *leaf, bool counted, double left) {
    return is_enough(leaf, counted, left, left * leaf->count_unit);
}

CK_INLINE bool right_is_enough(const ck_trees_leaf *leaf, bool counted, double left) {
    return is_enough(leaf, counted, leaf->hessian_total - left, leaf->count_total - left * leaf->count_unit);
}

/// `guess` as a whole number from 0 to `most`.
CK_INLINE double whole(double guess, double most) {
    return guess < most ? guess > 0 ? (double)(int64_t)guess : 0 : most;
}

static ck_trees_interval interval(double least, double most) {
    bool possible = least <= most && least >= 0 && most < 0x1p32;
    return possible ? (ck_trees_interval){(uint32_t)least, (uint32_t)most} : (ck_trees_interval){1, 0};
}

/// The left side's integer sums of hessians that leave both sides enough. The conditions are monotone, and the guesses
/// off by rounding alone.
static ck_trees_interval left_hessians(const ck_trees_leaf *leaf, bool counted) {
    double total = leaf->hessian_total;
    double least = leaf->min_hessian / leaf->hessian_unit, most = total - least;
    if (!counted) {
        double few = (leaf->min_count - 0.5) / leaf->count_unit;
        double many = (leaf->count_total + 0.5 - leaf->min_count) / leaf->count_unit;
        least = least > few ? least : few;
        most = most < many ? most : many;
    }
    double low = whole(least, total + 1), high = whole(most, total);
    while (low > 0 && left_is_enough(leaf, counted, low - 1))
        low--;
    while (low <= total && !left_is_enough(leaf, counted, low))
        low++;
    while (high < total && right_is_enough(leaf, counted, high + 1))
        high++;
    while (high >= 0 && !right_is_enough(leaf, counted, high))
        high--;
    return interval(low, high);
}

void ck_trees_prepare(ck_trees_leaf *leaf) {
    leaf->left_hessians = left_hessians(leaf, false);
    leaf->left_hessians_counted = left_hessians(leaf, true);
    leaf->left_rows =
        interval(__builtin_ceil(leaf->min_count - 0.5), __builtin_floor(leaf->count_total + 0.5 - leaf->min_count));
    double lambda = leaf->lambda / leaf->hessian_unit;
    leaf->screen_lambda = lambda < 0x1p30 ? (float)lambda : -1;
    leaf->screen_unit = leaf->gradient_unit * leaf->gradient_unit / leaf->hessian_unit;
}

enum { LANES = 16 };
typedef uint64_t words __attribute__((vector_size(8 * LANES / 2), aligned(8), may_alias));
typedef uint32_t whole_lanes __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t signed_lanes __attribute__((vector_size(4 * LANES), may_alias));
typedef float lanes __attribute__((vector_size(4 * LANES), may_alias));
#define NO_GAIN ((lanes){0} - 1)

/// The lower and upper halves of 16 sums.
#define LOWER(low, high) __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define UPPER(low, high) __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define LIES_IN(x, interval) ((x) - (interval).least <= (interval).most - (interval).least)
#define EITHER(mask, one, other) ((lanes)(((signed_lanes)(one) & (mask)) | ((signed_lanes)(other) & ~(mask))))

/// Gains of 16 thresholds in single precision, in units of screen_unit and within 2^-20 of the exact ones (fourteen
/// roundings of positive terms); -1 where a side is too small.
CK_INLINE void screen(const ck_trees_leaf *leaf, const uint64_t *sums, uint64_t start, const uint64_t *counts,
                      uint64_t start_count, lanes *gains) {
    whole_lanes low = (whole_lanes)(*(const words *)sums + start);
    whole_lanes high = (whole_lanes)(*(const words *)(sums + LANES / 2) + start);
    whole_lanes h = LOWER(low, high);
    signed_lanes g = (signed_lanes)UPPER(low, high);
    lanes left = __builtin_convertvector(g, lanes);
    lanes right = __builtin_convertvector((int32_t)leaf->gradient_total - g, lanes);
    lanes left_h = __builtin_convertvector(h, lanes) + leaf->screen_lambda;
    lanes right_h = __builtin_convertvector((uint32_t)leaf->hessian_total - h, lanes) + leaf->screen_lambda;
    lanes gain = (left * left * right_h + right * right * left_h) / (left_h * right_h);
    signed_lanes allowed;
    if (counts) {
        whole_lanes low_rows = (whole_lanes)(*(const words *)counts + start_count);
        whole_lanes high_rows = (whole_lanes)(*(const words *)(counts + LANES / 2) + start_count);
        whole_lanes rows = LOWER(low_rows, high_rows);
        allowed = LIES_IN(h, leaf->left_hessians_counted) & LIES_IN(rows, leaf->left_rows);
    } else {
        allowed = LIES_IN(h, leaf->left_hessians);
    }
    // 0 / 0 is none either.
    *gains = EITHER(allowed & (gain >= 0), gain, NO_GAIN);
}

/// The thresholds whose gain may be the column's greatest, and above the best so far, are few: these alone are computed
/// exactly.
CK_INLINE void scan_screened(size_t thresholds, const ck_trees_leaf *leaf, const uint64_t *sums, const uint64_t *counts,
                             uint64_t start, uint64_t start_count, int missing_left, ck_trees_split *best) {
    const float slack = 1 - 0x1p-18f;
    const ck_trees_leaf local = *leaf;
    lanes gains[256 / LANES];
    // As integers: bits of numbers from 0 on are in the order of the numbers, and those of -1 are below.
    signed_lanes most = (signed_lanes)NO_GAIN;
    size_t blocks = thresholds / LANES, rest = thresholds % LANES;
    for (size_t k = 0; k < blocks; k++) {
        screen(&local, sums + LANES * k, start, counts ? counts + LANES * k : NULL, start_count, &gains[k]);
        most = __builtin_elementwise_max(most, (signed_lanes)gains[k]);
    }
    if (rest) {
        // Cells beyond the column's bins hold anything.
        uint64_t last[LANES] = {0}, last_counts[LANES] = {0};
        memcpy(last, sums + LANES * blocks, 8 * rest);
        if (counts)
            memcpy(last_counts, counts + LANES * blocks, 8 * rest);
        screen(&local, last, start, counts ? last_counts : NULL, start_count, &gains[blocks]);
        signed_lanes inside = (signed_lanes){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} < (int32_t)rest;
        gains[blocks] = EITHER(inside, gains[blocks], NO_GAIN);
        most = __builtin_elementwise_max(most, (signed_lanes)gains[blocks]);
        blocks++;
    }
    int32_t bits = __builtin_reduce_max(most);
    float greatest;
    memcpy(&greatest, &bits, sizeof greatest);
    float least = greatest * slack, floor = (float)(best->gain / leaf->screen_unit) * slack;
    if (greatest < 0 || greatest < floor)
        return;
    least = least < floor ? floor : least;
    for (size_t k = 0; k < blocks; k++) {
        if (!__builtin_reduce_or(gains[k] >= least))
            continue;
        for (size_t b = LANES * k; b < LANES * (k + 1); b++) {
            if (gains[k][b % LANES] < least)
                continue;
            uint64_t sum = sums[b] + start;
            double gradient = cell_gradient(sum), hessian = cell_hessian(sum);
            double count = counts ? (double)(uint32_t)(counts[b] + start_count) : hessian * leaf->count_unit;
            double gain = gain_of(false, 0, leaf, leaf->lambda, gradient, hessian, count);
            if (gain > best->gain)
                *best = (ck_trees_split){gain, (int64_t)gradient, (int64_t)hessian, (int32_t)b, missing_left};
        }
    }
}

/// Tries every threshold with the missing values on one side.
CK_INLINE void scan_side(bool bounded, int direction, size_t thresholds, const ck_trees_leaf *leaf,
                         const uint64_t *sums, const uint64_t *counts, uint64_t start, uint64_t start_count,
                         int missing_left, ck_trees_split *best) {
    double gradient[256], hessian[256], count[256], gain[256];
    for (size_t b = 0; b < thresholds; b++) {
        gradient[b] = cell_gradient(sums[b] + start);
        hessian[b] = cell_hessian(sums[b] + start);
    }
    for (size_t b = 0; b < thresholds; b++)
        count[b] = counts ? (double)(uint32_t)(counts[b] + start_count) : hessian[b] * leaf->count_unit;
    const ck_trees_leaf local = *leaf;
    for (size_t b = 0; b < thresholds; b++)
        gain[b] = gain_of(bounded, direction, &local, local.lambda, gradient[b], hessian[b], count[b]);
    for (size_t b = 0; b < thresholds; b++)
        if (gain[b] > best->gain)
            *best = (ck_trees_split){gain[b], (int64_t)gradient[b], (int64_t)hessian[b], (int32_t)b, missing_left};
}

CK_INLINE void scan_sides(bool screened, bool bounded, int direction, size_t bins, const ck_trees_leaf *leaf,
                          const uint64_t *sums, const uint64_t *counts, ck_trees_split *best) {
    uint64_t missing = sums[CK_TREES_MISSING];
    uint64_t missing_count = counts ? counts[CK_TREES_MISSING] : 0;
    bool known = missing || missing_count;
    for (int left = 0; left <= (int)known; left++) {
        // A threshold behind the last bin parts the missing values from the others.
        size_t thresholds = known && !left ? bins : bins ? bins - 1 : 0;
        if (screened)
            scan_screened(thresholds, leaf, sums, counts, left ? missing : 0, left ? missing_count : 0,
                          known ? left : -1, best);
        else
            scan_side(bounded, direction, thresholds, leaf, sums, counts, left ? missing : 0, left ? missing_count : 0,
                      known ? left : -1, best);
    }
}

CK_BODY(void, scan,
        (size_t bins, int direction, const ck_trees_leaf *leaf, double floor, const uint64_t *sums,
         const uint64_t *counts, ck_trees_split *best)) {
    *best = (ck_trees_split){.gain = floor, .bin = -1, .missing_left = -1};
    ck_trees_interval allowed = counts ? leaf->left_hessians_counted : leaf->left_hessians;
    if (is_bounded(leaf, direction))
        scan_sides(false, true, direction, bins, leaf, sums, counts, best);
    else if (leaf->screen_lambda < 0)
        scan_sides(false, false, 0, bins, leaf, sums, counts, best);
    else if (allowed.least <= allowed.most && !(counts && leaf->left_rows.least > leaf->left_rows.most)) {
        if (counts)
            scan_sides(true, false, 0, bins, leaf, sums, counts, best);
        else
            scan_sides(true, false, 0, bins, leaf, sums, NULL, best);
    }
    if (best->bin < 0)
        *best = (ck_trees_split){.gain = -1, .missing_left = -1};
}

/// Running sums of eight cells at a time, three shifted additions each; what is carried over waits for one addition
/// only.
CK_BODY(void, running_sums, (size_t bins, uint64_t *cells, uint64_t *whole)) {
    const words none = {0};
    words before = {0};
    size_t b = 0;
    for (; b + 8 <= bins; b += 8) {
        words sums = *(const words *)(cells + b);
        sums += __builtin_shufflevector(sums, none, 8, 0, 1, 2, 3, 4, 5, 6);
        sums += __builtin_shufflevector(sums, none, 8, 8, 0, 1, 2, 3, 4, 5);
        sums += __builtin_shufflevector(sums, none, 8, 8, 8, 8, 0, 1, 2, 3);
        words total = __builtin_shufflevector(sums, sums, 7, 7, 7, 7, 7, 7, 7, 7);
        sums += before;
        before += total;
        *(words *)(cells + b) = sums;
        if (whole)
            *(words *)(whole + b) -= sums;
    }
    uint64_t sum = before[0];
    for (; b < bins; b++) {
        cells[b] = sum += cells[b];
        if (whole)
            whole[b] -= sum;
    }
    if (whole)
        whole[CK_TREES_MISSING] -= cells[CK_TREES_MISSING];
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

CK_VARIANTS_WIDE(void, ck_trees_running_sums, running_sums, (size_t bins, uint64_t *cells, uint64_t *whole),
                 (bins, cells, whole))
CK_VARIANTS_WIDE(void, ck_trees_scan, scan,
                 (size_t bins, int direction, const ck_trees_leaf *leaf, double floor, const uint64_t *sums,
                  const uint64_t *counts, ck_trees_split *best),
                 (bins, direction, leaf, floor, sums, counts, best))
CK_VARIANTS(void, ck_trees_scan_categories, scan_categories,
            (size_t bins, const ck_trees_leaf *leaf, const ck_trees_category_rules *rules, const uint64_t *cells,
             const uint64_t *counts, ck_trees_split *best, uint64_t *left_set),
            (bins, leaf, rules, cells, counts, best, left_set))
