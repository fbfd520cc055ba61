// Normal equations of the squared, or robust, error between an image and a warped one.
#include "normal.hpp"
#include "squared.hpp"

namespace superpose::LEVEL {
namespace {

// fixed - gain * moving - offset, under Tukey's biweight; `inverse` is one over the squared cutoff.
struct Residual {
  float gain, offset, inverse;
};

template <int D, bool ROBUST>
SUPERPOSE_INLINE SegmentSums<D> segment_sums(const Buffer<float>& fixed, const Buffer<float>& weight,
                                             const Samples<D>& moving, int padded, int count, float step,
                                             const Residual& how) {
  SegmentSums<D, Lanes> s = {};
  const float middle = 0.5f * static_cast<float>(count - 1);
  Lanes column = {0, 1, 2, 3, 4, 5, 6, 7};
  for (int k = 0; k < padded; k += LANES, column += static_cast<float>(LANES)) {
    const Lanes here = load(&weight[k]), m = load(&moving.value[k]);
    const Lanes r = load(&fixed[k]) - how.gain * m - how.offset;
    Lanes w = here;
    if constexpr (ROBUST) {
      // Tukey's rho over cutoff^2 / 2, scaled so that small residuals cost r^2.
      const Lanes part = r * r * how.inverse, keep = part < 1.0f ? 1.0f - part : Lanes{}, square = keep * keep;
      s.cost += here * (1.0f - square * keep);
      w *= square;
    } else {
      s.cost += here * r * r;
    }
    s.count += here;
    s.weight += w;
    const Lanes v = (column - middle) * step, wm = w * m;
    for (int d = 0; d < D; ++d) {
      const Lanes g = load(&moving.slope[d][k]), wg = w * g, rg = r * wg, rgv = rg * v;
      for (int e = 0; e <= d; ++e) {
        const Lanes gg = wg * load(&moving.slope[e][k]), ggv = gg * v;
        s.gg[d][e] += gg;
        s.ggv[d][e] += ggv;
        s.ggvv[d][e] += ggv * v;
      }
      s.rg[d] += rg;
      s.rgv[d] += rgv;
      if constexpr (D == 2) s.rgvv[d] += rgv * v;
      const Lanes mg = m * wg;
      s.mg[d] += mg;
      s.mgv[d] += mg * v;
      s.ng[d] += wg;
      s.ngv[d] += wg * v;
    }
    s.mm += wm * m;
    s.nm += wm;
    s.rm += wm * r;
    s.rn += w * r;
  }
  s.nn = s.weight;
  SegmentSums<D> sums = whole<D>(s);
  if constexpr (ROBUST) sums.cost *= 1.0 / 3.0 / how.inverse;
  return sums;
}

template <int D, bool CUBIC>
SUPERPOSE_INLINE void squared_lines(const Squared<D>& a, View<double, 2> out) {
  double last[D], slopes[D][D];
  for (int d = 0; d < D; ++d) {
    last[d] = static_cast<double>(a.usable.bytes.shape[d] - 1);
    for (int e = 0; e < D; ++e) slopes[d][e] = a.matrix(d, e);
  }
  const Residual how{static_cast<float>(a.gain), static_cast<float>(a.offset),
                     static_cast<float>(1.0 / (a.cutoff * a.cutoff))};
  // No residual whose square is a float reaches a cutoff of which this is none.
  const bool robust = how.inverse >= __FLT_MIN__;
  const float step = static_cast<float>(1.0 / a.radius);
  const View<const unsigned char, 1> usable = a.usable.bytes.flat();
  const float one = a.whole ? a.kept.one : a.kept.one * a.usable.one;
  Places<D> at;
  Samples<D> moving;
  Buffer<float> fixed, weight;
  const i64 lines = line_count(a.fixed.shape, D, a.first, a.last);
  i64 lead[D - 1];
  // Parts of a line are taken one after the other: where it lands is worked out once for some of them.
  constexpr i64 TOGETHER = 8;
  for (i64 part = 0; part < out.shape[0]; part += TOGETHER) {
    const int parts = static_cast<int>(least(TOGETHER, out.shape[0] - part));
    NormalEquations<D> sums[TOGETHER];
    for (int k = 0; k < parts; ++k) sums[k] = {a.generators, a.centre, a.radius};
    for (i64 line = 0; line < lines; ++line) {
      lead_of<D>(line, a.first, a.fixed.shape, lead);
      const Line<D> to = line_of<D>(a.matrix, lead);
      const Span span = span_of<D>(to, a.fixed.shape[D - 1], last);
      if (span.first >= span.last) continue;
      const Image<1> row = line_at(a.fixed, lead);
      const View<const unsigned char, 1> kept = line_at(a.kept.bytes, lead);
      for (int p = 0; p < parts; ++p) {
        const i64 begin = most(span.first, a.cuts[part + p]), end = least(span.last, a.cuts[part + p + 1]);
        if (begin >= end) continue;
        sums[p].begin_line(lead);
        for (i64 start = begin; start < end; start += SEGMENT) {
          const int count = static_cast<int>(least<i64>(SEGMENT, end - start));
          const int padded = (count + LANES - 1) / LANES * LANES;
          place(to, a.matrix, start, count, last, at);
          if constexpr (CUBIC)
            sample_cubic<D>(a.image, at, count, moving);
          else
            sample_linear<D>(a.image, at, count, moving);
          if (!to.affine) turn_slopes(at, count, moving);
          for (int k = 0; k < count; ++k) fixed[k] = row[start + k];
          for (int k = 0; k < count; ++k) weight[k] = static_cast<float>(kept[start + k]) * one;
          if (!a.whole)
            for (int k = 0; k < count; ++k)
              weight[k] *= static_cast<float>(usable[offset_of(a.usable.bytes, at, k, 0)]);
          for (int k = count; k < padded; ++k) {
            fixed[k] = weight[k] = moving.value[k] = 0.0f;
            for (int d = 0; d < D; ++d) moving.slope[d][k] = 0.0f;
          }
          const auto found = robust ? segment_sums<D, true>(fixed, weight, moving, padded, count, step, how)
                                    : segment_sums<D, false>(fixed, weight, moving, padded, count, step, how);
          sums[p].add(found, static_cast<double>(start) + 0.5 * (count - 1), to.affine ? slopes : nullptr);
        }
      }
    }
    for (int k = 0; k < parts; ++k) sums[k].finish(out[part + k]);
  }
}

}  // namespace

void squared_rows(const Squared<2>& a, View<double, 2> out) {
  a.cubic ? squared_lines<2, true>(a, out) : squared_lines<2, false>(a, out);
}
void squared_rows(const Squared<3>& a, View<double, 2> out) {
  a.cubic ? squared_lines<3, true>(a, out) : squared_lines<3, false>(a, out);
}

}  // namespace superpose::LEVEL
