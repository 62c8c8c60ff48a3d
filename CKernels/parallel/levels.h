#pragma once
#include "ck_cpu.h"

/// Compiles one always-inline body for every level of ck_cpu.h and picks among them by the first argument.
///
///     CK_BODY(int, sum, (size_t n, const int *x)) { … }
///     CK_VARIANTS(int, ck_sum, sum, (size_t n, const int *x), (n, x))
///
/// defines `int ck_sum(ck_cpu_level level, size_t n, const int *x)`.

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_BODY(returns, name, parameters) CK_INLINE returns name##_body parameters
#define CK_UNPACK(...) __VA_ARGS__

#if defined(__x86_64__)
#define CK_VARIANTS(...) CK_VARIANTS_OF(256, __VA_ARGS__)
/// The same, with vectors of 512 bits at v4: the compiler would halve them.
#define CK_VARIANTS_WIDE(...) CK_VARIANTS_OF(512, __VA_ARGS__)
#define CK_VARIANTS_OF(width, returns, public_name, name, parameters, arguments)                                       \
    static returns name##_baseline parameters { return name##_body arguments; }                                        \
    __attribute__((target("arch=x86-64-v3"))) static returns name##_v3 parameters { return name##_body arguments; }    \
    __attribute__((target("arch=x86-64-v4"), min_vector_width(width))) static returns name##_v4 parameters {           \
        return name##_body arguments;                                                                                  \
    }                                                                                                                  \
    returns public_name(ck_cpu_level level, CK_UNPACK parameters) {                                                    \
        if (level == CK_CPU_V4)                                                                                        \
            return name##_v4 arguments;                                                                                \
        if (level == CK_CPU_V3)                                                                                        \
            return name##_v3 arguments;                                                                                \
        return name##_baseline arguments;                                                                              \
    }
#else
#define CK_VARIANTS_WIDE CK_VARIANTS
#define CK_VARIANTS(returns, public_name, name, parameters, arguments)                                                 \
    returns public_name(ck_cpu_level level, CK_UNPACK parameters) {                                                    \
        (void)level;                                                                                                   \
        return name##_body arguments;                                                                                  \
    }
#endif
