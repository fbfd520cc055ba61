// Images resampled through a homogeneous matrix.
#include "sampling.hpp"
#include "warp.hpp"
#include "wide.hpp"

namespace superpose::LEVEL {
namespace {

// Where a segment's pixels land: the lower corner of the square that is interpolated in, and the fractions beyond it.
template <int D>
struct Corners {
  Buffer<std::int32_t> pixel[D];
  Buffer<float> beyond[D];
  // Whether the pixels with the lower place along an axis get a weight, and those with the higher.
  Buffer<i64> weighs[D][2];
};

// The pixels that are here of a whole image, and where those to be filled begin in a whole output: what is found here
// has the bits that it has there.
template <int D>
struct Box {
  double first[D], last[D];
  i64 out[D];

  SUPERPOSE_INLINE Box(View<const i64, 2> offsets, const i64* shape) {
    for (int d = 0; d < D; ++d) {
      out[d] = offsets(0, d);
      first[d] = static_cast<double>(offsets(1, d));
      last[d] = static_cast<double>(offsets(1, d) + shape[d] - 1);
    }
  }
  SUPERPOSE_INLINE Line<D> line(View<const double, 2> matrix, const i64* lead) const {
    i64 whole[D - 1];
    for (int e = 0; e < D - 1; ++e) whole[e] = lead[e] + out[e];
    return line_of<D>(matrix, whole);
  }
  SUPERPOSE_INLINE Span columns(i64 width) const { return {out[D - 1], out[D - 1] + width}; }
  SUPERPOSE_INLINE Span here(const Span& span) const { return {span.first - out[D - 1], span.last - out[D - 1]}; }
};

// One over w, where it is not 1.
template <int D>
SUPERPOSE_INLINE void divide(const Line<D>& line, std::int32_t first, int count, Buffer<double>& by) {
  for (int k = 0; k < count; ++k) by[k] = 1.0 / (line.w + line.w_step * static_cast<double>(first + k));
}
template <int D>
SUPERPOSE_INLINE void find_places(const Line<D>& line, int d, std::int32_t first, int count, const Buffer<double>& by,
                                  Buffer<double>& p) {
  const double origin = line.origin[d], step = line.step[d];
  for (int k = 0; k < count; ++k) p[k] = origin + step * static_cast<double>(first + k);
  if (!line.affine)
    for (int k = 0; k < count; ++k) p[k] *= by[k];
}

template <int D>
SUPERPOSE_INLINE void find_corners(const Line<D>& line, std::int32_t first, int count, const Box<D>& box, bool weigh,
                                   double edge, Corners<D>& at) {
  Buffer<double> by, p;
  if (!line.affine) divide(line, first, count, by);
  for (int d = 0; d < D; ++d) {
    const double start = box.first[d], end = box.last[d];
    const auto highest = static_cast<std::int32_t>(most(end - start - 1.0, 0.0));
    find_places(line, d, first, count, by, p);
    for (int k = 0; k < count; ++k) p[k] = least(most(start, p[k]), end) - start;  // exact; 0 for NaN
    for (int k = 0; k < count; ++k) at.pixel[d][k] = least(static_cast<std::int32_t>(p[k]), highest);
    for (int k = 0; k < count; ++k) p[k] -= at.pixel[d][k];
    for (int k = 0; k < count; ++k) at.beyond[d][k] = static_cast<float>(p[k]);
    if (!weigh) continue;
    for (int k = 0; k < count; ++k) at.weighs[d][0][k] = p[k] < 1.0 - edge;
    for (int k = 0; k < count; ++k) at.weighs[d][1][k] = p[k] > edge;
  }
}

// How far apart in memory neighbours along an axis are; 0 where there are none.
template <int D, class T>
struct Steps {
  i64 stride[D], next[D];

