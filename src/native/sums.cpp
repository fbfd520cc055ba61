// Sums of two images and of their products over the pixels that count.
#include "sampling.hpp"
#include "sums.hpp"

namespace superpose::LEVEL {
namespace {

// Four sums side by side on every level, so that their bits are the same.
typedef double Quad __attribute__((vector_size(32)));

SUPERPOSE_INLINE Quad quad(const double* from) {
  Quad found;
  std::memcpy(&found, from, sizeof found);
  return found;
}
SUPERPOSE_INLINE double total(Quad a) { return (a[0] + a[2]) + (a[1] + a[3]); }

template <class T>
SUPERPOSE_INLINE void add_pairs(const View<const T, 1>& a, const View<const T, 1>& b, const Mask<1>& mask,
                                double shift_a, double shift_b, i64 first, i64 last, const View<double, 1>& out) {
  Quad count = {}, sum_p = {}, sum_q = {}, pp = {}, qq = {}, pq = {}, dd = {};
  Buffer<double> p, q, d, use;
  const auto bytes = bytes_of(mask);
  for (i64 start = first; start < last; start += SEGMENT) {
    const int n = static_cast<int>(least<i64>(SEGMENT, last - start));
    const View<const T, 1> from_a = part_of(a, start, n), from_b = part_of(b, start, n);
    const auto counts = part_of(bytes, start, n);
    // Chosen, not multiplied: what does not count may be no number.
    for (int k = 0; k < n; ++k) {
      const double x = static_cast<double>(from_a[k]), y = static_cast<double>(from_b[k]);
      const bool here = counts[k] != 0;
      use[k] = here ? 1.0 : 0.0;
      p[k] = here ? x - shift_a : 0.0;
      q[k] = here ? y - shift_b : 0.0;
      d[k] = here ? x - y : 0.0;
    }
    for (int k = n; k < SEGMENT && k % 4; ++k) use[k] = p[k] = q[k] = d[k] = 0.0;
    for (int k = 0; k < n; k += 4) {
      const Quad s = quad(&p[k]), t = quad(&q[k]), e = quad(&d[k]);
      count += quad(&use[k]);
      sum_p += s, sum_q += t;
      pp += s * s, qq += t * t, pq += s * t;
      dd += e * e;
    }
  }
  const Quad found[7] = {count, sum_p, sum_q, pp, qq, pq, dd};
  for (int k = 0; k < 7; ++k) out[k] = total(found[k]);
}

}  // namespace

void pair_sums(View<const float, 1> a, View<const float, 1> b, Mask<1> mask, double shift_a, double shift_b, i64 first,
               i64 last, View<double, 1> out) {
  add_pairs(a, b, mask, shift_a, shift_b, first, last, out);
}
void pair_sums(View<const double, 1> a, View<const double, 1> b, Mask<1> mask, double shift_a, double shift_b,
               i64 first, i64 last, View<double, 1> out) {
  add_pairs(a, b, mask, shift_a, shift_b, first, last, out);
}

void robust_sums(View<const double, 1> a, View<const double, 1> b, double gain, double offset, double inverse,
                 double floor, View<double, 1> out) {
  Quad sums[6] = {};
  Buffer<double> w, x, y;
  const i64 size = a.shape[0];
  for (i64 start = 0; start < size; start += SEGMENT) {
    const int n = static_cast<int>(least<i64>(SEGMENT, size - start));
    const View<const double, 1> from_a = part_of(a, start, n), from_b = part_of(b, start, n);
    for (int k = 0; k < n; ++k) {
      x[k] = from_a[k], y[k] = from_b[k];
      const double r = x[k] - gain * y[k] - offset, keep = most(1.0 - r * r * inverse, 0.0);
      w[k] = keep * keep + floor;
    }
    for (int k = n; k < SEGMENT && k % 4; ++k) w[k] = x[k] = y[k] = 0.0;
    for (int k = 0; k < n; k += 4) {
      const Quad v = quad(&w[k]), p = quad(&x[k]), q = quad(&y[k]), vp = v * p, vq = v * q;
      sums[0] += v, sums[1] += vp, sums[2] += vq;
      sums[3] += vp * p, sums[4] += vq * q, sums[5] += vp * q;
    }
  }
  for (int k = 0; k < 6; ++k) out[k] = total(sums[k]);
}

}  // namespace superpose::LEVEL
