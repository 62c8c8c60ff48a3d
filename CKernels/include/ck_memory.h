#pragma once
#include <stddef.h>

/// Asks for large pages under `bytes` bytes from `start`, which makes scattered reads of big arrays cheaper. Only a
/// hint: nothing else changes, and where the system has no such pages nothing happens.
void ck_advise_large_pages(void *start, size_t bytes);
