#include "../parallel/levels.h"
#include "ck_descent.h"

#include <string.h>

// Half columns `first` to `last` of the next block of rows, which a tile asks for while it multiplies this one.
typedef struct {
    const double *const *columns;
    size_t start, rows, first, last;
} asked_lines;

// A line for every 16 rows of the tile makes half a column.
CK_INLINE void ask_for_line(const asked_lines *ask, size_t part, size_t row) {
    size_t half = ask->first + part, place = ask->start + half % 2 * (ask->rows / 2) + row / 2;
    __builtin_prefetch((const void *)((uintptr_t)ask->columns[half / 2] + place * sizeof(double)), 0, 2);
}

#define CK_LEVEL(name) name##_baseline
#define CK_LANES 2
#define CK_DOWN 3
#define CK_ACROSS 3
#include "gram_body.h"
#undef CK_ACROSS
#undef CK_DOWN
#undef CK_LANES
#undef CK_LEVEL

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CK_LEVEL(name) name##_v3
#define CK_LANES 4
#define CK_DOWN 4
#define CK_ACROSS 3
#include "gram_body.h"
#undef CK_ACROSS
#undef CK_DOWN
#undef CK_LANES
#undef CK_LEVEL
#pragma clang attribute pop
// Without the width the compiler would halve the vectors, as it prefers for this level.
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#define CK_LEVEL(name) name##_v4
#define CK_LANES 8
#define CK_DOWN 5
#define CK_ACROSS 5
#include "gram_body.h"
#undef CK_ACROSS
#undef CK_DOWN
#undef CK_LANES
#undef CK_LEVEL
#pragma clang attribute pop
#endif

typedef struct {
    size_t (*columns)(size_t);
    size_t (*size)(size_t);
    void (*add)(size_t, size_t, size_t, const ck_gram_source *, double *, const double *const *, size_t, double *);
    void (*finish)(size_t, const double *, double *);
} variant;

static const variant variants[] = {
    {columns_baseline, size_baseline, add_baseline, finish_baseline},
#if defined(__x86_64__)
    {columns_v3, size_v3, add_v3, finish_v3},
    {columns_v4, size_v4, add_v4, finish_v4},
#endif
};

static const variant *at(ck_cpu_level level) {
    ck_cpu_level best = ck_cpu();
    return &variants[level < best ? level : best];
}

size_t ck_gram_columns(ck_cpu_level level, size_t n) { return at(level)->columns(n); }

size_t ck_gram_size(ck_cpu_level level, size_t n) { return at(level)->size(n); }

void ck_gram_add(ck_cpu_level level, size_t rows, size_t n, size_t lda, const ck_gram_source *source, double *a,
                 const double *const *next, size_t start, double *sums) {
    at(level)->add(rows, n, lda, source, a, next, start, sums);
}

void ck_gram_finish(ck_cpu_level level, size_t n, const double *sums, double *c) { at(level)->finish(n, sums, c); }
