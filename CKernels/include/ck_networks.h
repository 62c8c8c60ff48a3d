#pragma once
#include "ck_cpu.h"
#include <stddef.h>

/// What a layer of a network does to its rows beside the matrix product, in single precision.
///
/// `level` chooses the compiled variant; pass `ck_cpu()`. Matrices are row-major without gaps. What happens to a row
/// depends on that row alone, to the last bit. NaN and infinity pass through. Zero sizes are legal.

typedef enum {
    CK_ACTIVATION_IDENTITY = 0, ///< x
    CK_ACTIVATION_RELU = 1,     ///< max(x, 0)
    CK_ACTIVATION_TANH = 2,     ///< tanh(x), to 2e-7
    CK_ACTIVATION_GELU = 3,     ///< x · Φ(x), Φ the normal distribution function to 2e-7
} ck_activation;

/// z (rows × width) += bias (width; null for zeros), then a = activation(z). `a` may be `z`.
void ck_activate(ck_cpu_level level, ck_activation activation, size_t rows, size_t width, const float *bias, float *z,
                 float *a);

/// gradient[i] *= the derivative of the activation where it took z[i] (read for GELU alone) to a[i] (read for others).
void ck_activate_backward(ck_cpu_level level, ck_activation activation, size_t count, const float *z, const float *a,
                          float *gradient);

/// sums[j] += Σ x[i][j] over the rows of x (rows × width), in their order.
void ck_add_columns(ck_cpu_level level, size_t rows, size_t width, const float *x, float *sums);

/// Layer norm: x (rows × width) becomes (x − mean) · inverse row by row, with inverse[row] = 1 / √(variance + 1e-5);
/// y = x · gain + shift.
void ck_layer_norm(ck_cpu_level level, size_t rows, size_t width, const float *gain, const float *shift, float *x,
                   float *inverse, float *y);

/// From gradient (rows × width) by y to the one by the x that ck_layer_norm was given, in place; `x` and `inverse` are
/// what it left. gain_sums[j] += Σ gradient · x, shift_sums[j] += Σ gradient, rows in order.
void ck_layer_norm_backward(ck_cpu_level level, size_t rows, size_t width, const float *gain, const float *x,
                            const float *inverse, float *gradient, float *gain_sums, float *shift_sums);

/// gradient = made + penalty · weights, or += made if `adding`, element by element in double precision;
/// squares[0] = Σ weights², squares[1] = Σ gradient². Nothing aliases.
void ck_take_gradient(ck_cpu_level level, int adding, size_t count, double penalty, const float *made,
                      const float *weights, double *gradient, double *squares);

/// y (rows × outputs) = x (rows × inputs) · w (inputs × outputs). Slower than ck_sgemm on many rows, but a row's result
/// does not depend on the rows around it, and one row costs no more than its share.
void ck_rows_product(ck_cpu_level level, size_t rows, size_t inputs, size_t outputs, const float *x, const float *w,
                     float *y);
