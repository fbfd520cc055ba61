// Normal equations of the squared error between a field of directions and a warped one.
#include "field.hpp"
#include "normal.hpp"
#include "vector.hpp"

namespace superpose::LEVEL {
namespace {

// A segment of both fields. Instead of moving's directions, with all their derivatives, fixed's are turned, the other
// way: only angles between the two count.
struct Pair {
  Buffer<float> fixed[2], weight;
  Samples<2> moving[2];
};

SUPERPOSE_INLINE void clear(Pair& pair, int from, int to) {
  for (int k = from; k < to; ++k) {
    pair.weight[k] = 0.0f;
    for (int channel = 0; channel < 2; ++channel) {
      pair.fixed[channel][k] = pair.moving[channel].value[k] = 0.0f;
      for (int d = 0; d < 2; ++d) pair.moving[channel].slope[d][k] = 0.0f;
    }
  }
}

// The sums, as if the gain were 1 wherever it is a factor.
SUPERPOSE_INLINE SegmentSums<2, Lanes> lane_sums(const Pair& pair, int padded, int count, float step, float gain) {
  SegmentSums<2, Lanes> s = {};
  const float middle = 0.5f * static_cast<float>(count - 1);
  Lanes column = {0, 1, 2, 3, 4, 5, 6, 7};
  for (int k = 0; k < padded; k += LANES, column += static_cast<float>(LANES)) {
    const Lanes here = load(&pair.weight[k]), v = (column - middle) * step;
    const Lanes f0 = load(&pair.fixed[0][k]), f1 = load(&pair.fixed[1][k]);
    const Lanes x0 = load(&pair.moving[0].value[k]), x1 = load(&pair.moving[1].value[k]);
    const Lanes r0 = f0 - gain * x0, r1 = f1 - gain * x1;
    s.count += here;
    s.weight += here * (f0 * f0 + f1 * f1);
    s.cost += here * (r0 * r0 + r1 * r1);
    s.mm += here * (x0 * x0 + x1 * x1);
    s.rm += here * (r0 * x0 + r1 * x1);
    // A turn of the directions moves (x0, x1) along (-x1, x0).
    s.rn += here * (r1 * x0 - r0 * x1);
    for (int d = 0; d < 2; ++d) {
      const Lanes g0 = here * load(&pair.moving[0].slope[d][k]), g1 = here * load(&pair.moving[1].slope[d][k]);
      const Lanes rg = r0 * g0 + r1 * g1, rgv = rg * v;
      for (int e = 0; e <= d; ++e) {
        const Lanes gg = g0 * load(&pair.moving[0].slope[e][k]) + g1 * load(&pair.moving[1].slope[e][k]), ggv = gg * v;
        s.gg[d][e] += gg;
        s.ggv[d][e] += ggv;
        s.ggvv[d][e] += ggv * v;
      }
      s.rg[d] += rg;
      s.rgv[d] += rgv;
      s.rgvv[d] += rgv * v;
      const Lanes mg = x0 * g0 + x1 * g1, ng = x0 * g1 - x1 * g0;
      s.mg[d] += mg;
      s.mgv[d] += mg * v;
      s.ng[d] += ng;
      s.ngv[d] += ng * v;
    }
  }
  return s;
}

SUPERPOSE_INLINE SegmentSums<2> segment_sums(const Pair& pair, int padded, int count, float step, float gain) {
  SegmentSums<2> s = whole(lane_sums(pair, padded, count, step, gain));
  const double g = gain;
  for (int d = 0; d < 2; ++d) {
    for (int e = 0; e <= d; ++e) s.gg[d][e] *= g * g, s.ggv[d][e] *= g * g, s.ggvv[d][e] *= g * g;
    s.rg[d] *= g, s.rgv[d] *= g, s.rgvv[d] *= g;
    s.mg[d] *= g, s.mgv[d] *= g, s.ng[d] *= g * g, s.ngv[d] *= g * g;
  }
  s.nn = g * g * s.mm;
  s.nm = 0.0;  // a turn leaves the length of a direction alone
  s.rn *= g;
  return s;
}

}  // namespace

void vector_rows(const Vector& a, View<double, 1> out) {
  double last[2], slopes[2][2];
  for (int d = 0; d < 2; ++d) {
    last[d] = static_cast<double>(a.usable.bytes.shape[d] - 1);
    for (int e = 0; e < 2; ++e) slopes[d][e] = a.matrix(d, e);
  }
  const float step = static_cast<float>(1.0 / a.radius), gain = static_cast<float>(a.gain);
  const float cosine = static_cast<float>(a.cosine), sine = static_cast<float>(a.sine);
  const View<const unsigned char, 1> usable = a.usable.bytes.flat();
  const float one = a.kept.one * a.usable.one;
  Places<2> at;
  Pair pair;
  NormalEquations<2> sums(a.generators, a.centre, a.radius);
  for (i64 row = a.first; row < a.last; ++row) {
    const Line<2> to = line_of<2>(a.matrix, &row);
    const Span span = span_of<2>(to, a.kept.bytes.shape[1], last);
    if (span.first >= span.last) continue;
    const View<const unsigned char, 1> kept = a.kept.bytes[row];
    const Image<2> fixed = a.fixed[row + 1];
    sums.begin_line(&row);
    for (i64 start = span.first; start < span.last; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, span.last - start));
      const int padded = (count + LANES - 1) / LANES * LANES;
      place(to, a.matrix, start, count, last, at);
      sample_field<true>(a.field, at, count, pair.moving);
      if (!to.affine)
        for (auto& channel : pair.moving) turn_slopes(at, count, channel);
      const Image<1> directions = fixed.flat();
      for (int k = 0; k < count; ++k) {
        const float f0 = directions[2 * (start + k + 1)], f1 = directions[2 * (start + k + 1) + 1];
        pair.fixed[0][k] = cosine * f0 + sine * f1;
        pair.fixed[1][k] = cosine * f1 - sine * f0;
      }
      for (int k = 0; k < count; ++k) {
        const float near = nearest_counts(usable, a.usable.bytes.shape[1], at, k);
        pair.weight[k] = static_cast<float>(kept[start + k]) * one * near;
      }
      clear(pair, count, padded);
      sums.add(segment_sums(pair, padded, count, step, gain), static_cast<double>(start) + 0.5 * (count - 1),
               to.affine ? slopes : nullptr);
    }
  }
  sums.finish(out);
}

}  // namespace superpose::LEVEL
