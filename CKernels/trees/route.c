#include "../parallel/levels.h"
#include "ck_trees.h"

#include <string.h>

enum { LANES = 64, TOGETHER = 4, TILE = LANES * TOGETHER, MOST_DIVISIONS = 255 };
typedef uint8_t lanes __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef uint32_t fours __attribute__((vector_size(LANES), may_alias));

/// A division by a threshold, its numbers in each byte of a word: words are spread over a register as they are loaded.
/// Missing values, bin 255, are above every threshold; where they go left they count as bin 0, and the others one up.
typedef struct {
    const uint8_t *column;
    uint32_t leaf, right, highest, wrap;
} threshold;

CK_INLINE threshold threshold_of(const ck_trees_division *division, size_t stride, const uint8_t *bins) {
    const uint32_t each = 0x01010101, wrap = division->missing_left ? 1 : 0;
    return (threshold){bins + stride * division->column, each * division->leaf, each * division->right,
                       each * ((uint32_t)division->bin + wrap), each * wrap};
}

#define SPREAD(word) ((lanes)((fours){0} + (word)))

/// The leaves' numbers of a tile stay in registers while thresholds in a row divide them.
CK_INLINE void divide_tile(const threshold *thresholds, size_t count, size_t first, uint8_t *leaves) {
    lanes numbers[TOGETHER];
    memcpy(numbers, leaves, TILE);
    for (const threshold *end = thresholds + count; thresholds < end; thresholds++) {
        const lanes leaf = SPREAD(thresholds->leaf), right = SPREAD(thresholds->right);
        const lanes highest = SPREAD(thresholds->highest), wrap = SPREAD(thresholds->wrap);
        const lanes *bins = (const lanes *)(thresholds->column + first);
#pragma clang loop unroll(full)
        for (size_t k = 0; k < TOGETHER; k++) {
            __builtin_prefetch(bins + TOGETHER + k);
            lanes moved = (lanes)((numbers[k] == leaf) & (bins[k] + wrap > highest));
            numbers[k] = (numbers[k] & ~moved) | (right & moved);
        }
    }
    memcpy(leaves, numbers, TILE);
}

/// The same for the rows after the last whole tile.
CK_INLINE void divide_rest(const threshold *thresholds, size_t count, size_t first, size_t rows, uint8_t *leaves) {
    for (const threshold *end = thresholds + count; thresholds < end; thresholds++)
        for (size_t i = 0; i < rows; i++) {
            uint8_t bin = (uint8_t)(thresholds->column[first + i] + (uint8_t)thresholds->wrap);
            if (leaves[i] == (uint8_t)thresholds->leaf && bin > (uint8_t)thresholds->highest)
                leaves[i] = (uint8_t)thresholds->right;
        }
}

CK_INLINE void divide_by_set(const ck_trees_division *division, size_t rows, const uint8_t *column, uint8_t *leaves) {
    for (size_t i = 0; i < rows; i++) {
        int goes_left = division->left[column[i] / 64] >> (column[i] % 64) & 1;
        leaves[i] = (leaves[i] == division->leaf && !goes_left) ? (uint8_t)division->right : leaves[i];
    }
}

CK_BODY(void, route,
        (size_t count, size_t divisions, const ck_trees_division *division, size_t stride, const uint8_t *bins,
         uint16_t *leaves)) {
    threshold thresholds[MOST_DIVISIONS];
    for (size_t d = 0; d < divisions; d++)
        thresholds[d] = threshold_of(division + d, stride, bins);
    for (size_t first = 0; first < count; first += TILE) {
        size_t rows = count - first < TILE ? count - first : TILE;
        uint8_t tile[TILE] = {0};
        for (size_t d = 0, end; d < divisions; d = end) {
            for (end = d; end < divisions && division[end].bin >= 0; end++)
                ;
            if (end == d)
                divide_by_set(division + end++, rows, thresholds[d].column + first, tile);
            else if (rows == TILE)
                divide_tile(thresholds + d, end - d, first, tile);
            else
                divide_rest(thresholds + d, end - d, first, rows, tile);
        }
        for (size_t i = 0; i < rows; i++)
            leaves[first + i] = tile[i];
    }
}

CK_VARIANTS_WIDE(void, ck_trees_route, route,
                 (size_t count, size_t divisions, const ck_trees_division *division, size_t stride, const uint8_t *bins,
                  uint16_t *leaves),
                 (count, divisions, division, stride, bins, leaves))
