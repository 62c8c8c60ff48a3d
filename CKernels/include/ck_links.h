#pragma once
#include "ck_cpu.h"

#include <stddef.h>

/// From scores to answers. Same bits at every level: own exp, no contraction.

/// outputs (count, 2): the probabilities of the first and of the second of two classes, whose log odds the scores are.
/// The smaller is e / (1 + e) and the larger 1 / (1 + e), with e = e^-|score|.
void ck_link_logistic(ck_cpu_level level, size_t count, const double *scores, double *outputs);
