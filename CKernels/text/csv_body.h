// The body of the CSV kernels, included once per processor level by csv.c with CK_LEVEL(name) naming the variant and,
// where CK_HAS_AVX2 is defined, with vector instructions for numbers.

typedef uint8_t CK_LEVEL(bytes64) __attribute__((vector_size(64)));
typedef _Bool CK_LEVEL(bits64) __attribute__((ext_vector_type(64)));

static inline __attribute__((always_inline)) uint64_t CK_LEVEL(equal)(const CK_LEVEL(bytes64) * block, uint8_t byte) {
    CK_LEVEL(bits64) bits = __builtin_convertvector(*block == byte, CK_LEVEL(bits64));
    uint64_t mask;
    memcpy(&mask, &bits, sizeof mask);
    return mask;
}

static void CK_LEVEL(count_chunk)(size_t size, size_t begin, size_t end, const uint8_t *data, ck_csv_count *count) {
    *count = (ck_csv_count){0, 0, 0, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    CK_LEVEL(bytes64) any = {0}, least = ~any;
    uint64_t inside_before = 0;
    for (size_t at = begin; at < end; at += 64) {
        CK_LEVEL(bytes64) block;
        if (end - at < 64) {
            memset(&block, ' ', sizeof block);
            memcpy(&block, data + at, end - at);
        } else {
            memcpy(&block, data + at, sizeof block);
        }
        any |= block;
        least = __builtin_elementwise_min(least, block);
        uint64_t newlines = CK_LEVEL(equal)(&block, '\n'), quotes = CK_LEVEL(equal)(&block, '"');
        count->newlines += (uint64_t)__builtin_popcountll(newlines);
        if (quotes) {
            if (!count->quotes)
                count->first_quote = at + (size_t)__builtin_ctzll(quotes);
            count->quotes += (uint64_t)__builtin_popcountll(quotes);
        }
        if (quotes | inside_before) {
            uint64_t inside = prefix_xor(quotes) ^ inside_before;
            inside_before = (uint64_t)((int64_t)inside >> 63);
            newlines &= ~inside;
        }
        count->newlines_outside += (uint64_t)__builtin_popcountll(newlines);
    }
    uint8_t merged = 0, smallest = 255;
    for (int i = 0; i < 64; i++) {
        merged |= any[i];
        smallest = least[i] < smallest ? least[i] : smallest;
    }
    if (!smallest)
        count->first_nul = (uint64_t)((const uint8_t *)memchr(data + begin, 0, end - begin) - data);
    if (merged >> 7) {
        size_t malformed = ck_utf8_malformed(data, begin, end, size);
        count->first_malformed = malformed == SIZE_MAX ? UINT64_MAX : malformed;
    }
}

/// Reads an unsigned or negative decimal of up to 16 characters without exponent. Returns 0 if it is anything else or
/// if its digits exceed 2^53; m / 10^k is then left to the general parser.
static inline int CK_LEVEL(short_number)(const uint8_t *start, const uint8_t *end, double *value) {
#if defined(CK_HAS_AVX2)
    uint64_t negative = *start == '-';
    start += negative;
    size_t length = (size_t)(end - start);
    if (length - 1 >= 16)
        return 0;
    // The cell right-aligned, the bytes before it zeroed, then the point taken out by a shuffle.
    __m128i digits = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(end - 16)), _mm_set1_epi8('0'));
    digits = _mm_and_si128(digits, _mm_loadu_si128((const __m128i *)(keep_last + length)));
    uint32_t points = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(digits, _mm_set1_epi8((char)('.' - '0'))));
    int point = __builtin_ctz(points | 0x10000);
    digits = _mm_shuffle_epi8(digits, _mm_loadu_si128((const __m128i *)take_out[point]));
    __m128i nine = _mm_set1_epi8(9);
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(digits, nine), nine)) != 0xFFFF)
        return 0;
    if (length == (points != 0))
        return 0;
    const __m128i tens = _mm_set1_epi16(1 << 8 | 10), hundreds = _mm_set1_epi32(1 << 16 | 100);
    const __m128i myriads = _mm_set1_epi32(1 << 16 | 10000);
    __m128i fours = _mm_madd_epi16(_mm_maddubs_epi16(digits, tens), hundreds);
    __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), myriads);
    uint64_t pair = (uint64_t)_mm_cvtsi128_si64(eights);
    uint64_t mantissa = (pair & 0xFFFFFFFF) * 100000000 + (pair >> 32);
    if (mantissa >> 53)
        return 0;
    double result = (double)(int64_t)mantissa;
    if (points) // division takes longer than all the rest, and a column mostly has a point or has none
        result /= scale_at[point];
    uint64_t bits;
    memcpy(&bits, &result, sizeof bits);
    bits |= negative << 63;
    memcpy(value, &bits, sizeof bits);
    return 1;
#else
    (void)start, (void)end, (void)value;
    return 0;
#endif
}

#include "csv_columns.h"

/// Reads a row that may hold quotes. Returns 0 if their use breaks the rules.
static int CK_LEVEL(read_quoted_row)(const ck_csv_job *job, size_t origin, size_t start, const uint32_t *ends,
                                     size_t row, uint64_t in_chunk, ck_csv_dictionary *dictionaries,
                                     ck_csv_found *found) {
    const uint8_t *data = job->data + origin, *cell = job->data + start;
    int direct = !job->numeric_tokens;
    for (size_t r = 0; r < job->runs; r++) {
        size_t column = job->run[r].first, last = column + job->run[r].count;
        ck_csv_kind kind = job->run[r].kind;
        for (; column < last; column++) {
            const uint8_t *end = data + ends[column], *from = cell, *to = end;
            int escaped = 0;
            if (!unwrap(job, &from, &to, &escaped))
                return 0;
            if (kind == CK_CSV_NUMBER) {
                double *value = (double *)job->values[column] + row;
                if (!direct || from == to || !CK_LEVEL(short_number)(from, to, value))
                    read_number(job, from, to, in_chunk, value, &found[column]);
            } else if (kind == CK_CSV_STRING) {
                ((int32_t *)job->values[column])[row] =
                    code_of(job, from, (size_t)(to - from), escaped, &dictionaries[column]);
            } else if (kind != CK_CSV_SKIP) {
                read_whole(job, kind, from, to, in_chunk, (int64_t *)job->values[column] + row, &found[column]);
            }
            cell = end + 1;
        }
    }
    return 1;
}

