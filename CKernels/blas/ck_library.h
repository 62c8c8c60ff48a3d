#pragma once
// Private to blas/: sizes as the library takes them.
#include <limits.h>
#include <stddef.h>

static inline int ck_fits(size_t size) { return size <= (size_t)INT_MAX; }

/// The least leading dimension the library accepts.
static inline int ck_leading(size_t ld) { return ld > 0 ? (int)ld : 1; }
