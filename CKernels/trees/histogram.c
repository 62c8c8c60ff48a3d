#include "../parallel/levels.h"
#include "ck_trees.h"

#include <stdbool.h>
#include <string.h>

/// How many rows ahead the bins and gradients of scattered rows are asked for: further would push cells out of the
/// first-level cache.
enum { AHEAD = 24 };

CK_INLINE void add_row(size_t columns, const uint8_t *packed, uint64_t gradient, uint64_t *cells) {
    uint64_t words[(CK_TREES_BLOCK + 7) / 8] = {0};
    memcpy(words, packed, (columns + 7) / 8 * 8);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < columns; k++)
        cells[k * CK_TREES_STRIDE + (words[k / 8] >> (8 * (k % 8)) & 255)] += gradient;
}

CK_INLINE uint64_t widen(uint32_t packed) {
    return (uint64_t)((int64_t)((int32_t)packed >> 16) << 32) + (packed & 0xffff);
}

CK_INLINE void add_rows(size_t columns, size_t count, const uint32_t *rows, size_t first, int near, size_t next,
                        size_t record, const uint8_t *packed, size_t gradient_stride, const uint32_t *gradients,
                        uint64_t *cells) {
    if (!rows) {
        for (size_t row = first; row < first + count; row++) {
            if (row < first + next)
                __builtin_prefetch(packed + record * (row + count), 0, 2);
            add_row(columns, packed + record * row, gradients ? widen(gradients[gradient_stride * row]) : 1, cells);
        }
        return;
    }
    size_t end_of_near = near && count > AHEAD ? count - AHEAD : 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = rows[i];
        if (i < end_of_near) {
            __builtin_prefetch(packed + record * rows[i + AHEAD]);
            if (gradients)
                __builtin_prefetch(gradients + gradient_stride * rows[i + AHEAD]);
        }
        if (i < next) // into the second-level cache only
            __builtin_prefetch(packed + record * rows[count + i], 0, 2);
        add_row(columns, packed + record * row, gradients ? widen(gradients[gradient_stride * row]) : 1, cells);
    }
}

// One copy a width, so that the updates of a row are straight-line code.
#define WIDTH(n)                                                                                                       \
    case n:                                                                                                            \
        if (gradients)                                                                                                 \
            add_rows(n, count, rows, first, near, next, record, packed, gradient_stride, gradients, cells);            \
        else                                                                                                           \
            add_rows(n, count, rows, first, near, next, record, packed, 0, NULL, cells);                               \
        return

CK_BODY(void, histogram,
        (size_t columns, size_t count, const uint32_t *rows, size_t first, int near, size_t next, size_t record,
         const uint8_t *packed, size_t gradient_stride, const uint32_t *gradients, uint64_t *cells)) {
    switch (columns) {
        WIDTH(1);
        WIDTH(2);
        WIDTH(3);
        WIDTH(4);
        WIDTH(5);
        WIDTH(6);
        WIDTH(7);
        WIDTH(8);
        WIDTH(9);
        WIDTH(10);
        WIDTH(11);
        WIDTH(12);
        WIDTH(13);
        WIDTH(14);
        WIDTH(15);
        WIDTH(16);
        WIDTH(17);
        WIDTH(18);
        WIDTH(19);
        WIDTH(20);
        WIDTH(21);
        WIDTH(22);
        WIDTH(23);
        WIDTH(24);
        WIDTH(25);
        WIDTH(26);
        WIDTH(27);
        WIDTH(28);
    default:
        return;
    }
}

CK_INLINE uint64_t add_entries(size_t count, const uint32_t *rows, size_t first, const uint64_t *starts,
                               const uint16_t *entries, size_t gradient_stride, const uint32_t *gradients,
                               uint64_t *cells) {
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = rows ? rows[i] : first + i;
        if (rows && i + 2 * AHEAD < count)
            __builtin_prefetch(starts + rows[i + 2 * AHEAD]);
        if (rows && i + AHEAD < count) {
            __builtin_prefetch(entries + starts[rows[i + AHEAD]]);
            if (gradients)
                __builtin_prefetch(gradients + gradient_stride * rows[i + AHEAD]);
        }
        uint64_t gradient = gradients ? widen(gradients[gradient_stride * row]) : 1;
        total += gradient;
        const uint16_t *end = entries + starts[row + 1];
        for (const uint16_t *entry = entries + starts[row]; entry < end; entry++)
            cells[*entry] += gradient;
    }
    return total;
}

CK_BODY(uint64_t, sparse_histogram,
        (size_t count, const uint32_t *rows, size_t first, const uint64_t *starts, const uint16_t *entries,
         size_t gradient_stride, const uint32_t *gradients, uint64_t *cells)) {
    if (!gradients)
        return add_entries(count, rows, first, starts, entries, 0, NULL, cells);
    if (!rows)
        return add_entries(count, NULL, first, starts, entries, gradient_stride, gradients, cells);
    return add_entries(count, rows, first, starts, entries, gradient_stride, gradients, cells);
}

CK_BODY(void, subtract, (size_t count, const uint64_t *part, uint64_t *whole)) {
    for (size_t i = 0; i < count; i++)
        whole[i] -= part[i];
}

CK_BODY(void, add, (size_t count, const uint64_t *part, uint64_t *whole)) {
    for (size_t i = 0; i < count; i++)
        whole[i] += part[i];
}

CK_VARIANTS(void, ck_trees_histogram, histogram,
            (size_t columns, size_t count, const uint32_t *rows, size_t first, int near, size_t next, size_t record,
             const uint8_t *packed, size_t gradient_stride, const uint32_t *gradients, uint64_t *cells),
            (columns, count, rows, first, near, next, record, packed, gradient_stride, gradients, cells))
CK_VARIANTS(uint64_t, ck_trees_sparse_histogram, sparse_histogram,
            (size_t count, const uint32_t *rows, size_t first, const uint64_t *starts, const uint16_t *entries,
             size_t gradient_stride, const uint32_t *gradients, uint64_t *cells),
            (count, rows, first, starts, entries, gradient_stride, gradients, cells))
CK_VARIANTS(void, ck_trees_subtract, subtract, (size_t count, const uint64_t *part, uint64_t *whole),
            (count, part, whole))
CK_VARIANTS(void, ck_trees_add, add, (size_t count, const uint64_t *part, uint64_t *whole), (count, part, whole))
