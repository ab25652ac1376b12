#pragma once

/// Asks for the cache line at `address`, and does not wait for it. Any address may be given: one that cannot be read is
/// passed over.
static inline __attribute__((always_inline)) void prefetch(const void *address) {
  __builtin_prefetch(address);
}
