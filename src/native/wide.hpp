// Vectors as wide as the processor's, for what is done to each pixel apart: sums across pixels need `Lanes`.
#pragma once
#include "base.hpp"

namespace superpose::LEVEL {
namespace {

#ifdef __AVX__
constexpr int WIDTH = 8;
#else
constexpr int WIDTH = 4;
#endif
typedef float Wide __attribute__((vector_size(4 * WIDTH)));

SUPERPOSE_INLINE Wide wide(const float* from) {
  Wide found;
  std::memcpy(&found, from, sizeof found);
  return found;
}
SUPERPOSE_INLINE Wide wide(const View<const float, 1>& line, i64 from) { return wide(part_of(line, from, WIDTH).data); }
SUPERPOSE_INLINE void store(const View<float, 1>& line, i64 from, Wide numbers) {
  std::memcpy(part_of(line, from, WIDTH).data, &numbers, sizeof numbers);
}

// Every other number of two vectors, from the first on, or from the second.
SUPERPOSE_INLINE Wide evens(Wide a, Wide b) {
#ifdef __AVX__
  return pick<0, 2, 4, 6, 8, 10, 12, 14>(a, b);
#else
  return pick<0, 2, 4, 6>(a, b);
#endif
}
SUPERPOSE_INLINE Wide odds(Wide a, Wide b) {
#ifdef __AVX__
  return pick<1, 3, 5, 7, 9, 11, 13, 15>(a, b);
#else
  return pick<1, 3, 5, 7>(a, b);
#endif
}

}  // namespace
}  // namespace superpose::LEVEL
