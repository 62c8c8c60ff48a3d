#include "../parallel/levels.h"
#include "ck_trees.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

CK_BODY(size_t, partition_mask,
        (size_t count, const uint32_t *rows, size_t first, const uint8_t *column, const uint8_t *left_table,
         uint8_t *mask)) {
    size_t left = 0, i = 0;
    for (; i + 8 <= count; i += 8) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 8; k++)
            bits |= (uint32_t)left_table[column[rows ? rows[i + k] : first + i + k]] << k;
        mask[i / 8] = (uint8_t)bits;
        left += (size_t)__builtin_popcount(bits);
    }
    if (i < count) {
        uint32_t bits = 0;
        for (size_t k = 0; i + k < count; k++)
            bits |= (uint32_t)left_table[column[rows ? rows[i + k] : first + i + k]] << k;
        mask[i / 8] = (uint8_t)bits;
        left += (size_t)__builtin_popcount(bits);
    }
    return left;
}

/// Rows from ..< count one by one: one store each, which never goes past what the mask says.
CK_INLINE void write_rows(size_t from, size_t count, const uint32_t *rows, size_t first, const uint8_t *mask,
                          uint32_t *left, uint32_t *right) {
    for (size_t i = from; i < count; i++) {
        uint32_t row = rows ? rows[i] : (uint32_t)(first + i);
        size_t goes_left = mask[i / 8] >> (i % 8) & 1;
        *(goes_left ? left : right) = row;
        left += goes_left;
        right += 1 - goes_left;
    }
}

static void partition_write_baseline(size_t count, size_t left_count, const uint32_t *rows, size_t first,
                                     const uint8_t *mask, uint32_t *left, uint32_t *right) {
    (void)left_count;
    write_rows(0, count, rows, first, mask, left, right);
}

#if defined(__x86_64__)
// Eight rows at a time are gathered to the front of a vector and stored whole, as long as eight places are left on
// both sides: the neighbours of a side belong to other tasks.
#define WRITE_VECTORS(COMPRESS)                                                                                        \
    uint32_t *left_end = left + left_count, *right_end = right + (count - left_count);                                 \
    size_t i = 0;                                                                                                      \
    __m256i next =                                                                                                     \
        _mm256_add_epi32(_mm256_set1_epi32((int)(uint32_t)first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));          \
    for (; i + 8 <= count && left + 8 <= left_end && right + 8 <= right_end; i += 8) {                                 \
        __m256i eight = rows ? _mm256_loadu_si256((const __m256i *)(const void *)(rows + i)) : next;                   \
        next = _mm256_add_epi32(next, _mm256_set1_epi32(8));                                                           \
        uint32_t bits = mask[i / 8];                                                                                   \
        _mm256_storeu_si256((__m256i *)(void *)left, COMPRESS(bits, eight));                                           \
        _mm256_storeu_si256((__m256i *)(void *)right, COMPRESS(~bits & 255, eight));                                   \
        size_t lefts = (size_t)__builtin_popcount(bits);                                                               \
        left += lefts;                                                                                                 \
        right += 8 - lefts;                                                                                            \
    }                                                                                                                  \
    write_rows(i, count, rows, first, mask, left, right);

__attribute__((target("arch=x86-64-v3"))) static inline __m256i compress_v3(uint32_t bits, __m256i eight) {
    uint64_t wide = _pdep_u64(bits, 0x0101010101010101ull) * 255;
    uint64_t places = _pext_u64(0x0706050403020100ull, wide);
    return _mm256_permutevar8x32_epi32(eight, _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)places)));
}

__attribute__((target("arch=x86-64-v3"))) static void partition_write_v3(size_t count, size_t left_count,
                                                                         const uint32_t *rows, size_t first,
                                                                         const uint8_t *mask, uint32_t *left,
                                                                         uint32_t *right) {
    WRITE_VECTORS(compress_v3)
}

__attribute__((target("arch=x86-64-v4"))) static inline __m256i compress_v4(uint32_t bits, __m256i eight) {
    return _mm256_maskz_compress_epi32((__mmask8)bits, eight);
}

__attribute__((target("arch=x86-64-v4"))) static void partition_write_v4(size_t count, size_t left_count,
                                                                         const uint32_t *rows, size_t first,
                                                                         const uint8_t *mask, uint32_t *left,
                                                                         uint32_t *right) {
    WRITE_VECTORS(compress_v4)
}
#endif

void ck_trees_partition_write(ck_cpu_level level, size_t count, size_t left_count, const uint32_t *rows, size_t first,
                              const uint8_t *mask, uint32_t *left, uint32_t *right) {
#if defined(__x86_64__)
    if (level == CK_CPU_V4) {
        partition_write_v4(count, left_count, rows, first, mask, left, right);
        return;
    }
    if (level == CK_CPU_V3) {
        partition_write_v3(count, left_count, rows, first, mask, left, right);
        return;
    }
#endif
    (void)level;
    partition_write_baseline(count, left_count, rows, first, mask, left, right);
}

CK_BODY(void, mark, (size_t count, const uint32_t *rows, size_t first, uint16_t leaf, uint16_t *leaves)) {
    if (rows) {
        for (size_t i = 0; i < count; i++)
            leaves[rows[i]] = leaf;
    } else {
        for (size_t i = first; i < first + count; i++)
            leaves[i] = leaf;
    }
}

CK_BODY(void, add_value,
        (size_t count, const uint32_t *rows, size_t first, double value, size_t stride, double *scores)) {
    if (rows) {
        for (size_t i = 0; i < count; i++)
            scores[stride * rows[i]] += value;
    } else {
        for (size_t i = first; i < first + count; i++)
            scores[stride * i] += value;
    }
}

CK_VARIANTS(size_t, ck_trees_partition_mask, partition_mask,
            (size_t count, const uint32_t *rows, size_t first, const uint8_t *column, const uint8_t *left_table,
             uint8_t *mask),
            (count, rows, first, column, left_table, mask))
CK_VARIANTS(void, ck_trees_mark, mark,
            (size_t count, const uint32_t *rows, size_t first, uint16_t leaf, uint16_t *leaves),
            (count, rows, first, leaf, leaves))
CK_VARIANTS(void, ck_trees_add_value, add_value,
            (size_t count, const uint32_t *rows, size_t first, double value, size_t stride, double *scores),
            (count, rows, first, value, stride, scores))