static ck_status CK_LEVEL(parse_chunk)(size_t begin, size_t end, int first, int in_quotes, size_t first_row,
                                       size_t capacity, const ck_csv_job *job, uint32_t *workspace,
                                       ck_csv_dictionary *dictionaries, ck_csv_found *found, ck_csv_rows *rows) {
    const uint8_t *data = job->data;
    uint32_t *positions = workspace, *row_ends = workspace + job->columns + BLOCK + 128;
    uint32_t *row_starts = row_ends + BLOCK + 64;
    *rows = (ck_csv_rows){0, 0, 0, 0, 0, UINT64_MAX};
    size_t at = begin, start = begin, held = 0, dropped = 0;
    uint64_t inside_before = in_quotes ? UINT64_MAX : 0;
    int synchronised = first, quotes_before = in_quotes;
    while (at < job->size) {
        size_t stop = job->size - at < BLOCK ? job->size : at + BLOCK, complete = 0;
        if (stop - begin >= (size_t)1 << 31)
            return CK_TOO_LARGE;
        int quotes_here = 0;
        for (; at < stop; at += 64) {
            CK_LEVEL(bytes64) block;
            memcpy(&block, data + at, sizeof block);
            uint64_t newlines = CK_LEVEL(equal)(&block, '\n');
            uint64_t ends = newlines | CK_LEVEL(equal)(&block, job->separator);
            if (job->quoting) {
                uint64_t quotes = CK_LEVEL(equal)(&block, '"');
                if (quotes | inside_before) {
                    quotes_here = 1;
                    uint64_t inside = prefix_xor(quotes) ^ inside_before;
                    inside_before = (uint64_t)((int64_t)inside >> 63);
                    ends &= ~inside;
                    newlines &= ~inside;
                }
            }
            if (stop - at < 64) {
                uint64_t valid = ((uint64_t)1 << (stop - at)) - 1;
                ends &= valid;
                newlines &= valid;
            }
            for (; newlines; newlines &= newlines - 1)
                row_ends[complete++] =
                    (uint32_t)(held + (size_t)__builtin_popcountll(ends & (newlines ^ (newlines - 1))));
            uint32_t base = (uint32_t)(at - begin), *into = positions + held;
            held += (size_t)__builtin_popcountll(ends);
            // Eight at a time whether there are as many or not: a branch a position would cost more.
            while (ends) {
                for (int i = 0; i < 8; i++) {
                    into[i] = base + (uint32_t)__builtin_ctzll(ends | (uint64_t)1 << 63);
                    ends &= ends - 1;
                }
                into += 8;
            }
        }
        at = stop;
        int quoted = quotes_before | quotes_here;
        quotes_before = complete ? quotes_here : quoted;

        // Rows without quotes wait, one behind the other, to be read column by column.
        size_t used = 0, waiting = 0;
        const uint32_t *first_ends = positions;
        for (size_t r = 0; r < complete && start <= end; r++) {
            size_t fields = row_ends[r] - used + dropped;
            size_t newline = begin + positions[row_ends[r] - 1];
            int is_row = synchronised && fields == job->columns;
            // A carriage return before the line feed is part of the line's end.
            if (newline > start && data[newline - 1] == '\r')
                positions[row_ends[r] - 1]--;
            if (is_row && rows->rows + waiting == capacity)
                return CK_TOO_LARGE;
            if (is_row && !quoted) {
                if (!waiting)
                    first_ends = positions + used;
                row_starts[waiting++] = (uint32_t)(start - begin);
            } else if (is_row) {
                if (!CK_LEVEL(read_quoted_row)(job, begin, start, positions + used, first_row + rows->rows,
                                               rows->rows + 1, dictionaries, found)) {
                    rows->malformed = start;
                    return CK_OK;
                }
                rows->rows++;
            } else if (synchronised) {
                CK_LEVEL(read_rows)(job, begin, row_starts, first_ends, waiting, first_row, dictionaries, found, rows);
                waiting = 0;
                if (fields == 1 && is_blank(data + start, data + newline)) {
                    rows->blank++;
                } else {
                    if (quoted && !quotes_are_sound(job, begin, start, positions + used, fields, dropped)) {
                        rows->malformed = start;
                        return CK_OK;
                    }
                    if (!rows->ragged++) {
                        rows->ragged_offset = start;
                        rows->ragged_fields = fields;
                    }
                    if (!job->skip_ragged)
                        return CK_OK;
                }
            }
            synchronised = 1;
            start = newline + 1;
            used = row_ends[r];
            dropped = 0;
        }
        CK_LEVEL(read_rows)(job, begin, row_starts, first_ends, waiting, first_row, dictionaries, found, rows);
        if (start > end)
            return CK_OK;
        if (!synchronised && at >= end)
            return CK_OK;
        held -= used;
        memmove(positions, positions + used, held * sizeof *positions);
        if (held > job->columns) {
            dropped += held;
            held = 0;
        }
    }
    // An open quote at the end of the file leaves a row without an end.
    if (synchronised && start < job->size)
        rows->malformed = start;
    return CK_OK;
}
