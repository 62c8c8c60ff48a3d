#include "ck_library.h"

#include <cblas.h>
#include <pthread.h>

static void use_one_thread(void) { openblas_set_num_threads(1); }

void ck_library_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, use_one_thread);
}
