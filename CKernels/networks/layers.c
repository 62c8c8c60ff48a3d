#include "../parallel/levels.h"
#include "ck_networks.h"

CK_BODY(void, add_columns, (size_t rows, size_t width, const float *restrict x, float *restrict sums)) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            sums[j] += x[i * width + j];
}

CK_BODY(void, layer_norm,
        (size_t rows, size_t width, const float *restrict gain, const float *restrict shift, float *restrict x,
         float *restrict inverse, float *restrict y)) {
#pragma clang fp reassociate(on) contract(fast)
    for (size_t i = 0; i < rows; i++, x += width, y += width) {
        float sum = 0, squares = 0;
        for (size_t j = 0; j < width; j++)
            sum += x[j];
        float mean = sum / (float)width;
        for (size_t j = 0; j < width; j++)
            squares += (x[j] - mean) * (x[j] - mean);
        float scale = 1.0f / __builtin_sqrtf(squares / (float)width + 1e-5f);
        inverse[i] = scale;
        for (size_t j = 0; j < width; j++) {
            x[j] = (x[j] - mean) * scale;
            y[j] = x[j] * gain[j] + shift[j];
        }
    }
}

CK_BODY(void, layer_norm_backward,
        (size_t rows, size_t width, const float *restrict gain, const float *restrict x, const float *restrict inverse,
         float *restrict gradient, float *restrict gain_sums, float *restrict shift_sums)) {
#pragma clang fp reassociate(on) contract(fast)
    for (size_t i = 0; i < rows; i++, x += width, gradient += width) {
        float sum = 0, product = 0;
        for (size_t j = 0; j < width; j++) {
            gain_sums[j] += gradient[j] * x[j];
            shift_sums[j] += gradient[j];
        }
        for (size_t j = 0; j < width; j++) {
            float g = gradient[j] * gain[j];
            sum += g;
            product += g * x[j];
        }
        float mean = sum / (float)width, slope = product / (float)width;
        for (size_t j = 0; j < width; j++)
            gradient[j] = (gradient[j] * gain[j] - mean - x[j] * slope) * inverse[i];
    }
}

CK_INLINE void take_gradient_of(int adding, size_t count, double penalty, const float *restrict made,
                                const float *restrict weights, double *restrict gradient, double *restrict squares) {
#pragma clang fp reassociate(on) contract(fast)
    double of_weights = 0, of_gradient = 0;
#pragma clang loop vectorize(enable) interleave(enable)
    for (size_t i = 0; i < count; i++) {
        double weight = weights[i], g = made[i] + (adding ? gradient[i] : penalty * weight);
        gradient[i] = g;
        of_weights += weight * weight;
        of_gradient += g * g;
    }
    squares[0] = of_weights;
    squares[1] = of_gradient;
}

// A constant argument leaves no branch inside.
CK_BODY(void, take_gradient,
        (int adding, size_t count, double penalty, const float *made, const float *weights, double *gradient,
         double *squares)) {
    if (adding)
        take_gradient_of(1, count, penalty, made, weights, gradient, squares);
    else
        take_gradient_of(0, count, penalty, made, weights, gradient, squares);
}

typedef float vector __attribute__((ext_vector_type(8), aligned(4)));

enum { LANES = 8, TILE_ROWS = 4 };

// `count` rows by 16 columns of y stay in registers while x and w stream by; each element is one chain of sums over
// the inputs, in order, whatever `count` is.
CK_INLINE void tile(size_t count, size_t inputs, size_t outputs, const float *x, const float *w, float *y) {
#pragma clang fp contract(fast)
    vector low[TILE_ROWS] = {0}, high[TILE_ROWS] = {0};
    for (size_t l = 0; l < inputs; l++) {
        vector first = *(const vector *)(w + l * outputs), second = *(const vector *)(w + l * outputs + LANES);
        for (size_t i = 0; i < count; i++) {
            float value = x[i * inputs + l];
            low[i] += first * value;
            high[i] += second * value;
        }
    }
    for (size_t i = 0; i < count; i++) {
        *(vector *)(y + i * outputs) = low[i];
        *(vector *)(y + i * outputs + LANES) = high[i];
    }
}

// The columns that are left over, one at a time.
CK_INLINE void narrow(size_t count, size_t inputs, size_t outputs, const float *x, const float *w, float *y) {
#pragma clang fp contract(fast)
    float sums[TILE_ROWS] = {0};
    for (size_t l = 0; l < inputs; l++)
        for (size_t i = 0; i < count; i++)
            sums[i] += w[l * outputs] * x[i * inputs + l];
    for (size_t i = 0; i < count; i++)
        y[i * outputs] = sums[i];
}

CK_INLINE void row_group(size_t count, size_t inputs, size_t outputs, const float *x, const float *w, float *y) {
    size_t j = 0;
    for (; j + 2 * LANES <= outputs; j += 2 * LANES)
        tile(count, inputs, outputs, x, w + j, y + j);
    for (; j < outputs; j++)
        narrow(count, inputs, outputs, x, w + j, y + j);
}

CK_BODY(void, rows_product, (size_t rows, size_t inputs, size_t outputs, const float *x, const float *w, float *y)) {
    size_t i = 0;
    for (; i + TILE_ROWS <= rows; i += TILE_ROWS)
        row_group(TILE_ROWS, inputs, outputs, x + i * inputs, w, y + i * outputs);
    for (; i < rows; i++)
        row_group(1, inputs, outputs, x + i * inputs, w, y + i * outputs);
}

CK_VARIANTS(void, ck_add_columns, add_columns, (size_t rows, size_t width, const float *x, float *sums),
            (rows, width, x, sums))
CK_VARIANTS(void, ck_layer_norm, layer_norm,
            (size_t rows, size_t width, const float *gain, const float *shift, float *x, float *inverse, float *y),
            (rows, width, gain, shift, x, inverse, y))
CK_VARIANTS(void, ck_layer_norm_backward, layer_norm_backward,
            (size_t rows, size_t width, const float *gain, const float *x, const float *inverse, float *gradient,
             float *gain_sums, float *shift_sums),
            (rows, width, gain, x, inverse, gradient, gain_sums, shift_sums))
CK_VARIANTS(void, ck_take_gradient, take_gradient,
            (int adding, size_t count, double penalty, const float *made, const float *weights, double *gradient,
             double *squares),
            (adding, count, penalty, made, weights, gradient, squares))
CK_VARIANTS(void, ck_rows_product, rows_product,
            (size_t rows, size_t inputs, size_t outputs, const float *x, const float *w, float *y),
            (rows, inputs, outputs, x, w, y))