  SUPERPOSE_INLINE explicit Steps(const View<T, D>& image) {
    i64 stride_here = 1;
    for (int d = D - 1; d >= 0; --d) {
      stride[d] = stride_here;
      next[d] = image.shape[d] > 1 ? stride_here : 0;
      stride_here *= image.shape[d];
    }
  }
  SUPERPOSE_INLINE i64 offset(const Corners<D>& at, int k) const {
    i64 offset = 0;
    for (int d = 0; d < D; ++d) offset += at.pixel[d][k] * stride[d];
    return offset;
  }
};

template <class T>
SUPERPOSE_INLINE T two_at(const void* from) {
  T found;
  std::memcpy(&found, from, sizeof found);
  return found;
}

// Whether every pixel that linear interpolation gives a weight counts.
template <int D>
SUPERPOSE_INLINE void all_count(const Mask<D>& mask, const Corners<D>& at, int count, Buffer<bool>& whole) {
  const Mask<1> flat = mask.flat();
  const Steps<D, const bool> steps(mask);
  const i64 down = steps.next[D - 2];
  for (int k = 0; k < count; ++k) {
    const i64 corner = steps.offset(at, k);
    bool all = steps.next[D - 1] == 1;
    // Two of them at a time, for most often all of them do.
    for (int c = 0; c < 1 << (D - 1); ++c) {
      const i64 from = corner + (c & 1) * down + (D == 3 ? (c >> 1) * steps.next[0] : 0);
      all = all && two_at<std::uint16_t>(part_of(flat, from, 2).data) == 0x0101;
    }
    for (int c = 0; !all && c < 1 << D; ++c) {
      bool weighs = true;
      i64 offset = corner;
      for (int d = 0; d < D; ++d) {
        const int up = c >> d & 1;
        weighs &= at.weighs[d][up][k];
        offset += up * steps.next[d];
      }
      if (weighs && !flat[offset]) break;
      all = c == (1 << D) - 1;
    }
    whole[k] = all;
  }
}

// What lies between two pixels; on one it is that.
SUPERPOSE_INLINE Wide between(Wide low, Wide high, Wide beyond) {
  return beyond < 1.0f ? low + beyond * (high - low) : high;
}

// A segment's pixels with the lower and the higher place along the last axis in turn.
struct Pairs {
  Block<float, 2 * SEGMENT> x;

