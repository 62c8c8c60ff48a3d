#pragma once
#include <stdint.h>
#include <string.h>

/// exp and log whose bits do not depend on the machine, the C library or the instruction set: plain IEEE double
/// operations in a fixed order. `DeterministicMath` in Swift does the same operations and gives the same bits.
/// Relative error below 4e-16. Branch-free, so that loops over them vectorise.

static inline __attribute__((always_inline)) double ck_from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline __attribute__((always_inline)) uint64_t ck_to_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/// Rounds to the nearest integer, ties to even; for |x| < 2^51.
static inline __attribute__((always_inline)) double ck_round(double x) {
#pragma clang fp contract(off)
    const double magic = 0x1.8p52;
    return (x + magic) - magic;
}

/// e^x. Below -708 it stays at e^-708 and above 709 at e^709, so that it is never zero, subnormal or infinite.
/// NaN gives an unspecified finite value.
static inline __attribute__((always_inline)) double ck_exp(double x) {
#pragma clang fp contract(off)
    x = x > -708.0 ? x : -708.0;
    x = x < 709.0 ? x : 709.0;
    // x = k ln 2 + r, |r| <= ln 2 / 2; the low bits of k + magic are k.
    const double magic = 0x1.8p52;
    double shifted = x * 0x1.71547652b82fep+0 + magic;
    double k = shifted - magic;
    double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    double p = 0x1.6124613a86d09p-33; // 1/13!
    p = p * r + 0x1.1eed8eff8d898p-29;
    p = p * r + 0x1.ae64567f544e4p-26;
    p = p * r + 0x1.27e4fb7789f5cp-22;
    p = p * r + 0x1.71de3a556c734p-19;
    p = p * r + 0x1.a01a01a01a01ap-16;
    p = p * r + 0x1.a01a01a01a01ap-13;
    p = p * r + 0x1.6c16c16c16c17p-10;
    p = p * r + 0x1.1111111111111p-7;
    p = p * r + 0x1.5555555555555p-5;
    p = p * r + 0x1.5555555555555p-3;
    p = p * r + 0x1.0000000000000p-1;
    p = p * r + 1.0;
    p = p * r + 1.0;
    return ck_from_bits(ck_to_bits(p) + (ck_to_bits(shifted) << 52));
}

/// ln x for positive normal finite x; anything else gives an unspecified value.
static inline __attribute__((always_inline)) double ck_log(double x) {
#pragma clang fp contract(off)
    // x = 2^k m with m in [sqrt(1/2), sqrt(2)).
    uint64_t bits = ck_to_bits(x);
    uint64_t offset = bits - 0x3fe6a09e667f3bcdull;
    // The exponent as a double, without a 64-bit integer conversion that older vector units lack.
    uint64_t biased = (offset + (1024ull << 52)) >> 52;
    double k = ck_from_bits(0x4330000000000000ull | biased) - 0x1.00000000004p52;
    double m = ck_from_bits(bits - (offset & 0xfff0000000000000ull));
    double s = (m - 1.0) / (m + 1.0);
    double z = s * s;
    double p = 1.0 / 21.0;
    p = p * z + 1.0 / 19.0;
    p = p * z + 1.0 / 17.0;
    p = p * z + 1.0 / 15.0;
    p = p * z + 1.0 / 13.0;
    p = p * z + 1.0 / 11.0;
    p = p * z + 1.0 / 9.0;
    p = p * z + 1.0 / 7.0;
    p = p * z + 1.0 / 5.0;
    p = p * z + 1.0 / 3.0;
    double twice = 2.0 * s;
    double tail = twice * (z * p);
    return k * 0x1.62e42fee00000p-1 + (twice + (tail + k * 0x1.a39ef35793c76p-33));
}
