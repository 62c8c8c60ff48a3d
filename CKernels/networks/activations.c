#include "../parallel/levels.h"
#include "ck_networks.h"

#include <stdint.h>
#include <string.h>

// e^x to about 2 units in the last place, between e^-87 and e^88.
CK_INLINE float exponential(float x) {
    const float magic = 0x1.8p23f; // adding it rounds to an integer in the low bits
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float shifted = x * 0x1.715476p+0f + magic;
    float k = shifted - magic;
    // ln 2 in two parts.
    float r = (x - k * 0x1.62e400p-1f) - k * 0x1.7f7d1cp-20f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits, power;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&power, &shifted, sizeof power);
    bits = (int32_t)((uint32_t)bits + ((uint32_t)power << 23));
    memcpy(&p, &bits, sizeof p);
    return p;
}

CK_INLINE float tangent(float x) {
    // Near 0 the quotient loses digits: an odd series, fitted by least squares on [-0.625, 0.625].
    float z = x * x;
    float p = -0.006104945778f;
    p = p * z + 0.021003639258f;
    p = p * z - 0.053852496894f;
    p = p * z + 0.133327822578f;
    p = p * z - 0.333333290994f;
    float near = x * z * p + x;
    float far = 1.0f - 2.0f / (exponential(2.0f * x) + 1.0f);
    return z < 0.390625f ? near : far;
}

// Φ(x), with e^(−x²/2) in *density. Abramowitz and Stegun, 7.1.26.
CK_INLINE float normal(float x, float *density) {
    float size = __builtin_fabsf(x) * 0.70710678f;
    float t = 1.0f / (0.3275911f * size + 1.0f);
    float e = exponential(-0.5f * x * x);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    float tail = 0.5f * p * t * e;
    *density = e;
    return x < 0 ? tail : 1.0f - tail;
}

CK_INLINE float apply(ck_activation activation, float x) {
    float density;
    switch (activation) {
    case CK_ACTIVATION_IDENTITY:
        return x;
    case CK_ACTIVATION_RELU:
        return x > 0 ? x : x * 0.0f; // NaN stays NaN
    case CK_ACTIVATION_TANH:
        return tangent(x);
    case CK_ACTIVATION_GELU:
        return x * normal(x, &density);
    }
}

CK_INLINE float derivative(ck_activation activation, float z, float a) {
    float density;
    switch (activation) {
    case CK_ACTIVATION_IDENTITY:
        return 1.0f;
    case CK_ACTIVATION_RELU:
        return a > 0 ? 1.0f : 0.0f;
    case CK_ACTIVATION_TANH:
        return 1.0f - a * a;
    case CK_ACTIVATION_GELU: {
        float share = normal(z, &density);
        return z * 0.39894228f * density + share;
    }
    }
}

CK_INLINE void activate_rows(ck_activation activation, size_t rows, size_t width, const float *bias, float *z,
                             float *a) {
    for (size_t i = 0; i < rows; i++, z += width, a += width) {
        if (bias)
            for (size_t j = 0; j < width; j++)
                z[j] += bias[j];
#pragma clang loop vectorize(enable)
        for (size_t j = 0; j < width; j++)
            a[j] = apply(activation, z[j]);
    }
}

CK_INLINE void backward_all(ck_activation activation, size_t count, const float *restrict z, const float *restrict a,
                            float *restrict gradient) {
#pragma clang loop vectorize(enable)
    for (size_t i = 0; i < count; i++)
        gradient[i] *= derivative(activation, z[i], a[i]);
}

// One loop an activation: a constant argument leaves no branch inside.
#define EACH_ACTIVATION(CALL)                                                                                          \
    switch (activation) {                                                                                              \
    case CK_ACTIVATION_IDENTITY:                                                                                       \
        CALL(CK_ACTIVATION_IDENTITY);                                                                                  \
        break;                                                                                                         \
    case CK_ACTIVATION_RELU:                                                                                           \
        CALL(CK_ACTIVATION_RELU);                                                                                      \
        break;                                                                                                         \
    case CK_ACTIVATION_TANH:                                                                                           \
        CALL(CK_ACTIVATION_TANH);                                                                                      \
        break;                                                                                                         \
    case CK_ACTIVATION_GELU:                                                                                           \
        CALL(CK_ACTIVATION_GELU);                                                                                      \
        break;                                                                                                         \
    }

CK_BODY(void, activate, (ck_activation activation, size_t rows, size_t width, const float *bias, float *z, float *a)){
#define CALL(kind) activate_rows(kind, rows, width, bias, z, a)
    EACH_ACTIVATION(CALL)
#undef CALL
}

CK_BODY(void, activate_backward,
        (ck_activation activation, size_t count, const float *z, const float *a, float *gradient)){
#define CALL(kind) backward_all(kind, count, z, a, gradient)
    EACH_ACTIVATION(CALL)
#undef CALL
}

CK_VARIANTS(void, ck_activate, activate,
            (ck_activation activation, size_t rows, size_t width, const float *bias, float *z, float *a),
            (activation, rows, width, bias, z, a))
    CK_VARIANTS(void, ck_activate_backward, activate_backward,
                (ck_activation activation, size_t count, const float *z, const float *a, float *gradient),
                (activation, count, z, a, gradient))
