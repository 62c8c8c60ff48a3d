#pragma once
#include <stddef.h>

/// How many times the calling thread has asked for memory since it started; -1 where that cannot be counted.
long allocation_count(void);
