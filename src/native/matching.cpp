// Which descriptors are nearest to which, and which matches speak for each other.
#include "arguments.hpp"
#include "matching.hpp"

namespace superpose::LEVEL {
namespace {

constexpr int SIZE = 128, TOGETHER = 4;

SUPERPOSE_INLINE std::int32_t product(const std::int16_t* a, const std::int16_t* b) {
  std::int32_t total = 0;
  // Whole numbers: their sum is the same in any order.
  for (int k = 0; k < SIZE; ++k) total += static_cast<std::int32_t>(a[k]) * b[k];
  return total;
}

// Whether two linear maps, (2, 2) by rows, are alike: of the same area within four times, and of such a cosine.
SUPERPOSE_INLINE bool are_alike(const double (&a)[4], const double (&b)[4], double cosine) {
  const double ratio = (b[0] * b[3] - b[1] * b[2]) / (a[0] * a[3] - a[1] * a[2]);
  const double product = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
  const double own = a[0] * a[0] + a[1] * a[1] + a[2] * a[2] + a[3] * a[3];
  const double other = b[0] * b[0] + b[1] * b[1] + b[2] * b[2] + b[3] * b[3];
  return ratio > 0.25 && ratio < 4.0 && product > 0.0 && product * product > cosine * cosine * own * other;
}

// Where a matrix takes a point, and what errors of a pixel in both images make of the difference to its partner there.
struct Transferred {
  double y, x, depth, slope[4], spread[3], volume;
};
SUPERPOSE_INLINE Transferred transferred(const View<const double, 2>& m, double y, double x) {
  Transferred to;
  to.depth = m(2, 0) * y + m(2, 1) * x + m(2, 2);
  to.y = (m(0, 0) * y + m(0, 1) * x + m(0, 2)) / to.depth, to.x = (m(1, 0) * y + m(1, 1) * x + m(1, 2)) / to.depth;
  const double a = (m(0, 0) - to.y * m(2, 0)) / to.depth, b = (m(0, 1) - to.y * m(2, 1)) / to.depth;
  const double c = (m(1, 0) - to.x * m(2, 0)) / to.depth, d = (m(1, 1) - to.x * m(2, 1)) / to.depth;
  to.slope[0] = a, to.slope[1] = b, to.slope[2] = c, to.slope[3] = d;
  to.spread[0] = 1.0 + a * a + b * b, to.spread[1] = a * c + b * d, to.spread[2] = 1.0 + c * c + d * d;
  to.volume = to.spread[0] * to.spread[2] - to.spread[1] * to.spread[1];
  return to;
}

}  // namespace

void nearest_two(const Nearest& a, View<i64, 1> index, View<std::int32_t, 2> far, View<std::int32_t, 1> room) {
  constexpr std::int32_t NONE = INT32_MAX;
  const i64 count = a.b.shape[0];
  for (i64 first = a.first; first < a.last; first += TOGETHER) {
    const i64 lot = least<i64>(TOGETHER, a.last - first);
    for (i64 c = 0; c < count; ++c)
      for (i64 n = 0; n < lot; ++n)
        room[n * count + c] = a.squares[c] - 2 * product(a.a[first + n].data, a.b[c].data);
    for (i64 n = 0; n < lot; ++n) {
      const View<const std::int32_t, 1> line = {room.data + n * count, {count}};
      i64 best = 0;
      for (i64 c = 1; c < count; ++c)
        if (line[c] < line[best]) best = c;
      const float y = a.places(best, 0), x = a.places(best, 1);
      std::int32_t second = NONE;
      for (i64 c = 0; c < count; ++c) {
        if (line[c] >= second) continue;
        const float v = a.places(c, 0) - y, u = a.places(c, 1) - x;
        if (v * v + u * u > a.apart * a.apart) second = line[c];
      }
      index[first + n] = best;
      far(first + n, 0) = line[best] + a.own[first + n];
      far(first + n, 1) = second == NONE ? NONE : second + a.own[first + n];
    }
  }
}

void support(const Support& a, View<double, 1> out) {
  const i64 count = a.fixed.shape[0];
  for (i64 n = a.first; n < a.last; ++n) {
    const double y0 = a.fixed(n, 0), x0 = a.fixed(n, 1), v0 = a.moving(n, 0), u0 = a.moving(n, 1);
    const double p = a.maps(n, 0, 0), q = a.maps(n, 0, 1), r = a.maps(n, 1, 0), s = a.maps(n, 1, 1);
    const double pixel = a.pixels * __builtin_sqrt(most(__builtin_fabs(p * s - q * r), 0.0625));
    double total = 0.0;
    for (i64 m = 0; m < count; ++m) {
      const double y = a.fixed(m, 0) - y0, x = a.fixed(m, 1) - x0, squared = y * y + x * x;
      if (squared > a.reach * a.reach || squared < a.near * a.near) continue;
      const double v = p * y + q * x, u = r * y + s * x, e = v - (a.moving(m, 0) - v0), f = u - (a.moving(m, 1) - u0);
      const double limit = pixel + a.relative * __builtin_sqrt(v * v + u * u);
      if (e * e + f * f > limit * limit) continue;
      const double other[4] = {a.maps(m, 0, 0), a.maps(m, 0, 1), a.maps(m, 1, 0), a.maps(m, 1, 1)};
      if (!are_alike({p, q, r, s}, other, a.alike)) continue;
      total += a.weights[m];
    }
    out[n] = total;
  }
}

void transfer_errors(const Transfer& a, double alike, View<double, 1> out) {
  const i64 count = a.fixed.shape[0];
  for (i64 n = 0; n < count; ++n) {
    const Transferred to = transferred(a.matrix, a.fixed(n, 0), a.fixed(n, 1));
    const double e = a.moving(n, 0) - to.y, f = a.moving(n, 1) - to.x;
    const double error = (to.spread[2] * e * e - 2.0 * to.spread[1] * e * f + to.spread[0] * f * f) / to.volume;
    const double own[4] = {a.maps(n, 0, 0), a.maps(n, 0, 1), a.maps(n, 1, 0), a.maps(n, 1, 1)};
    // Behind the horizon nothing is seen; NaN is no error that could be small.
    out[n] = to.depth > 0.0 && error >= 0.0 && are_alike(to.slope, own, alike) ? error : __builtin_inf();
  }
}

void transfer_sums(const Transfer& a, View<const double, 1> weights, View<double, 2> out) {
  // A row of either coordinate is made of (y, x, 1), times 1, and times the moving point's: moments are all it takes.
  constexpr int FACTORS = 6, MOMENTS = 6;
  constexpr int AT[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};
  const i64 count = a.fixed.shape[0];
  double total[FACTORS][MOMENTS] = {};
  for (i64 n = 0; n < count; ++n) {
    const double y = a.fixed(n, 0), x = a.fixed(n, 1), v = a.moving(n, 0), u = a.moving(n, 1);
    const Transferred to = transferred(a.matrix, y, x);
    const double scale = weights[n] / (to.volume * to.depth * to.depth);
    if (!(to.depth > 0.0 && scale > 0.0)) continue;
    const double p = to.spread[2] * scale, q = -to.spread[1] * scale, r = to.spread[0] * scale;
    const double first = p * v + q * u, second = q * v + r * u;
    const double factors[FACTORS] = {p, q, r, first, second, first * v + second * u};
    const double moments[MOMENTS] = {y * y, y * x, y, x * x, x, 1.0};
    for (int j = 0; j < FACTORS; ++j)
      for (int i = 0; i < MOMENTS; ++i) total[j][i] += factors[j] * moments[i];
  }
  constexpr int FACTOR[3][3] = {{0, 1, 3}, {1, 2, 4}, {3, 4, 5}};
  for (int j = 0; j < 9; ++j)
    for (int i = 0; i < 9; ++i) {
      // The numbers of the last row, but for the right side's, are subtracted.
      const bool minus = (j == 6 || j == 7) != (i == 6 || i == 7);
      const double value = total[FACTOR[j / 3][i / 3]][AT[j % 3][i % 3]];
      out(j, i) = minus ? -value : value;
    }
}

}  // namespace superpose::LEVEL
