#include "ck_cpu.h"

#include <stdlib.h>
#include <string.h>

static ck_cpu_level supported(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4"))
        return CK_CPU_V4;
    if (__builtin_cpu_supports("x86-64-v3"))
        return CK_CPU_V3;
#endif
    return CK_CPU_BASELINE;
}

static ck_cpu_level choose(void) {
    ck_cpu_level best = supported();
    const char *wanted = getenv("APUS_CPU");
    if (!wanted)
        return best;
    for (int level = CK_CPU_BASELINE; level <= (int)best; level++)
        if (!strcmp(wanted, ck_cpu_name((ck_cpu_level)level)))
            return (ck_cpu_level)level;
    return best;
}

ck_cpu_level ck_cpu(void) {
    // Every thread computes the same value, so a race is harmless; the atomic keeps it defined.
    static _Atomic int cached = -1;
    int level = cached;
    if (level < 0)
        cached = level = choose();
    return (ck_cpu_level)level;
}

const char *ck_cpu_name(ck_cpu_level level) {
    static const char *const names[] = {"baseline", "v3", "v4"};
    return names[level];
}
