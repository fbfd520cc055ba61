// Joint histograms of an image and a warped one, and the normal equations of any metric that is a function of one.
#include "normal.hpp"
#include "histogram.hpp"

namespace superpose::LEVEL {
namespace {

// Cubic B-splines spread a value over four bins; the second of them.
SUPERPOSE_INLINE std::int32_t bin_of(float place, std::int32_t last) {
  return least(static_cast<std::int32_t>(place), last);
}

// The chain rule of an affine matrix, the same for all pixels, in place of `turn_slopes`.
template <int D>
SUPERPOSE_INLINE void turn_slopes(const float (&chain)[D][D], int count, Samples<D>& samples) {
  for (int k = 0; k < count; ++k) {
    float own[D];
    for (int d = 0; d < D; ++d) own[d] = samples.slope[d][k];
    for (int e = 0; e < D; ++e) {
      float total = own[0] * chain[0][e];
      for (int d = 1; d < D; ++d) total += own[d] * chain[d][e];
      samples.slope[e][k] = total;
    }
  }
}

// Where a segment's values lie among moving's bins, and how fast they move there: not at all where they are held.
template <int D>
SUPERPOSE_INLINE void place_values(Samples<D>& samples, int count, float low, float scale, float highest) {
  for (int k = 0; k < count; ++k) {
    const float at = (samples.value[k] - low) * scale;
    const bool above = at > 1.0f, below = at < highest;  // neither of NaN
    const float steep = above & below ? scale : 0.0f;
    samples.value[k] = above ? (below ? at : highest) : 1.0f;
    for (int d = 0; d < D; ++d) samples.slope[d][k] *= steep;
  }
}

// Which bins a segment's places are spread over, and by which weights.
struct Windows {
  Buffer<std::int32_t> bin;
  Buffer<double> weight[4];

  SUPERPOSE_INLINE void fill(const Buffer<float>& places, int count, std::int32_t last) {
    for (int k = 0; k < count; ++k) {
      bin[k] = bin_of(places[k], last);
      const float s = places[k] - static_cast<float>(bin[k]), s2 = s * s, a3 = s2 * s * (1.0f / 6);
      const float a0 = 1.0f / 6 - 0.5f * (s - s2) - a3, a1 = 2.0f / 3 - s2 + 3.0f * a3;
      weight[0][k] = a0, weight[1][k] = a1, weight[2][k] = 1.0f - a0 - a1 - a3, weight[3][k] = a3;
    }
  }
};

template <int D, bool CUBIC>
void histogram_lines(const Histogram<D>& a, View<double, 2> out) {
  double last[D];
  float chain[D][D];
  for (int d = 0; d < D; ++d) {
    last[d] = static_cast<double>(a.usable.bytes.shape[d] - 1);
    for (int e = 0; e < D; ++e) chain[d][e] = static_cast<float>(a.matrix(d, e));
  }
  const float low = static_cast<float>(a.low), scale = static_cast<float>(a.scale);
  const i64 rows = out.shape[0], size = out.shape[1], lines = line_count(a.bins.shape, D, a.first, a.last);
  const View<const unsigned char, 1> usable = a.usable.bytes.flat();
  const bool weighed = a.slopes.shape[0] > D;
  const View<double, 1> cells = out.flat();
  Places<D> at;
  Samples<D> moving;
  Windows windows;
  i64 lead[D - 1];
  out.fill(0.0);
  for (i64 line = 0; line < lines; ++line) {
    lead_of<D>(line, a.first, a.bins.shape, lead);
    const View<float, 1> places = line_at(a.places, lead);
    const View<const std::int16_t, 1> bins = line_at(a.bins, lead);
    places.fill(-1.0f);
    const Line<D> to = line_of<D>(a.matrix, lead);
    const Span span = span_of<D>(to, bins.shape[0], last);
    for (i64 start = span.first; start < span.last; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, span.last - start));
      place(to, a.matrix, start, count, last, at);
      if constexpr (CUBIC)
        sample_cubic<D>(a.image, at, count, moving);
      else
        sample_linear<D>(a.image, at, count, moving);
      if (to.affine)
        turn_slopes(chain, count, moving);
      else
        turn_slopes(at, count, moving);
      place_values(moving, count, low, scale, static_cast<float>(size - 2));
      windows.fill(moving.value, count, static_cast<std::int32_t>(size - 3));
      for (int d = 0; d < D; ++d) {
        const View<float, 1> slopes = line_at(a.slopes[d], lead);
        for (int k = 0; k < count; ++k) slopes[start + k] = moving.slope[d][k];
      }
      for (int k = 0; k < count; ++k) {
        const i64 bin = bins[start + k];
        const unsigned char counts = usable[offset_of(a.usable.bytes, at, k, 0)];
        if (bin < 0 || bin >= rows || !counts) continue;
        places[start + k] = moving.value[k];
        const i64 cell = bin * size + windows.bin[k] - 1;
        if (!weighed) {
          for (int q = 0; q < 4; ++q) cells[cell + q] += windows.weight[q][k];
          continue;
        }
        float& weight = line_at(a.slopes[D], lead)[start + k];
        weight *= static_cast<float>(counts) * a.usable.one;
        for (int q = 0; q < 4; ++q) cells[cell + q] += static_cast<double>(weight) * windows.weight[q][k];
      }
    }
  }
}

