#pragma once
#include <stddef.h>

/// One task of a parallel region. `task` is in [0, tasks); tasks may run in any order and on any thread.
typedef void (*ck_task)(void *context, size_t task);

/// Runs `body(context, 0) … body(context, tasks - 1)` on at most `threads` threads (the caller is one of them) and
/// returns when all are done. threads <= 1, one task, or a pool that another region holds: runs them in the caller.
/// Reentrant and callable from any thread. Results must not depend on which thread runs a task.
void ck_parallel_for(int threads, size_t tasks, ck_task body, void *context);

/// Processors this process may run on (affinity mask), at least 1.
int ck_processor_count(void);
