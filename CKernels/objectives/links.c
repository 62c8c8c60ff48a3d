#include "../parallel/levels.h"
#include "ck_links.h"
#include "ck_math.h"

#pragma clang fp contract(off)

CK_BODY(void, logistic, (size_t count, const double *restrict scores, double *restrict outputs)) {
    for (size_t i = 0; i < count; i++) {
        double e = ck_exp(-__builtin_fabs(scores[i]));
        double likely = 1.0 / (1.0 + e), unlikely = e * likely;
        outputs[2 * i] = scores[i] >= 0 ? unlikely : likely;
        outputs[2 * i + 1] = scores[i] >= 0 ? likely : unlikely;
    }
}

CK_VARIANTS(void, ck_link_logistic, logistic, (size_t count, const double *scores, double *outputs),
            (count, scores, outputs))
