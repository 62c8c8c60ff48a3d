#include "../parallel/levels.h"
#include "ck_trees.h"

#include <string.h>

/// Branch-free binary search; eight values at a time hide the latency of the dependent loads.
#define BIN_VALUES(count, bounds, values, bins)                                                                        \
    do {                                                                                                               \
        size_t i = 0;                                                                                                  \
        for (; i + 8 <= (count); i += 8) {                                                                             \
            uint32_t at[8] = {0};                                                                                      \
            for (uint32_t step = 128; step; step >>= 1)                                                                \
                for (int k = 0; k < 8; k++)                                                                            \
                    at[k] += (bounds)[at[k] + step - 1] < (double)(values)[i + k] ? step : 0;                          \
            for (int k = 0; k < 8; k++)                                                                                \
                (bins)[i + k] = (values)[i + k] == (values)[i + k] ? (uint8_t)at[k] : CK_TREES_MISSING;                \
        }                                                                                                              \
        for (; i < (count); i++) {                                                                                     \
            uint32_t at = 0;                                                                                           \
            for (uint32_t step = 128; step; step >>= 1)                                                                \
                at += (bounds)[at + step - 1] < (double)(values)[i] ? step : 0;                                        \
            (bins)[i] = (values)[i] == (values)[i] ? (uint8_t)at : CK_TREES_MISSING;                                   \
        }                                                                                                              \
    } while (0)

CK_BODY(void, bin_double, (size_t count, const double *bounds, const double *values, uint8_t *bins)) {
    BIN_VALUES(count, bounds, values, bins);
}

CK_BODY(void, bin_float, (size_t count, const double *bounds, const float *values, uint8_t *bins)) {
    BIN_VALUES(count, bounds, values, bins);
}

CK_BODY(void, pack,
        (size_t count, size_t columns, size_t stride, size_t record, const uint8_t *bins, uint8_t *packed)) {
    for (size_t i = 0; i < count; i++) {
        uint64_t words[CK_TREES_RECORD / 8] = {0};
        for (size_t slot = 0; slot < columns; slot++)
            words[slot / 8] |= (uint64_t)bins[stride * slot + i] << (8 * (slot % 8));
        memcpy(packed + record * i, words, record);
    }
}

CK_VARIANTS(void, ck_trees_bin_double, bin_double,
            (size_t count, const double *bounds, const double *values, uint8_t *bins), (count, bounds, values, bins))
CK_VARIANTS(void, ck_trees_bin_float, bin_float,
            (size_t count, const double *bounds, const float *values, uint8_t *bins), (count, bounds, values, bins))
CK_VARIANTS(void, ck_trees_pack, pack,
            (size_t count, size_t columns, size_t stride, size_t record, const uint8_t *bins, uint8_t *packed),
            (count, columns, stride, record, bins, packed))
