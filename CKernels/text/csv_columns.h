// Rows of the right number of fields, without quotes, read column by column: included once per processor level by
// csv.c, behind CK_LEVEL(short_number).

#if defined(CK_HAS_AVX2)
/// Reads four cells of up to 8 characters, digits behind an optional minus. Returns 0 if one of them is anything else.
static inline __attribute__((always_inline)) int CK_LEVEL(four_integers)(const ck_csv_cells *cells, size_t first,
                                                                         double *values) {
    const uint32_t *before = cells->starts + first * cells->start_step, *after = cells->ends + first * cells->end_step;
    const uint32_t from[4] = {before[0], before[cells->start_step], before[2 * cells->start_step],
                              before[3 * cells->start_step]};
    __m128i lengths = _mm_sub_epi32(_mm_setr_epi32((int)after[0], (int)after[cells->end_step],
                                                   (int)after[2 * cells->end_step], (int)after[3 * cells->end_step]),
                                    _mm_setr_epi32((int)from[0], (int)from[1], (int)from[2], (int)from[3]));
    const uint8_t *text = cells->text;
    __m256i words = _mm256_setr_epi64x((int64_t)load64(text + from[0]), (int64_t)load64(text + from[1]),
                                       (int64_t)load64(text + from[2]), (int64_t)load64(text + from[3]));
    // Digits become their values, a leading minus 0; then all move to the high bytes, zeros taking their place.
    const __m256i zeros = _mm256_set1_epi8('0'), sign = _mm256_set1_epi64x('-' ^ '0');
    words = _mm256_xor_si256(words, zeros);
    __m256i negative = _mm256_cmpeq_epi64(_mm256_and_si256(words, _mm256_set1_epi64x(255)), sign);
    words = _mm256_xor_si256(words, _mm256_and_si256(negative, sign));
    __m256i free = _mm256_sub_epi64(_mm256_set1_epi64x(64 + 8 * (int64_t)cells->gap),
                                    _mm256_slli_epi64(_mm256_cvtepu32_epi64(lengths), 3));
    words = _mm256_sllv_epi64(words, free);
    // 1 to 8 characters leave 0 to 56 bits free; those behind a minus are one fewer.
    __m256i leftover = _mm256_or_si256(free, _mm256_add_epi64(free, _mm256_and_si256(negative, _mm256_set1_epi64x(8))));
    __m256i wrong = _mm256_or_si256(_mm256_andnot_si256(_mm256_set1_epi64x(56), leftover),
                                    _mm256_subs_epu8(words, _mm256_set1_epi8(9)));
    if (!_mm256_testz_si256(wrong, wrong))
        return 0;
    __m256i fours = _mm256_madd_epi16(_mm256_maddubs_epi16(words, _mm256_set1_epi16(1 << 8 | 10)),
                                      _mm256_set1_epi32(1 << 16 | 100));
    __m256i eights = _mm256_add_epi64(_mm256_mul_epu32(fours, _mm256_set1_epi64x(10000)), _mm256_srli_epi64(fours, 32));
    // An integer in the low bits of 2^52.
    const __m256d base = _mm256_set1_pd(0x1p52);
    __m256d result = _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(eights), base), base);
    _mm256_storeu_pd(values, _mm256_or_pd(result, _mm256_castsi256_pd(_mm256_slli_epi64(negative, 63))));
    return 1;
}
#endif

static void CK_LEVEL(read_numbers)(const ck_csv_job *job, const ck_csv_cells *cells, uint64_t in_chunk, double *values,
                                   ck_csv_found *found) {
    size_t row = 0;
    int direct = !job->numeric_tokens;
    // Where four short integers in a row are the exception, they are soon no longer looked for.
    int tries = direct ? 2 : 0;
    while (row < cells->count) {
        size_t last = cells->count;
#if defined(CK_HAS_AVX2)
        if (tries && last - row >= 4) {
            if (CK_LEVEL(four_integers)(cells, row, values + row)) {
                row += 4;
                tries = 4;
                continue;
            }
            last = row + 4;
            tries--;
        }
#endif
        for (; row < last; row++) {
            const uint8_t *from = cell_start(cells, row), *to = cell_end(cells, row);
            if (!direct || !CK_LEVEL(short_number)(from, to, values + row))
                read_number(job, from, to, in_chunk + row, values + row, found);
        }
    }
}

static void CK_LEVEL(read_labels)(const ck_csv_job *job, const ck_csv_cells *cells, int32_t *codes,
                                  ck_csv_dictionary *dictionary) {
    ck_csv_dictionary local = *dictionary;
    for (size_t row = 0; row < cells->count; row++) {
        const uint8_t *from = cell_start(cells, row), *to = cell_end(cells, row);
        if (job->trim)
            trim_blanks(&from, &to);
        codes[row] = code_of(job, from, (size_t)(to - from), 0, &local);
    }
    *dictionary = local;
}

/// Reads `count` rows behind those counted in `rows`. `starts` and `ends` count from `origin`: a start a row, and
/// job->columns ends a row.
static void CK_LEVEL(read_rows)(const ck_csv_job *job, size_t origin, const uint32_t *starts, const uint32_t *ends,
                                size_t count, size_t first_row, ck_csv_dictionary *dictionaries, ck_csv_found *found,
                                ck_csv_rows *rows) {
    if (!count)
        return;
    uint64_t in_chunk = rows->rows + 1;
    first_row += rows->rows;
    for (size_t r = 0; r < job->runs; r++) {
        ck_csv_kind kind = job->run[r].kind;
        for (size_t i = 0; kind != CK_CSV_SKIP && i < job->run[r].count; i++) {
            size_t column = job->run[r].first + i;
            ck_csv_cells cells = {job->data + origin, starts, ends + column, 1, job->columns, count, 0};
            if (column) {
                cells.text++;
                cells.starts = ends + column - 1;
                cells.start_step = job->columns;
                cells.gap = 1;
            }
            if (kind == CK_CSV_NUMBER) {
                CK_LEVEL(read_numbers)
                (job, &cells, in_chunk, (double *)job->values[column] + first_row, &found[column]);
            } else if (kind == CK_CSV_STRING) {
                CK_LEVEL(read_labels)(job, &cells, (int32_t *)job->values[column] + first_row, &dictionaries[column]);
            } else {
                for (size_t row = 0; row < count; row++)
                    read_whole(job, kind, cell_start(&cells, row), cell_end(&cells, row), in_chunk + row,
                               (int64_t *)job->values[column] + first_row + row, &found[column]);
            }
        }
    }
    rows->rows += count;
}
