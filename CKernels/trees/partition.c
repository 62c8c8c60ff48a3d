#include "../parallel/levels.h"
#include "ck_trees.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

CK_INLINE size_t mask_rows(size_t from, size_t count, const uint32_t *rows, size_t first, const uint8_t *column,
                           const uint8_t *left_table, uint8_t *mask) {
    size_t left = 0;
    for (size_t i = from; i < count; i += 8) {
        uint32_t bits = 0;
        size_t some = count - i < 8 ? count - i : 8;
        for (size_t k = 0; k < some; k++)
            bits |= (uint32_t)left_table[column[rows ? rows[i + k] : first + i + k]] << k;
        mask[i / 8] = (uint8_t)bits;
        left += (size_t)__builtin_popcount(bits);
    }
    return left;
}

static size_t partition_mask(size_t count, const uint32_t *rows, size_t first, const uint8_t *column,
                             const uint8_t *left_table, uint8_t *mask) {
    size_t whole = count / 8 * 8, left = 0;
    for (size_t i = 0; i < whole; i += 8) // eight without a question
        left += mask_rows(0, 8, rows ? rows + i : NULL, first + i, column, left_table, mask + i / 8);
    return left + mask_rows(whole, count, rows, first, column, left_table, mask);
}

#if defined(__x86_64__)
/// Sixteen rows at a time: their bins are gathered, four bytes for the sake of one, and looked up in 256 bits.
__attribute__((target("arch=x86-64-v4"))) static size_t partition_mask_v4(size_t count, const uint32_t *rows,
                                                                          size_t first, const uint8_t *column,
                                                                          const uint8_t *left_table, uint8_t *mask) {
    uint64_t words[8] = {0};
    for (size_t k = 0; k < 4; k++) {
        __m512i bytes = _mm512_loadu_si512(left_table + 64 * k);
        words[k] = _cvtmask64_u64(_mm512_test_epi8_mask(bytes, bytes));
    }
    const __m512i table = _mm512_loadu_si512(words), low = _mm512_set1_epi32(31), one = _mm512_set1_epi32(1);
    size_t left = 0, i = 0;
    for (; i + 16 <= count; i += 16) {
        __m512i bins;
        if (rows) {
            __m512i four = _mm512_i32gather_epi32(_mm512_loadu_si512(rows + i), (const int *)(const void *)column, 1);
            bins = _mm512_and_si512(four, _mm512_set1_epi32(255));
        } else {
            bins = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(column + first + i)));
        }
        __m512i word = _mm512_permutexvar_epi32(_mm512_srli_epi32(bins, 5), table);
        __m512i bit = _mm512_srlv_epi32(word, _mm512_and_si512(bins, low));
        uint16_t bits = (uint16_t)_mm512_test_epi32_mask(bit, one);
        memcpy(mask + i / 8, &bits, 2);
        left += (size_t)__builtin_popcount(bits);
    }
    return left + mask_rows(i, count, rows, first, column, left_table, mask);
}
#endif

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
// Some rows at a time are gathered to the front of a vector. The neighbours of a side belong to other tasks: a vector
// is stored whole as long as there is room on both sides, or as far as it goes.

__attribute__((target("arch=x86-64-v3"))) static inline __m256i compress_v3(uint32_t bits, __m256i eight) {
    uint64_t wide = _pdep_u64(bits, 0x0101010101010101ull) * 255;
    uint64_t places = _pext_u64(0x0706050403020100ull, wide);
    return _mm256_permutevar8x32_epi32(eight, _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)places)));
}

__attribute__((target("arch=x86-64-v3"))) static void partition_write_v3(size_t count, size_t left_count,
                                                                         const uint32_t *rows, size_t first,
                                                                         const uint8_t *mask, uint32_t *left,
                                                                         uint32_t *right) {
    uint32_t *left_end = left + left_count, *right_end = right + (count - left_count);
    __m256i next = _mm256_add_epi32(_mm256_set1_epi32((int)(uint32_t)first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    size_t i = 0;
    for (; i + 8 <= count && left + 8 <= left_end && right + 8 <= right_end; i += 8) {
        __m256i some = rows ? _mm256_loadu_si256((const __m256i *)(const void *)(rows + i)) : next;
        next = _mm256_add_epi32(next, _mm256_set1_epi32(8));
        uint32_t bits = mask[i / 8];
        _mm256_storeu_si256((__m256i *)(void *)left, compress_v3(bits, some));
        _mm256_storeu_si256((__m256i *)(void *)right, compress_v3(~bits & 255, some));
        size_t lefts = (size_t)__builtin_popcount(bits);
        left += lefts;
        right += 8 - lefts;
    }
    write_rows(i, count, rows, first, mask, left, right);
}

__attribute__((target("arch=x86-64-v4"))) static void partition_write_v4(size_t count, size_t left_count,
                                                                         const uint32_t *rows, size_t first,
                                                                         const uint8_t *mask, uint32_t *left,
                                                                         uint32_t *right) {
    (void)left_count;
    __m512i next = _mm512_add_epi32(_mm512_set1_epi32((int)(uint32_t)first),
                                    _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m512i some = rows ? _mm512_loadu_si512(rows + i) : next;
        next = _mm512_add_epi32(next, _mm512_set1_epi32(16));
        uint16_t bits;
        memcpy(&bits, mask + i / 8, 2);
        uint32_t lefts = (uint32_t)__builtin_popcount(bits), rights = 16 - lefts;
        _mm512_mask_storeu_epi32(left, (__mmask16)((1u << lefts) - 1), _mm512_maskz_compress_epi32(bits, some));
        _mm512_mask_storeu_epi32(right, (__mmask16)((1u << rights) - 1),
                                 _mm512_maskz_compress_epi32((__mmask16)~bits, some));
        left += lefts;
        right += rights;
    }
    write_rows(i, count, rows, first, mask, left, right);
}
#endif

size_t ck_trees_partition_mask(ck_cpu_level level, size_t count, const uint32_t *rows, size_t first,
                               const uint8_t *column, const uint8_t *left_table, uint8_t *mask) {
#if defined(__x86_64__)
    if (level == CK_CPU_V4)
        return partition_mask_v4(count, rows, first, column, left_table, mask);
#endif
    (void)level;
    return partition_mask(count, rows, first, column, left_table, mask);
}

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

CK_BODY(size_t, mark, (size_t count, const uint32_t *rows, size_t first, size_t end, uint16_t leaf, uint16_t *leaves)) {
    size_t i = 0;
    if (rows) {
        for (; i < count && rows[i] < end; i++)
            leaves[rows[i]] = leaf;
    } else {
        for (; i < count && first + i < end; i++)
            leaves[first + i] = leaf;
    }
    return i;
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

CK_VARIANTS(size_t, ck_trees_mark, mark,
            (size_t count, const uint32_t *rows, size_t first, size_t end, uint16_t leaf, uint16_t *leaves),
            (count, rows, first, end, leaf, leaves))
CK_VARIANTS(void, ck_trees_add_value, add_value,
            (size_t count, const uint32_t *rows, size_t first, double value, size_t stride, double *scores),
            (count, rows, first, value, stride, scores))
