#pragma once
// Private to blas/: what every wrapper does before it calls the library.
#include <limits.h>
#include <stddef.h>

/// Sets OpenBLAS to one thread, once a process.
void ck_library_start(void);

static inline int ck_fits(size_t size) { return size <= (size_t)INT_MAX; }

/// The least leading dimension the library accepts.
static inline int ck_leading(size_t ld) { return ld > 0 ? (int)ld : 1; }
