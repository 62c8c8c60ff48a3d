#include "ck_parallel.h"

#include <sched.h>
#include <unistd.h>

// Serial until the pool lands.
void ck_parallel_for(int threads, size_t tasks, ck_task body, void *context) {
    (void)threads;
    for (size_t task = 0; task < tasks; task++)
        body(context, task);
}

int ck_processor_count(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}
