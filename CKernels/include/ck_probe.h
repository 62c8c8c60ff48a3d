#pragma once
#include "ck_cpu.h"
#include <stddef.h>

/// What the processor can do at most, for benchmarks to compare with. `level` is clamped to what the processor has.

/// Multiplies and adds in registers alone: `rounds` rounds over vectors that do not wait for each other.
/// Writes the number of floating-point operations, two a multiply-add; returns a sum that keeps them from being left
/// out.
float ck_probe_multiply_add_float(ck_cpu_level level, size_t rounds, double *operations);
double ck_probe_multiply_add_double(ck_cpu_level level, size_t rounds, double *operations);

/// The sum of x (count), read once in order.
double ck_probe_read(ck_cpu_level level, size_t count, const double *x);