// A segment's residuals, minus the metric's derivatives by the places, and their weights.
template <int D>
struct Residuals {
  Buffer<float> residual, weight, here;
  Buffer<float> slope[D];
};

// Where each pixel of a segment looks its derivatives up: the cell, and the fraction beyond it.
struct LookUps {
  Buffer<std::int32_t> cell;
  Buffer<float> beyond;
};

template <int D>
SUPERPOSE_INLINE void find_cells(const Slopes<D>& a, const i64* lead, i64 start, int count, int padded, LookUps& at,
                                 Residuals<D>& found) {
  const View<const std::int16_t, 1> bins = line_at(a.bins, lead);
  const Image<1> places = line_at(a.places, lead);
  const auto rows = static_cast<std::int32_t>(a.slope.shape[0]), size = static_cast<std::int32_t>(a.slope.shape[1]);
  const float highest = static_cast<float>(size - 2);
  const bool weighed = a.slopes.shape[0] > D;
  for (int k = 0; k < count; ++k) {
    const float given = places[start + k];
    const std::int32_t row = bins[start + k];
    const bool here = (given >= 1.0f) & (given <= highest) & (row >= 0) & (row < rows);
    const float place = here ? given : 1.0f;
    const std::int32_t n = bin_of(place, size - 3);
    found.here[k] = here ? 1.0f : 0.0f;
    at.beyond[k] = place - static_cast<float>(n);
    at.cell[k] = (here ? row : 0) * size + n;
  }
  if (weighed) {
    const Image<1> weights = line_at(a.slopes[D], lead);
    for (int k = 0; k < count; ++k) found.here[k] *= weights[start + k];
  }
  for (int k = count; k < padded; ++k) found.here[k] = at.beyond[k] = 0.0f, at.cell[k] = 1;
}

template <int D>
SUPERPOSE_INLINE void look_up(const Slopes<D>& a, int padded, const LookUps& at, Residuals<D>& found) {
  const Image<1> slope = a.slope.flat(), curvature = a.curvature.flat();
  for (int k = 0; k < padded; k += 4) {
    const i64 c0 = at.cell[k], c1 = at.cell[k + 1], c2 = at.cell[k + 2], c3 = at.cell[k + 3];
    // Four pixels side by side, instead of the coefficients of each.
    const Four p0 = four(slope, c0 - 1), p1 = four(slope, c1 - 1), p2 = four(slope, c2 - 1), p3 = four(slope, c3 - 1);
    const Four low0 = pick<0, 4, 1, 5>(p0, p1), low1 = pick<0, 4, 1, 5>(p2, p3);
    const Four high0 = pick<2, 6, 3, 7>(p0, p1), high1 = pick<2, 6, 3, 7>(p2, p3);
    const Four t0 = pick<0, 1, 4, 5>(low0, low1), t1 = pick<2, 3, 6, 7>(low0, low1);
    const Four t2 = pick<0, 1, 4, 5>(high0, high1), t3 = pick<2, 3, 6, 7>(high0, high1);
    const Four from = {curvature[c0], curvature[c1], curvature[c2], curvature[c3]};
    const Four to = {curvature[c0 + 1], curvature[c1 + 1], curvature[c2 + 1], curvature[c3 + 1]};
    const Four s = four(&at.beyond[k]), here = four(&found.here[k]);
    const Four d3 = 0.5f * s * s, d0 = s - 0.5f - d3, d1 = s * (1.5f * s - 2.0f), d2 = -d0 - d1 - d3;
    store(here * -((d0 * t0 + d1 * t1) + (d2 * t2 + d3 * t3)), &found.residual[k]);
    store(here * (from + s * (to - from)), &found.weight[k]);
  }
}

