#pragma once
#include <stddef.h>
#include <stdint.h>

#include "ck_cpu.h"
#include "ck_status.h"

/// Text to columns: CSV in two passes over chunks of the file, correctly rounded numbers, dictionaries of labels.
///
/// Common to all of them: `data` has at least 64 readable bytes before its first and after its last byte, whose
/// content does not matter; offsets count from `data`. Outputs do not alias inputs. A chunk may have any size > 0.
/// Every kernel is safe on any bytes. `level` picks the compiled variant; callers pass ck_cpu().

/// Pass 0: what a chunk holds, whatever its first byte's quote state is.
typedef struct {
    uint64_t newlines;         ///< all LF bytes
    uint64_t newlines_outside; ///< those outside quotes if the chunk starts outside
    uint64_t quotes;           ///< all '"' bytes
    uint64_t first_quote;      ///< offset of the first of them, UINT64_MAX if there is none
    uint64_t first_nul;        ///< offset of the first NUL byte, UINT64_MAX if there is none
    uint64_t first_malformed;  ///< offset of the first byte that is not UTF-8, UINT64_MAX if there is none
} ck_csv_count;

/// Counts in data[begin, end). `size` bounds how far a UTF-8 sequence that starts here may reach; one that started
/// before `begin` is judged from its first byte, so that chunks may cut anywhere.
void ck_csv_count_chunk(ck_cpu_level level, size_t size, size_t begin, size_t end, const uint8_t *data,
                        ck_csv_count *count);

/// How the cells of a column are read.
typedef enum {
    CK_CSV_SKIP = 0,      ///< not at all
    CK_CSV_NUMBER = 1,    ///< double; NaN where missing
    CK_CSV_INTEGER = 2,   ///< int64_t; INT64_MIN where missing
    CK_CSV_TIMESTAMP = 3, ///< int64_t microseconds since 1970-01-01 UTC; INT64_MIN where missing
    CK_CSV_STRING = 4,    ///< int32_t position in the chunk's dictionary
} ck_csv_kind;

/// Neighbouring columns of one kind: the unit in which a row is read.
typedef struct {
    ck_csv_kind kind;
    uint32_t first, count;
} ck_csv_run;

/// A token that means "missing".
typedef struct {
    const uint8_t *text;
    size_t length;
} ck_csv_token;

/// A distinct label: bytes of the file, quotes taken off, "" still doubled.
typedef struct {
    uint64_t offset;
    uint64_t head; ///< its first 8 bytes, zeros behind a shorter one
    uint32_t length;
    uint32_t hash;
    uint8_t escaped; ///< holds doubled quotes
    uint8_t missing; ///< is a missing token
} ck_csv_label;

/// A dictionary in the caller's memory. Before the first use count = mask = 0; `slots` needs no clearing.
typedef struct {
    ck_csv_label *labels; ///< room for as many labels as rows can be added
    uint32_t *slots;      ///< room for ck_csv_slots(rows) of them
    uint32_t count;
    uint32_t mask;
} ck_csv_dictionary;

/// How many hash slots a dictionary of at most `labels` labels needs.
size_t ck_csv_slots(size_t labels);

/// A cell that says something about its column; `row` counts from 1 inside the chunk, 0 means there is none.
typedef struct {
    uint64_t row, offset;
    uint32_t length;
} ck_csv_cell;

/// What a chunk found in a column.
typedef struct {
    uint64_t missing;     ///< missing cells
    ck_csv_cell broken;   ///< first cell that does not fit the kind; what follows in the chunk is unread
    ck_csv_cell infinite; ///< first infinity or number beyond the largest double
    ck_csv_cell big;      ///< first integer beyond 2^53 that fits 64 bits
    ck_csv_cell huge;     ///< first integer that does not
} ck_csv_found;

/// A table's reading, the same for all of its chunks.
typedef struct {
    const uint8_t *data;
    size_t size; ///< data[size - 1] is LF
    size_t columns;
    uint8_t separator;
    uint8_t quoting;        ///< '"' quotes; else it is text
    uint8_t trim;           ///< blanks around a cell are no part of it
    uint8_t numeric_tokens; ///< a token reads as a number, so every cell is held against them first
    uint8_t skip_ragged;    ///< rows with another number of fields are counted and left out; else the first one ends it
    size_t runs, tokens;
    const ck_csv_run *run;
    const ck_csv_token *token;
    void *const *values; ///< a column each; NULL for CK_CSV_SKIP
} ck_csv_job;

/// What a chunk found in its rows.
typedef struct {
    uint64_t rows;          ///< rows written
    uint64_t blank;         ///< blank lines left out (a table of one column has none: there they are missing cells)
    uint64_t ragged;        ///< rows with another number of fields
    uint64_t ragged_offset; ///< the first of them
    uint64_t ragged_fields; ///< and its number of fields
    uint64_t malformed;     ///< offset of the first cell whose quotes break the rules, UINT64_MAX if there is none
} ck_csv_rows;

/// Room for ck_csv_parse_chunk's positions, in elements.
size_t ck_csv_workspace(size_t columns);

/// Pass 1: reads the rows that start in (begin, end], or in [begin, end] if `first`, through to their ends, into
/// values[column][row] for row in [first_row, first_row + capacity). `in_quotes` is the state at `begin`.
/// workspace: ck_csv_workspace(columns) elements. dictionaries: one a column, used for CK_CSV_STRING alone, with room
/// for `capacity` labels. found: one a column, zeroed by the caller. Stops at the first malformed cell, and at the
/// first ragged row unless job->skip_ragged. CK_TOO_LARGE: a row of 2^31 bytes or more, or more rows than capacity.
ck_status ck_csv_parse_chunk(ck_cpu_level level, size_t begin, size_t end, int first, int in_quotes, size_t first_row,
                             size_t capacity, const ck_csv_job *job, uint32_t *workspace,
                             ck_csv_dictionary *dictionaries, ck_csv_found *found, ck_csv_rows *rows);

/// Adds labels[0 … count) to `into` and writes each one's position there to map[0 … count).
void ck_csv_merge(size_t count, const uint8_t *data, const ck_csv_label *labels, ck_csv_dictionary *into, int32_t *map);

/// Reads one cell, without blanks around it, as CK_CSV_NUMBER does. 0 finite, 1 no number, 2 infinite. The 64-byte
/// rule holds. For tests and headers.
int ck_number_parse(ck_cpu_level level, size_t length, const uint8_t *text, double *value);

/// Reads one cell as CK_CSV_TIMESTAMP does. 0 if it is one, else 1.
int ck_timestamp_cell(size_t length, const uint8_t *text, int64_t *microseconds);

/// A running decompression of one or more gzip members, one behind the other. zlib allocates its window itself.
typedef struct ck_gunzip ck_gunzip;

/// Starts; NULL if there is no memory.
ck_gunzip *ck_gunzip_open(void);

/// Takes bytes from input[0, input_count) and writes up to output_capacity bytes; says how many of each. `last` tells
/// that no input follows. CK_OK with *finished = 1 at the end of the last member. CK_CORRUPT for damaged, cut or
/// trailing foreign bytes (zero padding is allowed), CK_OUT_OF_MEMORY.
ck_status ck_gunzip_next(ck_gunzip *state, size_t input_count, size_t output_capacity, int last, const uint8_t *input,
                         size_t *consumed, size_t *produced, int *finished, uint8_t *output);

/// Ends and frees; NULL is allowed.
void ck_gunzip_close(ck_gunzip *state);
