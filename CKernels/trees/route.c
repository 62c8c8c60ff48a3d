#include "../parallel/levels.h"
#include "ck_trees.h"

#include <string.h>

/// Rows whose leaves' numbers stay in a first-level cache while all divisions pass over them.
enum { TILE = 4096, LANES = 64 };
typedef uint8_t lanes __attribute__((vector_size(LANES), aligned(1), may_alias));

/// Missing values, bin 255, are above every threshold; where they go left they count as bin 0, and the others one up.
CK_INLINE void divide_by_threshold(size_t count, const ck_trees_division *division, const uint8_t *column,
                                   uint8_t *leaves) {
    const uint8_t wrap = division->missing_left ? 1 : 0, highest = (uint8_t)(division->bin + wrap);
    const uint8_t leaf = (uint8_t)division->leaf, right = (uint8_t)division->right;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        lanes numbers = *(const lanes *)(leaves + i), bins = *(const lanes *)(column + i) + wrap;
        lanes moved = (lanes)((numbers == leaf) & (bins > highest));
        *(lanes *)(leaves + i) = (numbers & ~moved) | (right & moved);
    }
    for (; i < count; i++)
        if (leaves[i] == leaf && (uint8_t)(column[i] + wrap) > highest)
            leaves[i] = right;
}

CK_INLINE void divide_by_set(size_t count, const ck_trees_division *division, const uint8_t *column, uint8_t *leaves) {
    uint8_t goes_right[256];
    for (size_t bin = 0; bin < 256; bin++)
        goes_right[bin] = !(division->left[bin / 64] >> (bin % 64) & 1);
    const uint8_t leaf = (uint8_t)division->leaf, right = (uint8_t)division->right;
    for (size_t i = 0; i < count; i++)
        leaves[i] = ((leaves[i] == leaf) & goes_right[column[i]]) ? right : leaves[i];
}

CK_BODY(void, route,
        (size_t count, size_t divisions, const ck_trees_division *division, size_t stride, const uint8_t *bins,
         uint16_t *leaves)) {
    uint8_t tile[TILE];
    for (size_t first = 0; first < count; first += TILE) {
        size_t rows = count - first < TILE ? count - first : TILE;
        memset(tile, 0, rows);
        for (size_t d = 0; d < divisions; d++) {
            const uint8_t *column = bins + stride * division[d].column + first;
            if (division[d].bin >= 0)
                divide_by_threshold(rows, &division[d], column, tile);
            else
                divide_by_set(rows, &division[d], column, tile);
        }
        for (size_t i = 0; i < rows; i++)
            leaves[first + i] = tile[i];
    }
}

CK_VARIANTS(void, ck_trees_route, route,
            (size_t count, size_t divisions, const ck_trees_division *division, size_t stride, const uint8_t *bins,
             uint16_t *leaves),
            (count, divisions, division, stride, bins, leaves))
