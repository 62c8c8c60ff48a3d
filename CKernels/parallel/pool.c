#include "ck_parallel.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

// One region at a time owns the pool. Its owner publishes the region, opens the gate, works along, shuts the gate and
// waits until everybody who came in has left; a worker that wakes late finds the gate shut and never sees the region.

// Waking a thread takes tens of microseconds, more than most regions: one that waits looks for as long as the owner's
// own work between two regions may take before it sleeps.
enum { SPIN_NANOSECONDS = 250000, MAX_WORKERS = 255 };

/// The gate: a count of workers inside, and two flags.
enum { GATE_OPEN = 1 << 16, GATE_OWNER_SLEEPS = 1 << 17, GATE_COUNT = GATE_OPEN - 1 };

static struct {
    atomic_bool held;
    int workers; // guarded by `held`
    bool fork_handler_set;

    // The region; written by its owner while the gate is shut and nobody is inside.
    ck_task body;
    void *context;
    size_t tasks;
    uint32_t helpers;

    _Alignas(128) _Atomic uint32_t generation;
    _Atomic uint32_t sleepers;
    _Alignas(128) _Atomic uint32_t gate;
    _Alignas(128) atomic_size_t next;
} pool;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// A while of looking for something that another thread does.
typedef struct {
    unsigned looks;
    struct timespec start;
} spin;

/// Whether there is time for another look, after a short pause.
static inline bool may_spin(spin *spin) {
    enum { LOOKS = 64 }; // between two looks at the clock
    pause_briefly();
    if (spin->looks++ % LOOKS)
        return true;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (spin->looks == 1)
        spin->start = now;
    return (now.tv_sec - spin->start.tv_sec) * 1000000000 + (now.tv_nsec - spin->start.tv_nsec) < SPIN_NANOSECONDS;
}

#ifdef __linux__
static void wait_while_equal(_Atomic uint32_t *word, uint32_t value) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *word, int count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}
#else
static pthread_mutex_t wait_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_condition = PTHREAD_COND_INITIALIZER;

static void wait_while_equal(_Atomic uint32_t *word, uint32_t value) {
    pthread_mutex_lock(&wait_mutex);
    while (atomic_load(word) == value)
        pthread_cond_wait(&wait_condition, &wait_mutex);
    pthread_mutex_unlock(&wait_mutex);
}

static void wake(_Atomic uint32_t *word, int count) {
    (void)word;
    (void)count;
    pthread_mutex_lock(&wait_mutex);
    pthread_cond_broadcast(&wait_condition);
    pthread_mutex_unlock(&wait_mutex);
}
#endif

static void run_tasks(ck_task body, void *context, size_t tasks) {
    for (;;) {
        size_t task = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
        if (task >= tasks)
            return;
        body(context, task);
    }
}

static bool enter_gate(void) {
    uint32_t seen = atomic_load_explicit(&pool.gate, memory_order_acquire);
    while (seen & GATE_OPEN) {
        if (atomic_compare_exchange_weak_explicit(&pool.gate, &seen, seen + 1, memory_order_acquire,
                                                  memory_order_acquire))
            return true;
    }
    return false;
}

static void leave_gate(void) {
    uint32_t before = atomic_fetch_sub_explicit(&pool.gate, 1, memory_order_acq_rel);
    if ((before & GATE_COUNT) == 1 && (before & GATE_OWNER_SLEEPS))
        wake(&pool.gate, 1);
}

static void *work(void *argument) {
    uint32_t index = (uint32_t)(uintptr_t)argument;
    // The region that started this thread may be open already: look at the gate before the first wait.
    uint32_t seen = atomic_load(&pool.generation) - 1;
    for (;;) {
        spin spin = {0};
        while (atomic_load_explicit(&pool.generation, memory_order_acquire) == seen) {
            if (may_spin(&spin))
                continue;
            atomic_fetch_add(&pool.sleepers, 1);
            wait_while_equal(&pool.generation, seen);
            atomic_fetch_sub(&pool.sleepers, 1);
        }
        seen = atomic_load(&pool.generation);
        if (!enter_gate())
            continue;
        if (index < pool.helpers)
            run_tasks(pool.body, pool.context, pool.tasks);
        leave_gate();
    }
    return NULL;
}

/// Only the forking thread exists in the child: the pool starts anew there.
static void forget_workers(void) {
    pool.workers = 0;
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.gate, 0);
    atomic_store(&pool.held, false);
}

/// Starts workers until there are `wanted`, or as many as the system grants.
static void start_workers(int wanted) {
    if (pool.workers >= wanted)
        return;
    if (!pool.fork_handler_set)
        pool.fork_handler_set = pthread_atfork(NULL, NULL, forget_workers) == 0;

    // Signals are the program's business: its own threads must receive them, not these.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (pool.workers < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, work, (void *)(uintptr_t)pool.workers) != 0)
            break;
        pool.workers++;
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void wait_until_empty(void) {
    uint32_t inside = atomic_fetch_and_explicit(&pool.gate, ~(uint32_t)GATE_OPEN, memory_order_acq_rel) & GATE_COUNT;
    spin spin = {0};
    while (inside && may_spin(&spin))
        inside = atomic_load_explicit(&pool.gate, memory_order_acquire) & GATE_COUNT;
    while (inside) {
        uint32_t now = atomic_fetch_or(&pool.gate, GATE_OWNER_SLEEPS) | GATE_OWNER_SLEEPS;
        if (now & GATE_COUNT)
            wait_while_equal(&pool.gate, now);
        inside = atomic_load_explicit(&pool.gate, memory_order_acquire) & GATE_COUNT;
    }
}

void ck_parallel_for(int threads, size_t tasks, ck_task body, void *context) {
    if (threads > MAX_WORKERS + 1)
        threads = MAX_WORKERS + 1;
    if (threads > 0 && (size_t)threads > tasks)
        threads = (int)tasks;
    if (threads <= 1 || tasks > SIZE_MAX / 2 || atomic_exchange_explicit(&pool.held, true, memory_order_acquire)) {
        for (size_t task = 0; task < tasks; task++)
            body(context, task);
        return;
    }

    pool.body = body;
    pool.context = context;
    pool.tasks = tasks;
    pool.helpers = (uint32_t)threads - 1;
    atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool.gate, GATE_OPEN, memory_order_release);
    start_workers(threads - 1);
    atomic_fetch_add(&pool.generation, 1);
    uint32_t sleepers = atomic_load(&pool.sleepers);
    if (sleepers)
        wake(&pool.generation, (int)sleepers);

    run_tasks(body, context, tasks);
    wait_until_empty();
    atomic_store_explicit(&pool.held, false, memory_order_release);
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
