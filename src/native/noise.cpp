// What interpolation leaves of a moving image's noise, and how that changes with the pose.
#include "sampling.hpp"
#include "noise.hpp"

namespace superpose::LEVEL {
namespace {

// Gain and its slope at a place of the table, which has no end.
struct Between {
  double gain, slope;
};

SUPERPOSE_INLINE Between between(const Noisy& a, double place) {
  const i64 size = a.gain.shape[0], low = static_cast<i64>(place);
  const double t = place - static_cast<double>(low);
  const i64 k = low % size, m = k + 1 < size ? k + 1 : 0;
  return {(1.0 - t) * a.gain[k] + t * a.gain[m], (1.0 - t) * a.slope[k] + t * a.slope[m]};
}

}  // namespace

void interpolated_sums(const Noisy& a, View<double, 1> out) {
  constexpr int POWERS = 5, MOMENTS = 8;
  const View<const double, 2>& m = a.matrix;
  const double size = static_cast<double>(a.gain.shape[0]);
  const double last_y = static_cast<double>(a.moving[0] - 1), last_x = static_cast<double>(a.moving[1] - 1);
  double count = 0.0, gain = 0.0;
  Block<double, MOMENTS> moments = {};
  Block<double, POWERS * POWERS> powers = {};
  for (i64 row = 0; row < a.fixed[0]; row += a.steps[0]) {
    const double r = static_cast<double>(row), u = (r - a.centre[0]) / a.radius;
    for (i64 column = 0; column < a.fixed[1]; column += a.steps[1]) {
      const double c = static_cast<double>(column), v = (c - a.centre[1]) / a.radius;
      const double w = m(2, 0) * r + m(2, 1) * c + m(2, 2);
      const double y = (m(0, 0) * r + m(0, 1) * c + m(0, 2)) / w, x = (m(1, 0) * r + m(1, 1) * c + m(1, 2)) / w;
      if (!(w > 0.0 && y >= 0.0 && x >= 0.0 && y <= last_y && x <= last_x)) continue;
      const Between by_y = between(a, y * size), by_x = between(a, x * size);
      const double slope_y = by_y.slope * by_x.gain, slope_x = by_y.gain * by_x.slope;
      const double p = (slope_y * (m(0, 0) - y * m(2, 0)) + slope_x * (m(1, 0) - x * m(2, 0))) / w;
      const double q = (slope_y * (m(0, 1) - y * m(2, 1)) + slope_x * (m(1, 1) - x * m(2, 1))) / w;
      const double along = p * u + q * v;
      const Block<double, MOMENTS> here = {p * u, p * v, p, q * u, q * v, q, -along * u, -along * v};
      count += 1.0;
      gain += by_y.gain * by_x.gain;
      for (int k = 0; k < MOMENTS; ++k) moments[k] += here[k];
      double u_power = 1.0;
      for (int i = 0; i < POWERS; ++i, u_power *= u) {
        double both = u_power;
        for (int j = 0; j < POWERS; ++j, both *= v) powers[POWERS * i + j] += both;
      }
    }
  }
  out[0] = count, out[1] = gain;
  for (int k = 0; k < MOMENTS; ++k) out[2 + k] = moments[k];
  for (int k = 0; k < POWERS * POWERS; ++k) out[2 + MOMENTS + k] = powers[k];
}

}  // namespace superpose::LEVEL
