#pragma once
#include "ck_cpu.h"
#include <stddef.h>

/// point[i] = keep · point[i] − rate · (along[i] + decay · point[i]) / (√squares[i] · scale + eps): the step of
/// optimizers that divide by the root of squared gradients. Elementwise and without contraction: the same bits at every
/// level. Nothing aliases.
void ck_scaled_step(ck_cpu_level level, size_t count, double rate, double scale, double eps, double keep, double decay,
                    const double *along, const double *squares, double *point);

/// The step of Adam, each element by itself and without contraction: g = gradient + decay · point;
/// means = beta1 · means + (1 − beta1) · g; squares = beta2 · squares + (1 − beta2) · g²;
/// point = keep · point − rate · means / (√squares · scale + eps). Nothing aliases.
void ck_adam_step(ck_cpu_level level, size_t count, double beta1, double beta2, double rate, double scale, double eps,
                  double keep, double decay, const double *gradient, double *means, double *squares, double *point);

/// The largest magnitude in x; infinity or NaN if one is there, 0 if nothing is.
double ck_largest(ck_cpu_level level, size_t count, const double *x);
