#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "ck_text.h"
#include "decimal.h"
#include "utf8.h"

enum { BLOCK = 16384 };

static inline uint64_t prefix_xor(uint64_t bits) {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    return bits ^ bits << 32;
}

static inline uint64_t load64(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline int is_blank_byte(uint8_t byte) { return byte == ' ' || byte == '\t'; }

static inline void trim_blanks(const uint8_t **from, const uint8_t **to) {
    while (*from < *to && is_blank_byte(**from))
        (*from)++;
    while (*from < *to && is_blank_byte((*to)[-1]))
        (*to)--;
}

static int is_blank(const uint8_t *from, const uint8_t *to) {
    while (from < to && (is_blank_byte(*from) || *from == '\r'))
        from++;
    return from == to;
}

/// The first 8 bytes, zeros behind a shorter text; reads past its end, which the padding allows.
static inline uint64_t head_of(const uint8_t *text, size_t length) {
    uint64_t word = load64(text);
    return length >= 8 ? word : word & (((uint64_t)1 << (8 * length)) - 1);
}

static inline int is_same(const uint8_t *one, const uint8_t *other, size_t length) {
    return head_of(one, length) == head_of(other, length) && (length <= 8 || !memcmp(one + 8, other + 8, length - 8));
}

static int is_missing(const ck_csv_job *job, const uint8_t *text, size_t length) {
    if (length == 0)
        return 1;
    for (size_t i = 0; i < job->tokens; i++)
        if (job->token[i].length == length && is_same(job->token[i].text, text, length))
            return 1;
    return 0;
}

static inline void note(ck_csv_cell *cell, const ck_csv_job *job, const uint8_t *from, const uint8_t *to,
                        uint64_t row) {
    if (cell->row == 0)
        *cell = (ck_csv_cell){row, (uint64_t)(from - job->data), (uint32_t)(to - from)};
}

static __attribute__((noinline)) void read_number(const ck_csv_job *job, const uint8_t *from, const uint8_t *to,
                                                  uint64_t row, double *value, ck_csv_found *found) {
    *value = __builtin_nan("");
    if (found->broken.row)
        return;
    trim_blanks(&from, &to);
    size_t length = (size_t)(to - from);
    if (is_missing(job, from, length)) {
        found->missing++;
        return;
    }
    ck_integer_class integer;
    switch (ck_decimal_parse(from, length, value, &integer)) {
    case CK_DECIMAL_OK:
        if (integer == CK_INTEGER_BIG)
            note(&found->big, job, from, to, row);
        if (integer == CK_INTEGER_HUGE)
            note(&found->huge, job, from, to, row);
        break;
    case CK_DECIMAL_INFINITE:
        note(&found->infinite, job, from, to, row);
        break;
    case CK_DECIMAL_TEXT:
        note(&found->broken, job, from, to, row);
    }
}

static void read_whole(const ck_csv_job *job, ck_csv_kind kind, const uint8_t *from, const uint8_t *to, uint64_t row,
                       int64_t *value, ck_csv_found *found) {
    *value = INT64_MIN;
    if (found->broken.row)
        return;
    trim_blanks(&from, &to);
    size_t length = (size_t)(to - from);
    if (is_missing(job, from, length))
        found->missing++;
    else if (kind == CK_CSV_INTEGER ? ck_integer_parse(from, length, value) : ck_timestamp_parse(from, length, value))
        note(&found->broken, job, from, to, row);
}

/// Takes the quotes off a cell. Returns 0 if one stands where none may: inside an unquoted cell, single inside a
/// quoted one, or with text after the closing one.
static int unwrap(const ck_csv_job *job, const uint8_t **from, const uint8_t **to, int *escaped) {
    const uint8_t *left = *from, *right = *to;
    if (job->trim)
        trim_blanks(&left, &right);
    if (left < right && *left == '"' && job->quoting) {
        left++;
        if (left == right || right[-1] != '"')
            return 0;
        right--;
        for (const uint8_t *at = left; at < right; at++) {
            if (*at != '"')
                continue;
            at++;
            if (at == right || *at != '"')
                return 0;
            *escaped = 1;
        }
    } else if (job->quoting) {
        for (const uint8_t *at = left; at < right; at++)
            if (*at == '"')
                return 0;
    }
    *from = left;
    *to = right;
    return 1;
}

/// Whether the cells of a row with a wrong number of fields are well quoted, as far as their positions are held: only
/// then is its number of fields worth reporting.
static int quotes_are_sound(const ck_csv_job *job, size_t origin, size_t start, const uint32_t *ends, size_t fields,
                            size_t dropped) {
    const uint8_t *cell = job->data + start;
    if (dropped)
        return 1;
    for (size_t i = 0; i < fields; i++) {
        const uint8_t *end = job->data + origin + ends[i], *from = cell, *to = end;
        int escaped = 0;
        if (!unwrap(job, &from, &to, &escaped))
            return 0;
        cell = end + 1;
    }
    return 1;
}

/// Both halves of a product: each bit of `word` reaches the low bits.
static inline uint64_t mix(uint64_t word) {
    unsigned __int128 product = (unsigned __int128)word * 0x9E3779B97F4A7C15u;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t hash_of(const uint8_t *text, size_t length, uint64_t head) {
    uint64_t hash = mix(head ^ length);
    for (size_t at = 8; at < length; at += 8)
        hash = mix(hash ^ head_of(text + at, length - at));
    return (uint32_t)hash;
}

size_t ck_csv_slots(size_t labels) {
    size_t slots = 64;
    while (slots < 4 * labels)
        slots *= 2;
    return slots;
}

static __attribute__((noinline)) void grow(ck_csv_dictionary *dictionary) {
    uint32_t mask = dictionary->mask ? dictionary->mask * 2 + 1 : 63;
    memset(dictionary->slots, 0, ((size_t)mask + 1) * sizeof *dictionary->slots);
    for (uint32_t i = 0; i < dictionary->count; i++) {
        uint32_t slot = dictionary->labels[i].hash & mask;
        while (dictionary->slots[slot])
            slot = (slot + 1) & mask;
        dictionary->slots[slot] = i + 1;
    }
    dictionary->mask = mask;
}

/// The position of a label in a dictionary, which takes it in if it is new; *added tells.
static inline __attribute__((always_inline)) uint32_t find_or_add(const uint8_t *data, const uint8_t *text,
                                                                  size_t length, uint64_t head, uint32_t hash,
                                                                  ck_csv_dictionary *dictionary, int *added) {
    // A quarter full at most, so that few labels stand behind another one and ck_csv_slots is enough room.
    if (4 * (uint64_t)dictionary->count >= dictionary->mask)
        grow(dictionary);
    uint32_t slot = hash & dictionary->mask, found;
    *added = 0;
    while ((found = dictionary->slots[slot])) {
        const ck_csv_label *label = &dictionary->labels[found - 1];
        if (label->head == head && label->length == length &&
            (length <= 8 || !memcmp(data + label->offset + 8, text + 8, length - 8)))
            return found - 1;
        slot = (slot + 1) & dictionary->mask;
    }
    dictionary->labels[dictionary->count] = (ck_csv_label){(uint64_t)(text - data), head, (uint32_t)length, hash, 0, 0};
    dictionary->slots[slot] = ++dictionary->count;
    *added = 1;
    return dictionary->count - 1;
}

static inline __attribute__((always_inline)) int32_t code_of(const ck_csv_job *job, const uint8_t *text, size_t length,
                                                             int escaped, ck_csv_dictionary *dictionary) {
    int added;
    uint64_t head = head_of(text, length);
    uint32_t code = find_or_add(job->data, text, length, head, hash_of(text, length, head), dictionary, &added);
    if (__builtin_expect(added, 0)) {
        const uint8_t *from = text, *to = text + length;
        trim_blanks(&from, &to);
        dictionary->labels[code].escaped = (uint8_t)escaped;
        dictionary->labels[code].missing = (uint8_t)is_missing(job, from, (size_t)(to - from));
    }
    return (int32_t)code;
}

void ck_csv_merge(size_t count, const uint8_t *data, const ck_csv_label *labels, ck_csv_dictionary *into,
                  int32_t *map) {
    for (size_t i = 0; i < count; i++) {
        int added;
        uint32_t code =
            find_or_add(data, data + labels[i].offset, labels[i].length, labels[i].head, labels[i].hash, into, &added);
        if (added) {
            into->labels[code].escaped = labels[i].escaped;
            into->labels[code].missing = labels[i].missing;
        }
        map[i] = (int32_t)code;
    }
}

/// A column's cells in consecutive rows. Cell i starts at text + starts[i * start_step] and ends at
/// text - gap + ends[i * end_step].
typedef struct {
    const uint8_t *text;
    const uint32_t *starts, *ends;
    size_t start_step, end_step, count, gap;
} ck_csv_cells;

static inline const uint8_t *cell_start(const ck_csv_cells *cells, size_t i) {
    return cells->text + cells->starts[i * cells->start_step];
}

static inline const uint8_t *cell_end(const ck_csv_cells *cells, size_t i) {
    return cells->text - cells->gap + cells->ends[i * cells->end_step];
}

#if defined(__x86_64__)
/// keep_last + n keeps the last n bytes of sixteen.
static const uint8_t keep_last[32] = {
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

#define Z 0x80
/// take_out[p] removes byte p and moves those before it one up; row 16 changes nothing.
static const uint8_t take_out[17][16] = {
    {Z, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {Z, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {Z, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {Z, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {Z, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {Z, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {Z, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {Z, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15},
    {Z, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15}, {Z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15},
    {Z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15},  {Z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15},
    {Z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15},  {Z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15},
    {Z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15},  {Z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};
#undef Z

/// The power of ten that divides the digits when the point was byte p.
static const double scale_at[16] = {1e15, 1e14, 1e13, 1e12, 1e11, 1e10, 1e9, 1e8,
                                    1e7,  1e6,  1e5,  1e4,  1e3,  1e2,  1e1, 1e0};
#endif

#define CK_LEVEL(name) name##_baseline
#include "csv_body.h"
#undef CK_LEVEL

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CK_HAS_AVX2
#define CK_LEVEL(name) name##_v3
#include "csv_body.h"
#undef CK_LEVEL
#undef CK_HAS_AVX2
#pragma clang attribute pop
#endif

// Nothing here gains from wider vectors than v3 has, so v4 runs the same code.
#if defined(__x86_64__)
#define CK_CALL(level, name, ...) ((level) >= CK_CPU_V3 ? name##_v3(__VA_ARGS__) : name##_baseline(__VA_ARGS__))
#else
#define CK_CALL(level, name, ...) ((void)(level), name##_baseline(__VA_ARGS__))
#endif

void ck_csv_count_chunk(ck_cpu_level level, size_t size, size_t begin, size_t end, const uint8_t *data,
                        ck_csv_count *count) {
    CK_CALL(level, count_chunk, size, begin, end, data, count);
}

size_t ck_csv_workspace(size_t columns) { return columns + 3 * BLOCK + 256; }

ck_status ck_csv_parse_chunk(ck_cpu_level level, size_t begin, size_t end, int first, int in_quotes, size_t first_row,
                             size_t capacity, const ck_csv_job *job, uint32_t *workspace,
                             ck_csv_dictionary *dictionaries, ck_csv_found *found, ck_csv_rows *rows) {
    return CK_CALL(level, parse_chunk, begin, end, first, in_quotes, first_row, capacity, job, workspace, dictionaries,
                   found, rows);
}

int ck_number_parse(ck_cpu_level level, size_t length, const uint8_t *text, double *value) {
    ck_integer_class integer;
    if (length && CK_CALL(level, short_number, text, text + length, value))
        return 0;
    return (int)ck_decimal_parse(text, length, value, &integer);
}

int ck_timestamp_cell(size_t length, const uint8_t *text, int64_t *microseconds) {
    return ck_timestamp_parse(text, length, microseconds);
}
