#pragma once
/// Run-time dispatch: which of a kernel's compiled variants runs on this processor.
///
/// A kernel is one `static inline __attribute__((always_inline))` body in a .inc or .c file, wrapped once per level
/// by functions with `__attribute__((target("arch=x86-64-v3")))` and `x86-64-v4`; a per-family table of function
/// pointers is chosen by `ck_cpu()`. No build flags are involved.

typedef enum { CK_CPU_BASELINE = 0, CK_CPU_V3 = 1, CK_CPU_V4 = 2 } ck_cpu_level;

/// The level in force: the best that the processor has, or the one that APUS_CPU (baseline, v3, v4) asks for if the
/// processor has it. Read once, at the first call; thread-safe.
ck_cpu_level ck_cpu(void);

/// "baseline", "v3" or "v4".
const char *ck_cpu_name(ck_cpu_level level);
