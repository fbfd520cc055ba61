// A field of directions, two channels a pixel, under a segment's pixels; for each level.
#pragma once
#include "sampling.hpp"

namespace superpose::LEVEL {
namespace {

// The field (rows + 3, columns + 3, 2) is padded by one pixel before and two after along each axis. What is filled in
// is one channel's samples each, on request with their derivatives.
template <bool SLOPES>
SUPERPOSE_INLINE void sample_field(const Image<3>& padded, const Places<2>& at, int count, Samples<2> (&out)[2]) {
  const Image<1> flat = padded.flat();
  const i64 width = padded.shape[1];
  for (int k = 0; k < count; ++k) {
    const i64 from = 2 * ((at.pixel[0][k] + i64{1}) * width + at.pixel[1][k] + 1);
    // Both channels of two neighbours at once.
    const Four top = four(flat, from), down = four(flat, from + 2 * width) - top, here = top + at.beyond[0][k] * down;
    // Of either column: both channels, then their changes by row.
    const Four left = pick<0, 1, 4, 5>(here, down), by_column = pick<2, 3, 6, 7>(here, down) - left;
    const Four found = left + at.beyond[1][k] * by_column;
    for (int channel = 0; channel < 2; ++channel) {
      out[channel].value[k] = found[channel];
      if constexpr (SLOPES) {
        out[channel].slope[0][k] = found[channel + 2];
        out[channel].slope[1][k] = by_column[channel];
      }
    }
  }
}

// What the pixel nearest to a place counts; of a mask, 1 where it does.
template <class T>
SUPERPOSE_INLINE float nearest_counts(const View<T, 1>& flat, i64 width, const Places<2>& at, int k) {
  const i64 row = at.pixel[0][k] + (at.beyond[0][k] >= 0.5f), column = at.pixel[1][k] + (at.beyond[1][k] >= 0.5f);
  return static_cast<float>(flat[row * width + column]);
}

}  // namespace
}  // namespace superpose::LEVEL
