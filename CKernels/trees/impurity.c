#include "../parallel/levels.h"
#include "ck_impurity.h"
#include "ck_math.h"

#include <stdbool.h>
#include <string.h>

#pragma clang fp contract(off)

CK_INLINE void gather_rows(size_t count, size_t width, size_t stride, const uint32_t *rows, const uint8_t *bins,
                           const int64_t *source, int64_t *target) {
    for (size_t i = 0; i < count; i++) {
        size_t row = rows[i];
        if (bins)
            __builtin_prefetch(bins + stride * row);
        for (size_t k = 0; k < width; k++)
            target[width * i + k] = source[width * row + k];
    }
}

CK_BODY(void, gather,
        (size_t count, size_t width, size_t stride, const uint32_t *rows, const uint8_t *bins, const int64_t *source,
         int64_t *target)) {
    if (width == 1)
        gather_rows(count, 1, stride, rows, bins, source, target);
    else if (width == 2)
        gather_rows(count, 2, stride, rows, bins, source, target);
    else
        gather_rows(count, width, stride, rows, bins, source, target);
}

/// Bins whose byte in `seen` is 1, in ascending order.
CK_INLINE size_t list_seen(const uint8_t *seen, uint8_t *present) {
    size_t found = 0;
    for (size_t start = 0; start < 256; start += 8) {
        uint64_t eight;
        memcpy(&eight, seen + start, 8);
        for (; eight; eight &= eight - 1)
            present[found++] = (uint8_t)(start + (size_t)__builtin_ctzll(eight) / 8);
    }
    return found;
}

CK_INLINE void class_rows(size_t count, size_t classes, size_t stride, bool counted, const uint32_t *rows,
                          const uint8_t *column, const int64_t *words, int64_t *cells, uint32_t *counts,
                          uint8_t *seen) {
    for (size_t i = 0; i < count; i++) {
        size_t bin = column[stride * rows[i]];
        int64_t word = words[i];
        cells[bin * classes + (size_t)(word & CK_IMPURITY_CLASS_MASK)] += word >> CK_IMPURITY_CLASS_BITS;
        seen[bin] = 1;
        if (counted)
            counts[bin]++;
    }
}

CK_INLINE void output_rows(size_t count, size_t width, size_t stride, bool counted, const uint32_t *rows,
                           const uint8_t *column, const int64_t *values, int64_t *cells, uint32_t *counts,
                           uint8_t *seen) {
    for (size_t i = 0; i < count; i++) {
        size_t bin = column[stride * rows[i]];
        int64_t *cell = cells + bin * width;
        for (size_t k = 0; k < width; k++)
            cell[k] += values[width * i + k];
        seen[bin] = 1;
        if (counted)
            counts[bin]++;
    }
}

// One copy for the widths of two classes and of one output, and one for any other.
#define ADD_ROWS(ROWS, width)                                                                                          \
    uint8_t seen[256] = {0};                                                                                           \
    if (width == 2 && counts)                                                                                          \
        ROWS(count, 2, stride, true, rows, column, values, cells, counts, seen);                                       \
    else if (width == 2)                                                                                               \
        ROWS(count, 2, stride, false, rows, column, values, cells, counts, seen);                                      \
    else if (counts)                                                                                                   \
        ROWS(count, width, stride, true, rows, column, values, cells, counts, seen);                                   \
    else                                                                                                               \
        ROWS(count, width, stride, false, rows, column, values, cells, counts, seen);                                  \
    return list_seen(seen, present);

CK_BODY(size_t, add_classes,
        (size_t count, size_t classes, size_t stride, const uint32_t *rows, const uint8_t *column,
         const int64_t *values, int64_t *cells, uint32_t *counts, uint8_t *present)){ADD_ROWS(class_rows, classes)}

CK_BODY(size_t, add_outputs,
        (size_t count, size_t width, size_t stride, const uint32_t *rows, const uint8_t *column, const int64_t *values,
         int64_t *cells, uint32_t *counts, uint8_t *present)){ADD_ROWS(output_rows, width)}

/// x ln x, 0 for 0.
CK_INLINE double x_log_x(double x) {
    return x > 0 ? x * ck_log(x) : 0;
}