  SUPERPOSE_INLINE void fetch(const Image<1>& flat, const Buffer<i64>& from, i64 down, bool apart, int count) {
    if (apart)
      for (int k = 0; k < count; ++k) std::memcpy(&x[2 * k], part_of(flat, from[k] + down, 2).data, 2 * sizeof(float));
    else
      for (int k = 0; k < count; ++k) x[2 * k] = x[2 * k + 1] = flat[from[k] + down];
  }
  SUPERPOSE_INLINE Wide interpolated(int k, Wide beyond) const {
    const Wide a = wide(&x[2 * k]), b = wide(&x[2 * k + WIDTH]);
    return between(evens(a, b), odds(a, b), beyond);
  }
};

template <int D>
SUPERPOSE_INLINE void linear_values(const Image<D>& image, const Corners<D>& at, int count, Buffer<float>& values) {
  const Image<1> flat = image.flat();
  const Steps<D, const float> steps(image);
  const bool apart = steps.next[D - 1] == 1;
  Buffer<i64> from;
  Pairs pairs[1 << (D - 1)];
  for (int k = 0; k < count; ++k) from[k] = steps.offset(at, k);
  for (int c = 0; c < 1 << (D - 1); ++c)
    pairs[c].fetch(flat, from, (c & 1) * steps.next[D - 2] + (c >> 1) * steps.next[0], apart, count);
  for (int k = 0; k < count; k += WIDTH) {
    const Wide s = wide(&at.beyond[D - 1][k]), t = wide(&at.beyond[D - 2][k]);
    Wide value = between(pairs[0].interpolated(k, s), pairs[1].interpolated(k, s), t);
    if constexpr (D == 3)
      value = between(value, between(pairs[2].interpolated(k, s), pairs[3].interpolated(k, s), t),
                      wide(&at.beyond[0][k]));
    std::memcpy(&values[k], &value, sizeof value);
  }
}

// A cubic B-spline, of coefficients mirrored beyond the border.
template <int D>
SUPERPOSE_INLINE void cubic_values(const Image<D>& image, const Corners<D>& at, int count, const Buffer<bool>& wanted,
                                   Buffer<float>& values) {
  const Image<1> flat = image.flat();
  const Steps<D, const float> steps(image);
  for (int k = 0; k < count; ++k) {
    if (!wanted[k]) continue;
    Four w[D], unused;
    bool inner = true;
    for (int d = 0; d < D; ++d) {
      spline(at.beyond[d][k], w[d], unused);
      inner = inner && at.pixel[d][k] >= 1 && at.pixel[d][k] + 2 < image.shape[d];
    }
    // Rows are combined first, four columns at a time.
    const auto combined = [&](const Four& weight, const auto& row) SUPERPOSE_LAMBDA {
      return (weight[0] * row(0) + weight[1] * row(1)) + (weight[2] * row(2) + weight[3] * row(3));
    };
    const auto plane = [&](const auto& row) SUPERPOSE_LAMBDA {
      if constexpr (D == 2)
        return combined(w[0], [&](int b) SUPERPOSE_LAMBDA { return row(0, b); });
      else
        return combined(w[0], [&](int a) SUPERPOSE_LAMBDA {
          return combined(w[1], [&](int b) SUPERPOSE_LAMBDA { return row(a, b); });
        });
    };
    Four line;
    if (inner) {
      i64 from = steps.offset(at, k);
      for (int d = 0; d < D; ++d) from -= steps.stride[d];
      line = plane([&](int a, int b) SUPERPOSE_LAMBDA {
        return four(flat, from + (D == 3 ? a * steps.stride[0] : 0) + b * steps.stride[D - 2]);
      });
    } else {
      const auto node = [&](int d, int n) SUPERPOSE_LAMBDA {
        return mirrored(at.pixel[d][k] - 1 + n, image.shape[d]) * steps.stride[d];
      };
      line = plane([&](int a, int b) SUPERPOSE_LAMBDA {
        const i64 from = (D == 3 ? node(0, a) : 0) + node(D - 2, b);
        Four found;
        for (int c = 0; c < 4; ++c) found[c] = flat[from + node(D - 1, c)];
        return found;
      });
    }
    values[k] = sum(line * w[D - 1]);
  }
}

template <class T>
SUPERPOSE_INLINE void fill_around(const View<T, 1>& line, const Span& span, T value) {
  part_of(line, 0, span.first).fill(value);
  part_of(line, span.last, line.shape[0] - span.last).fill(value);
}

template <int D, bool CUBIC>
SUPERPOSE_INLINE void warp_lines(const Warped<D>& a, const View<float, D + 1>& out, const View<bool, D>& valid) {
  const Box<D> box(a.offsets, a.mask.shape);
  const auto column = static_cast<std::int32_t>(box.out[D - 1]);
  const i64 lines = line_count(valid.shape, D, a.first, a.last);
  Corners<D> at;
  Buffer<float> values;
  Buffer<bool> whole;
  for (int k = 0; k < SEGMENT; ++k) whole[k] = true;
  for (i64 line = 0; line < lines; ++line) {
    i64 lead[D - 1];
    lead_of<D>(line, a.first, valid.shape, lead);
    const View<bool, 1> counts = line_at(valid, lead);
    const Line<D> where = box.line(a.matrix, lead);
    const Span span = box.here(span_of(where, box.columns(counts.shape[0]), box.first, box.last, a.edge));
    for (i64 start = span.first; start < span.last; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, span.last - start));
      find_corners(where, column + static_cast<std::int32_t>(start), count, box, !a.whole, a.edge, at);
      if (!a.whole) all_count(a.mask, at, count, whole);
      for (i64 plane = 0; plane < a.data.shape[0]; ++plane) {
        const View<float, 1> to = line_at(out[plane], lead);
        if constexpr (CUBIC)
          cubic_values(a.data[plane], at, count, whole, values);
        else
          linear_values(a.data[plane], at, count, values);
        for (int k = 0; k < count; ++k) {
          const float value = values[k];
          to[start + k] = whole[k] ? value : 0.0f;
        }
      }
      for (int k = 0; k < count; ++k) counts[start + k] = whole[k];
    }
    for (i64 plane = 0; plane < a.data.shape[0]; ++plane) fill_around(line_at(out[plane], lead), span, 0.0f);
    fill_around(counts, span, false);
  }
}

