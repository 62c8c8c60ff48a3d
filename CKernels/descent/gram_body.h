// The body of the narrow Gram matrix, included once per processor level by gram.c with CK_LEVEL(name) naming the
// variant, CK_LANES the doubles of a vector, and CK_DOWN × CK_ACROSS the sums of a tile, as many as registers hold.

typedef double CK_LEVEL(lanes) __attribute__((vector_size(8 * CK_LANES)));

// Sums stay in lanes until the end: a tile is loaded, added to and stored, and nothing is added across lanes meanwhile.
// A triangle's columns down are those across, and only what is on or below the diagonal is summed.
CK_INLINE void CK_LEVEL(tile)(const size_t height, const int is_triangle, const size_t asks, size_t rows, size_t lda,
                              const double *restrict down, const double *restrict across, double *restrict sums,
                              const asked_lines *ask) {
#pragma clang fp contract(fast)
    CK_LEVEL(lanes) s[CK_DOWN][CK_ACROSS];
    for (size_t i = 0; i < height; i++)
        memcpy(s[i], sums + i * CK_ACROSS * CK_LANES, sizeof s[i]);
    for (size_t row = 0; row < rows; row += CK_LANES) {
        CK_LEVEL(lanes) x, y[CK_ACROSS];
        for (size_t part = 0; part < asks; part++)
            ask_for_line(ask, part, row);
        for (size_t j = 0; j < CK_ACROSS; j++)
            memcpy(&y[j], across + j * lda + row, sizeof x);
        for (size_t i = 0; i < height; i++) {
            if (is_triangle)
                x = y[i];
            else
                memcpy(&x, down + i * lda + row, sizeof x);
            for (size_t j = 0; j < CK_ACROSS; j++)
                if (!is_triangle || j <= i)
                    s[i][j] += x * y[j];
        }
    }
    for (size_t i = 0; i < height; i++)
        memcpy(sums + i * CK_ACROSS * CK_LANES, s[i], sizeof s[i]);
}

#define CK_TILE(name, height, is_triangle, asks)                                                                       \
    __attribute__((noinline)) static void CK_LEVEL(name)(size_t rows, size_t lda, const double *down,                  \
                                                         const double *across, double *sums, const asked_lines *ask) { \
        CK_LEVEL(tile)(height, is_triangle, asks, rows, lda, down, across, sums, ask);                                 \
    }

// Apart from each other, for the compiler to keep the sums of each in registers.
CK_TILE(whole_0, CK_DOWN, 0, 0)
CK_TILE(whole_1, CK_DOWN, 0, 1)
CK_TILE(whole_more, CK_DOWN, 0, ask->last - ask->first)
CK_TILE(single, 1, 0, 0)
#if CK_DOWN == CK_ACROSS
CK_TILE(triangle_0, CK_DOWN, 1, 0)
CK_TILE(triangle_1, CK_DOWN, 1, 1)
CK_TILE(triangle_more, CK_DOWN, 1, ask->last - ask->first)
#endif
#undef CK_TILE

CK_INLINE void CK_LEVEL(make)(size_t rows, const ck_gram_source *source, size_t column, double *restrict out) {
    const double *x = source->x[column] + source->start, mean = source->means[column], scale = source->scales[column];
    for (size_t row = 0; row < rows; row++)
        out[row] = (x[row] - mean) * scale;
}

// A whole tile whose columns down, from `first` on, are not there yet: they are made on their way through the
// registers.
__attribute__((noinline)) static void CK_LEVEL(fresh)(size_t rows, size_t lda, const ck_gram_source *source,
                                                      size_t first, double *restrict down,
                                                      const double *restrict across, double *restrict sums,
                                                      const asked_lines *ask) {
#pragma clang fp contract(fast)
    CK_LEVEL(lanes) s[CK_DOWN][CK_ACROSS];
    const double *x[CK_DOWN], *means = source->means + first, *scales = source->scales + first;
    for (size_t i = 0; i < CK_DOWN; i++)
        x[i] = source->x[first + i] + source->start;
    memcpy(s, sums, sizeof s);
    for (size_t row = 0; row < rows; row += CK_LANES) {
        CK_LEVEL(lanes) made, y[CK_ACROSS];
        for (size_t part = 0; part < ask->last - ask->first; part++)
            ask_for_line(ask, part, row);
        for (size_t j = 0; j < CK_ACROSS; j++)
            memcpy(&y[j], across + j * lda + row, sizeof made);
        for (size_t i = 0; i < CK_DOWN; i++) {
            memcpy(&made, x[i] + row, sizeof made);
            made = (made - means[i]) * scales[i];
            memcpy(down + i * lda + row, &made, sizeof made);
            for (size_t j = 0; j < CK_ACROSS; j++)
                s[i][j] += made * y[j];
        }
    }
    memcpy(sums, s, sizeof s);
}

