#pragma once
// Private to descent/: exp and log1p that vectorise, without tables, branches or calls.
#include <stdint.h>
#include <string.h>

#define CK_INLINE static inline __attribute__((always_inline))

/// e^x to about 1 unit in the last place for x <= 0; 0 below -708 (no subnormal results); NaN stays NaN.
CK_INLINE double ck_exp_negative(double x) {
    // x = k ln 2 + r with |r| <= ln 2 / 2: ln 2 in two parts (Cody and Waite), Taylor to r^13 in Horner form.
    const double magic = 6755399441055744.0; // 1.5 · 2^52: adding it rounds to an integer in the low bits
    double clamped = x < -708.0 ? -708.0 : x;
    double shifted = clamped * 1.4426950408889634 + magic;
    double k = shifted - magic;
    double r = (clamped - k * 0x1.62e42fefa0000p-1) - k * 0x1.cf79abc9e3b39p-40;
    double p = 1.6059043836821613e-10;
    p = p * r + 2.08767569878681e-9;
    p = p * r + 2.505210838544172e-8;
    p = p * r + 2.755731922398589e-7;
    p = p * r + 2.7557319223985893e-6;
    p = p * r + 2.48015873015873e-5;
    p = p * r + 1.984126984126984e-4;
    p = p * r + 1.3888888888888889e-3;
    p = p * r + 8.333333333333333e-3;
    p = p * r + 4.1666666666666664e-2;
    p = p * r + 0.16666666666666666;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    int64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int64_t)((uint64_t)(bits + 1023) << 52);
    double power;
    memcpy(&power, &bits, sizeof power);
    return x < -708.0 ? 0.0 : p * power;
}

/// log(1 + t) for t in [0, 1], to about 1 unit in the last place.
CK_INLINE double ck_log1p_unit(double t) {
    // log(1 + t) = log 2 + log(1 + (t - 1) / 2) for large t, so that s = u / (2 + u) stays within 0.172; then
    // log(1 + u) = 2 atanh(s), an odd series.
    int large = t > 0.41421356237309503;
    double u = large ? (t - 1.0) * 0.5 : t;
    double s = u / (2.0 + u);
    double q = s * s;
    double p = 1.0 / 23.0;
    p = p * q + 1.0 / 21.0;
    p = p * q + 1.0 / 19.0;
    p = p * q + 1.0 / 17.0;
    p = p * q + 1.0 / 15.0;
    p = p * q + 1.0 / 13.0;
    p = p * q + 1.0 / 11.0;
    p = p * q + 1.0 / 9.0;
    p = p * q + 1.0 / 7.0;
    p = p * q + 1.0 / 5.0;
    p = p * q + 1.0 / 3.0;
    double tail = p * q * (2.0 * s);
    return large ? 0.6931471805599453 + (2.0 * s + tail) : 2.0 * s + tail;
}