// A whole number, below 2^51, of which the processor's conversion takes one at a time.
SUPERPOSE_INLINE i64 whole_number(double value) {
  constexpr double ONES = 6755399441055744.0;  // 1.5 * 2^52: numbers that large are ones apart
  return __builtin_bit_cast(i64, value + ONES) - __builtin_bit_cast(i64, ONES);
}

// Whether the pixel nearest to where a column lands is one of the image's.
template <int D>
SUPERPOSE_INLINE bool is_on(const Line<D>& line, i64 column, const Box<D>& box) {
  const double by = line.affine ? 1.0 : 1.0 / (line.w + line.w_step * static_cast<double>(column));
  bool on = true;
  for (int d = 0; d < D; ++d) {
    const double pixel = __builtin_floor((line.origin[d] + line.step[d] * static_cast<double>(column)) * by + 0.5);
    on = on && pixel >= box.first[d] && pixel <= box.last[d];
  }
  return on;
}

template <int D>
SUPERPOSE_INLINE void nearest_lines(View<const i64, 1> source, View<const double, 2> matrix, View<const i64, 2> offsets,
                                    const View<i64, D>& out, const View<bool, D>& valid, i64 first, i64 last) {
  const Box<D> box(offsets, source.data);
  const i64 lines = line_count(out.shape, D, first, last);
  for (i64 line = 0; line < lines; ++line) {
    i64 lead[D - 1];
    lead_of<D>(line, first, out.shape, lead);
    const View<i64, 1> index = line_at(out, lead);
    const View<bool, 1> inside = line_at(valid, lead);
    const Line<D> where = box.line(matrix, lead);
    Span span = span_of(where, box.columns(index.shape[0]), box.first, box.last, 0.5);
    // Half a pixel beyond the last one is the next one's already.
    while (span.first < span.last && !is_on(where, span.first, box)) ++span.first;
    while (span.last > span.first && !is_on(where, span.last - 1, box)) --span.last;
    span = box.here(span);
    for (i64 start = span.first; start < span.last; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, span.last - start));
      const auto from = static_cast<std::int32_t>(start + box.out[D - 1]);
      // Offsets are added up in double, which holds them exactly.
      Buffer<double> by, p, offset = {};
      if (!where.affine) divide(where, from, count, by);
      for (int d = 0; d < D; ++d) {
        const double size = static_cast<double>(source[d]), begin = box.first[d], end = box.last[d];
        find_places(where, d, from, count, by, p);
        for (int k = 0; k < count; ++k)
          offset[k] = offset[k] * size + (least(most(begin, __builtin_floor(p[k] + 0.5)), end) - begin);
      }
      for (int k = 0; k < count; ++k) index[start + k] = whole_number(offset[k]);
    }
    fill_around(index, span, i64{0});
    fill_around(inside, span, false);
    part_of(inside, span.first, span.last - span.first).fill(true);
  }
}

}  // namespace

void warp_linear(const Warped<2>& a, View<float, 3> out, View<bool, 2> valid) { warp_lines<2, false>(a, out, valid); }
void warp_linear(const Warped<3>& a, View<float, 4> out, View<bool, 3> valid) { warp_lines<3, false>(a, out, valid); }
void warp_cubic(const Warped<2>& a, View<float, 3> out, View<bool, 2> valid) { warp_lines<2, true>(a, out, valid); }
void warp_cubic(const Warped<3>& a, View<float, 4> out, View<bool, 3> valid) { warp_lines<3, true>(a, out, valid); }
void warp_nearest(View<const i64, 1> source, View<const double, 2> matrix, View<const i64, 2> offsets, View<i64, 2> out,
                  View<bool, 2> valid, i64 first, i64 last) {
  nearest_lines(source, matrix, offsets, out, valid, first, last);
}
void warp_nearest(View<const i64, 1> source, View<const double, 2> matrix, View<const i64, 2> offsets, View<i64, 3> out,
                  View<bool, 3> valid, i64 first, i64 last) {
  nearest_lines(source, matrix, offsets, out, valid, first, last);
}

}  // namespace superpose::LEVEL
