#pragma once

// Instructions that Swift has no functions for.

#define SRDIST_INTRINSIC static inline __attribute__((always_inline))

/// Requests the cache line at `address`, and does not wait for it. Any address is allowed: an address that cannot be read
/// is ignored.
SRDIST_INTRINSIC void prefetch(const void *address) { __builtin_prefetch(address); }

/// The same for the second-level cache. Use it for memory that is needed soon but not at once: in the first level such memory
/// would displace what is needed now.
SRDIST_INTRINSIC void prefetch_second_level(const void *address) { __builtin_prefetch(address, 0, 2); }

typedef float floats8 __attribute__((ext_vector_type(8)));    // SIMD8<Float>
typedef float floats16 __attribute__((ext_vector_type(16)));  // SIMD16<Float>

/// a * b + c, rounded once. Swift's own function works lane by lane, and the compiler joins only some of the lanes again.
SRDIST_INTRINSIC floats8 multiply_add8(floats8 a, floats8 b, floats8 c) {
  return __builtin_elementwise_fma(a, b, c);
}

SRDIST_INTRINSIC floats16 multiply_add16(floats16 a, floats16 b, floats16 c) {
  return __builtin_elementwise_fma(a, b, c);
}
