#include "ck_blas.h"
#include "ck_cpu.h"

#include <cblas.h>
#include <stdlib.h>
#include <strings.h>

extern int blas_thread_shutdown_(void) __attribute__((weak));

// We share out work ourselves. The threads that the library started when it was loaded would keep a processor busy for
// a tenth of a second before they slept.
__attribute__((constructor)) static void use_one_thread(void) {
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_)
        blas_thread_shutdown_();
}

const char *ck_library_core(void) { return openblas_get_corename(); }

#if defined(__x86_64__) && defined(__linux__)

// OpenBLAS picks its kernels by a list of processor models. One that is newer than the list gets those of a processor
// of 2004, a quarter as fast, whatever instructions it has: 0.3.21 does so on Emerald Rapids. The functions by which
// the library chooses are there where it was built with more than one set of kernels.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

static const char VARIABLE[] = "OPENBLAS_CORETYPE";

// Whether the library's kernels use fused multiply-adds on 256 bits or more.
static int is_wide(const char *core) {
    static const char *const wide[] = {"Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"};
    for (size_t k = 0; k < sizeof wide / sizeof *wide; k++)
        if (!strcasecmp(core, wide[k]))
            return 1;
    return 0;
}

// Before main, while there is one thread: the choice is a global of the library, and so is the environment.
__attribute__((constructor)) static void choose_kernels(void) {
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || getenv(VARIABLE))
        return;
    if (ck_cpu() < CK_CPU_V3 || is_wide(openblas_get_corename()))
        return;
    setenv(VARIABLE, ck_cpu() == CK_CPU_V4 ? "SkylakeX" : "Haswell", 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv(VARIABLE);
}

#endif
