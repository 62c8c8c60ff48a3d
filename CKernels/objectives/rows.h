#pragma once
#include "../parallel/levels.h"
#include "ck_math.h"

#include <stdbool.h>

/// What the loops over rows of losses share: sums in eight lanes, row i in lane i % 8, added pairwise.

#pragma clang fp contract(off)

enum { LANES = 8 };

CK_INLINE double add_lanes(const double *lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// Runs `ROW(i, lane)` for all rows, row i with lane i % 8, in groups that vectorise.
#define FOR_ROWS(ROW)                                                                                                  \
    size_t i = 0;                                                                                                      \
    for (; i + LANES <= count; i += LANES) {                                                                           \
        _Pragma("clang loop vectorize(enable)") for (size_t lane = 0; lane < LANES; lane++) ROW(i + lane, lane);       \
    }                                                                                                                  \
    for (size_t lane = 0; i + lane < count; lane++)                                                                    \
        ROW(i + lane, lane);

/// Calls `rows_function(count, weighted, wanted, …)`; constant arguments make one loop for each combination.
#define SPECIALISED(rows_function, ...)                                                                                \
    if (weights)                                                                                                       \
        return gradients ? rows_function(count, true, true, __VA_ARGS__, weights, scores, gradients, hessians)         \
                         : rows_function(count, true, false, __VA_ARGS__, weights, scores, gradients, hessians);       \
    return gradients ? rows_function(count, false, true, __VA_ARGS__, weights, scores, gradients, hessians)            \
                     : rows_function(count, false, false, __VA_ARGS__, weights, scores, gradients, hessians);
