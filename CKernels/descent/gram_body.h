// The body of the narrow Gram matrix, included once per processor level by gram.c with CK_LEVEL(name) naming the
// variant, CK_LANES the doubles of a vector, and CK_DOWN × CK_ACROSS the sums of a tile, as many as registers hold.

typedef double CK_LEVEL(lanes) __attribute__((vector_size(8 * CK_LANES)));

// Sums stay in lanes until the end: a tile is loaded, added to and stored, and nothing is added across lanes meanwhile.
static void CK_LEVEL(tile)(size_t rows, size_t lda, const double *restrict down, const double *restrict across,
                           double *restrict sums) {
#pragma clang fp contract(fast)
    CK_LEVEL(lanes) s[CK_DOWN][CK_ACROSS];
    memcpy(s, sums, sizeof s);
    for (size_t row = 0; row < rows; row += CK_LANES) {
        CK_LEVEL(lanes) x, y[CK_ACROSS];
        for (int j = 0; j < CK_ACROSS; j++)
            memcpy(&y[j], across + j * lda + row, sizeof x);
        for (int i = 0; i < CK_DOWN; i++) {
            memcpy(&x, down + i * lda + row, sizeof x);
            for (int j = 0; j < CK_ACROSS; j++)
                s[i][j] += x * y[j];
        }
    }
    memcpy(sums, s, sizeof s);
}

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

static void CK_LEVEL(add)(size_t rows, size_t n, size_t lda, const double *a, double *sums) {
    CK_FOR_TILES CK_LEVEL(tile)(rows, lda, a + i * lda, a + j * lda, sums);
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