template <int D>
SUPERPOSE_INLINE void take_slopes(const Slopes<D>& a, const i64* lead, i64 start, int count, int padded,
                                  Residuals<D>& found) {
  for (int d = 0; d < D; ++d) {
    const Image<1> slopes = line_at(a.slopes[d], lead);
    // What does not count may be anything there.
    for (int k = 0; k < count; ++k) {
      const float slope = slopes[start + k];
      found.slope[d][k] = found.here[k] > 0.0f ? slope : 0.0f;
    }
    for (int k = count; k < padded; ++k) found.slope[d][k] = 0.0f;
  }
}

template <int D>
SUPERPOSE_INLINE SegmentSums<D> segment_sums(const Residuals<D>& found, int padded, int count, float step) {
  SegmentSums<D, Lanes> s = {};
  const float middle = 0.5f * static_cast<float>(count - 1);
  Lanes column = {0, 1, 2, 3, 4, 5, 6, 7};
  for (int k = 0; k < padded; k += LANES, column += static_cast<float>(LANES)) {
    const Lanes r = load(&found.residual[k]), w = load(&found.weight[k]), v = (column - middle) * step;
    s.count += load(&found.here[k]);
    s.weight += w;
    for (int d = 0; d < D; ++d) {
      const Lanes g = load(&found.slope[d][k]), wg = w * g, rg = r * g, rgv = rg * v;
      for (int e = 0; e <= d; ++e) {
        const Lanes gg = wg * load(&found.slope[e][k]), ggv = gg * v;
        s.gg[d][e] += gg;
        s.ggv[d][e] += ggv;
        s.ggvv[d][e] += ggv * v;
      }
      s.rg[d] += rg;
      s.rgv[d] += rgv;
      if constexpr (D == 2) s.rgvv[d] += rgv * v;
    }
  }
  return whole(s);
}

template <int D>
void slope_lines(const Slopes<D>& a, View<double, 1> out) {
  const float step = static_cast<float>(1.0 / a.radius);
  const i64 lines = line_count(a.bins.shape, D, a.first, a.last), width = a.bins.shape[D - 1];
  LookUps at;
  Residuals<D> found;
  NormalEquations<D> sums(a.generators, a.centre, a.radius);
  i64 lead[D - 1];
  for (i64 line = 0; line < lines; ++line) {
    lead_of<D>(line, a.first, a.bins.shape, lead);
    sums.begin_line(lead);
    for (i64 start = 0; start < width; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, width - start));
      const int padded = (count + LANES - 1) / LANES * LANES;
      find_cells(a, lead, start, count, padded, at, found);
      look_up(a, padded, at, found);
      take_slopes(a, lead, start, count, padded, found);
      sums.add(segment_sums(found, padded, count, step), static_cast<double>(start) + 0.5 * (count - 1), nullptr);
    }
  }
  sums.finish(out);
}

}  // namespace

void histogram_rows(const Histogram<2>& a, View<double, 2> out) {
  a.cubic ? histogram_lines<2, true>(a, out) : histogram_lines<2, false>(a, out);
}
void histogram_rows(const Histogram<3>& a, View<double, 2> out) {
  a.cubic ? histogram_lines<3, true>(a, out) : histogram_lines<3, false>(a, out);
}
void slope_rows(const Slopes<2>& a, View<double, 1> out) { slope_lines(a, out); }
void slope_rows(const Slopes<3>& a, View<double, 1> out) { slope_lines(a, out); }

}  // namespace superpose::LEVEL