/// The score of both sides; `outputs` and the flags are constants after inlining where that pays.
CK_INLINE double score(size_t outputs, bool classes, bool logarithmic, const int64_t *total, const int64_t *left,
                       double *left_weight, double *right_weight) {
    double left_score = 0, right_score = 0, wl = 0, wr = 0;
    if (!classes) {
        wl = (double)left[outputs];
        wr = (double)(total[outputs] - left[outputs]);
    }
    for (size_t k = 0; k < outputs; k++) {
        double l = (double)left[k], r = (double)(total[k] - left[k]);
        if (classes) {
            wl += l;
            wr += r;
        }
        if (logarithmic) {
            left_score += x_log_x(l);
            right_score += x_log_x(r);
            if (!classes) {
                left_score += x_log_x(wl - l);
                right_score += x_log_x(wr - r);
            }
        } else {
            left_score += l * l;
            right_score += r * r;
        }
    }
    *left_weight = wl;
    *right_weight = wr;
    if (logarithmic) {
        double terms = classes ? 1 : (double)outputs;
        return (left_score - terms * x_log_x(wl)) + (right_score - terms * x_log_x(wr));
    }
    return left_score / wl + right_score / wr;
}

CK_INLINE size_t scan_order(const ck_impurity_rule *rule, size_t outputs, bool classes, bool logarithmic, size_t from,
                            size_t to, const uint8_t *order, const int64_t *total, const int64_t *start,
                            uint64_t start_rows, const int64_t *cells, const uint32_t *counts, int64_t *left,
                            double *best_score, int64_t *best_left) {
    size_t width = classes ? outputs : outputs + 1, best = 0;
    uint64_t rows = start_rows;
    for (size_t k = 0; k < width; k++)
        left[k] = start ? start[k] : 0;
    for (size_t prefix = 1; prefix <= to; prefix++) {
        size_t bin = order[prefix - 1];
        for (size_t k = 0; k < width; k++)
            left[k] += cells[bin * width + k];
        if (counts) {
            rows += counts[bin];
            if (rows < rule->min_rows)
                continue;
            if (rule->rows - rows < rule->min_rows)
                break;
        }
        if (prefix < from)
            continue;
        double wl, wr, found = score(outputs, classes, logarithmic, total, left, &wl, &wr);
        if (found > *best_score && wl > 0 && wr > 0) {
            *best_score = found;
            best = prefix;
            for (size_t k = 0; k < width; k++)
                best_left[k] = left[k];
        }
    }
    return best;
}

CK_BODY(size_t, scan,
        (const ck_impurity_rule *rule, size_t from, size_t to, const uint8_t *order, const int64_t *total,
         const int64_t *start, uint64_t start_rows, const int64_t *cells, const uint32_t *counts, int64_t *left,
         double *best_score, int64_t *best_left)) {
#define SCAN(outputs, classes, logarithmic)                                                                            \
    scan_order(rule, outputs, classes, logarithmic, from, to, order, total, start, start_rows, cells, counts, left,    \
               best_score, best_left)
    if (rule->logarithmic)
        return rule->classes ? SCAN(rule->outputs, true, true) : SCAN(rule->outputs, false, true);
    if (rule->classes)
        return rule->outputs == 2 ? SCAN(2, true, false) : SCAN(rule->outputs, true, false);
    return rule->outputs == 1 ? SCAN(1, false, false) : SCAN(rule->outputs, false, false);
#undef SCAN
}

CK_VARIANTS(void, ck_impurity_gather, gather,
            (size_t count, size_t width, size_t stride, const uint32_t *rows, const uint8_t *bins,
             const int64_t *source, int64_t *target),
            (count, width, stride, rows, bins, source, target))
CK_VARIANTS(size_t, ck_impurity_add_classes, add_classes,
            (size_t count, size_t classes, size_t stride, const uint32_t *rows, const uint8_t *column,
             const int64_t *values, int64_t *cells, uint32_t *counts, uint8_t *present),
            (count, classes, stride, rows, column, values, cells, counts, present))
CK_VARIANTS(size_t, ck_impurity_add_outputs, add_outputs,
            (size_t count, size_t width, size_t stride, const uint32_t *rows, const uint8_t *column,
             const int64_t *values, int64_t *cells, uint32_t *counts, uint8_t *present),
            (count, width, stride, rows, column, values, cells, counts, present))
CK_VARIANTS(size_t, ck_impurity_scan, scan,
            (const ck_impurity_rule *rule, size_t from, size_t to, const uint8_t *order, const int64_t *total,
             const int64_t *start, uint64_t start_rows, const int64_t *cells, const uint32_t *counts, int64_t *left,
             double *best_score, int64_t *best_left),
            (rule, from, to, order, total, start, start_rows, cells, counts, left, best_score, best_left))
