#pragma once
#include "ck_cpu.h"
#include <stddef.h>

/// point[i] = keep · point[i] − rate · (along[i] + decay · point[i]) / (√squares[i] · scale + eps): the step of
/// optimizers that divide by the root of squared gradients. Elementwise and without contraction: the same bits at every
/// level. Nothing aliases.
void ck_scaled_step(ck_cpu_level level, size_t count, double rate, double scale, double eps, double keep, double decay,
                    const double *along, const double *squares, double *point);