// By whether the tile lies on the diagonal, and by how much it asks for.
static void (*const CK_LEVEL(tiles)[2][3])(size_t, size_t, const double *, const double *, double *,
                                           const asked_lines *) = {
    {CK_LEVEL(whole_0), CK_LEVEL(whole_1), CK_LEVEL(whole_more)},
#if CK_DOWN == CK_ACROSS
    {CK_LEVEL(triangle_0), CK_LEVEL(triangle_1), CK_LEVEL(triangle_more)},
#else
    {CK_LEVEL(whole_0), CK_LEVEL(whole_1), CK_LEVEL(whole_more)},
#endif
};

enum { CK_LEVEL(tile_size) = CK_DOWN * CK_ACROSS * CK_LANES };

static size_t CK_LEVEL(columns)(size_t n) {
    size_t down = (n + CK_DOWN - 1) / CK_DOWN * CK_DOWN, across = (n + CK_ACROSS - 1) / CK_ACROSS * CK_ACROSS;
    return down > across ? down : across;
}

// Tiles that meet the lower triangle, a strip of columns after the other.
#define CK_FOR_TILES                                                                                                   \
    for (size_t j = 0; j < n; j += CK_ACROSS)                                                                          \
        for (size_t i = j / CK_DOWN * CK_DOWN; i < n; i += CK_DOWN, sums += CK_LEVEL(tile_size))

static size_t CK_LEVEL(size)(size_t n) {
    size_t count = 0;
    for (size_t j = 0; j < n; j += CK_ACROSS)
        count += (n - j / CK_DOWN * CK_DOWN + CK_DOWN - 1) / CK_DOWN;
    return count * CK_LEVEL(tile_size);
}

static void CK_LEVEL(add)(size_t rows, size_t n, size_t lda, const ck_gram_source *source, double *a,
                          const double *const *next, size_t start, double *sums) {
    // The first strip has to be there before others meet it, and columns beside those of the caller are in no fresh
    // tile.
    size_t whole = source ? source->columns / CK_DOWN * CK_DOWN : 0;
    for (size_t k = 0; source && k < source->columns; k++)
        if (k < CK_DOWN || k >= whole)
            CK_LEVEL(make)(rows, source, k, a + k * lda);
    // Evenly over the tiles: asking faster than memory answers would hold up the tiles' own loads.
    size_t tiles = CK_LEVEL(size)(n) / CK_LEVEL(tile_size), share = next ? (2 * n << 16) / tiles + 1 : 0, due = 0;
    asked_lines ask = {next, start, rows, 0, 0};
    CK_FOR_TILES {
        double *down = a + i * lda;
        const double *across = a + j * lda;
        due += share;
        if (i != j && n - i <= CK_DOWN / 2) {
            for (size_t k = 0; k < n - i; k++)
                CK_LEVEL(single)(rows, lda, down + k * lda, across, sums + k * CK_ACROSS * CK_LANES, &ask);
            continue;
        }
        ask.first = ask.last;
        ask.last = due >> 16 < 2 * n ? due >> 16 : 2 * n;
        if (j == 0 && i > 0 && i < whole) {
            CK_LEVEL(fresh)(rows, lda, source, i, down, across, sums, &ask);
            continue;
        }
        size_t asks = ask.last - ask.first;
        CK_LEVEL(tiles)[i == j][asks < 2 ? asks : 2](rows, lda, down, across, sums, &ask);
    }
}

static void CK_LEVEL(finish)(size_t n, const double *sums, double *c) {
    CK_FOR_TILES {
        for (size_t k = 0; k < CK_DOWN * CK_ACROSS; k++) {
            size_t row = i + k / CK_ACROSS, column = j + k % CK_ACROSS;
            double sum = 0;
            for (size_t lane = 0; lane < CK_LANES; lane++)
                sum += sums[k * CK_LANES + lane];
            if (row < n && column <= row)
                c[column * n + row] = sum;
        }
    }
}

#undef CK_FOR_TILES
