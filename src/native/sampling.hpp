// Where the pixels of a line of the output land in an image, and what is there; for each level.
//
// A line goes through short loops, a segment at a time (where does it land, what is there, what does that add up to),
// of which the compiler makes vector instructions.
#pragma once
#include "arguments.hpp"

namespace superpose::LEVEL {
namespace {

// Sums are kept in float32 over so many pixels, and the generators are taken for those of its middle in the matrix of
// normal equations (in the gradient they are exact).
constexpr int SEGMENT = 64;
template <class T>
using Buffer = Block<T, SEGMENT>;

// A homogeneous matrix from pixels of the output to those of the image, along one line of the output.
template <int D>
struct Line {
  double origin[D], step[D], w, w_step;
  bool affine;

  SUPERPOSE_INLINE bool inside(i64 column, const double* first, const double* last, double edge) const {
    const double by = 1.0 / (w + w_step * column);
    bool in = by > 0.0;
    for (int d = 0; d < D; ++d) {
      const double at = (origin[d] + step[d] * column) * by;
      in = in && at >= first[d] - edge && at <= last[d] + edge;
    }
    return in;
  }
};

struct Span {
  i64 first, last;
};

// `lead` holds the line's indices along all axes but the last.
template <int D>
SUPERPOSE_INLINE Line<D> line_of(View<const double, 2> matrix, const i64* lead) {
  Line<D> line;
  for (int d = 0; d <= D; ++d) {
    double origin = matrix(d, D);
    for (int e = D - 2; e >= 0; --e) origin = matrix(d, e) * static_cast<double>(lead[e]) + origin;
    (d < D ? line.origin[d] : line.w) = origin;
    (d < D ? line.step[d] : line.w_step) = matrix(d, D - 1);
  }
  line.affine = matrix(D, D) == 1.0;
  for (int e = 0; e < D; ++e) line.affine = line.affine && matrix(D, e) == 0.0;
  return line;
}

// Those of a line's columns that land inside the part of an image from the pixel `first` to the pixel `last`, or so
// little beyond.
template <int D>
SUPERPOSE_INLINE Span span_of(const Line<D>& line, Span columns, const double* first, const double* last, double edge) {
  double low = static_cast<double>(columns.first), high = static_cast<double>(columns.last) - 1.0;
  // 2 D + 1 linear conditions, a + b column >= 0: what they allow is an interval.
  for (int k = 0; k <= 2 * D; ++k) {
    const int d = k / 2;
    double a = line.w, b = line.w_step;
    if (k < 2 * D) {
      const double end = k % 2 ? last[d] + edge : first[d] - edge;
      a = k % 2 ? end * a - line.origin[d] : line.origin[d] - end * a;
      b = k % 2 ? end * b - line.step[d] : line.step[d] - end * b;
    }
    if (b > 0.0)
      low = most(low, -a / b);
    else if (b < 0.0)
      high = least(high, -a / b);
    else if (!(a >= 0.0))  // NaN too
      high = static_cast<double>(columns.first) - 1.0;
  }
  if (!(low <= high)) return {columns.first, columns.first};
  Span span{static_cast<i64>(__builtin_ceil(low)), static_cast<i64>(__builtin_floor(high)) + 1};
  // Its ends may be a rounding off: they have to hold in the arithmetic that the samples are taken with.
  while (span.first < span.last && !line.inside(span.first, first, last, edge)) ++span.first;
  while (span.last > span.first && !line.inside(span.last - 1, first, last, edge)) --span.last;
  return span;
}
template <int D>
SUPERPOSE_INLINE Span span_of(const Line<D>& line, i64 width, const double* last, double edge = 0.0) {
  constexpr double first[D] = {};
  return span_of(line, Span{0, width}, first, last, edge);
}

// Where a segment's pixels land: the pixel before, the fractions beyond it, and the chain rule, d(image's axis d) by
// the output's axis e in chain[d][e]; of an affine line that is one for all, and not filled in.
template <int D>
struct Places {
  Buffer<std::int32_t> pixel[D];
  Buffer<float> beyond[D];
  Buffer<float> chain[D][D];
};

template <int D>
SUPERPOSE_INLINE void place(const Line<D>& line, View<const double, 2> matrix, i64 first, int count, const double* last,
                            Places<D>& at) {
  // Of 32 bits, which vectors convert: an axis may be that long.
  const auto from = static_cast<std::int32_t>(first);
  if (line.affine) {
    for (int d = 0; d < D; ++d) {
      const double origin = line.origin[d], step = line.step[d];
      for (int k = 0; k < count; ++k) {
        const double p = origin + step * static_cast<double>(from + k);
        const auto pixel = static_cast<std::int32_t>(p);
        at.pixel[d][k] = pixel;
        at.beyond[d][k] = static_cast<float>(p - pixel);
      }
    }
    return;
  }
  Buffer<double> by, p;
  for (int k = 0; k < count; ++k) by[k] = 1.0 / (line.w + line.w_step * static_cast<double>(from + k));
  for (int d = 0; d < D; ++d) {
    for (int k = 0; k < count; ++k) {
      p[k] = held((line.origin[d] + line.step[d] * static_cast<double>(from + k)) * by[k], 0.0, last[d]);
      const auto pixel = static_cast<std::int32_t>(p[k]);
      at.pixel[d][k] = pixel;
      at.beyond[d][k] = static_cast<float>(p[k] - pixel);
    }
    for (int e = 0; e < D; ++e) {
      const double slope = matrix(d, e), horizon = matrix(D, e);
      for (int k = 0; k < count; ++k) at.chain[d][e][k] = static_cast<float>(by[k] * (slope - p[k] * horizon));
    }
  }
}

// A segment's samples: the value, and its derivatives by the image's axes.
template <int D>
struct Samples {
  Buffer<float> value;
  Buffer<float> slope[D];
};

// The offset of a place in an image padded by one pixel before; `ahead` is 1 for the pixel before the place itself.
template <int D, class T>
SUPERPOSE_INLINE i64 offset_of(const View<T, D>& padded, const Places<D>& at, int k, int ahead) {
  i64 offset = at.pixel[0][k] + ahead;
  for (int d = 1; d < D; ++d) offset = offset * padded.shape[d] + at.pixel[d][k] + ahead;
  return offset;
}

// Four pixels' pairs of neighbours, of which one is `ahead` of the pixels themselves: the firsts, and the seconds.
SUPERPOSE_INLINE void pairs(const View<const float, 1>& flat, const i64* from, i64 ahead, Four& first, Four& second) {
  typedef double Two __attribute__((vector_size(16)));  // of pairs
  const auto pair = [&](int k) SUPERPOSE_LAMBDA {
    double found;
    check(from[k] + ahead >= 0 && from[k] + ahead + 2 <= flat.shape[0]);
    std::memcpy(&found, flat.data + from[k] + ahead, sizeof found);
    return found;
  };
  const Four low = reinterpret_cast<Four>(Two{pair(0), pair(1)}), high = reinterpret_cast<Four>(Two{pair(2), pair(3)});
  first = pick<0, 2, 4, 6>(low, high);
  second = pick<1, 3, 5, 7>(low, high);
}

SUPERPOSE_INLINE Four four(const float* from) {
  Four found;
  std::memcpy(&found, from, sizeof found);
  return found;
}
SUPERPOSE_INLINE Four four(const View<const float, 1>& flat, i64 from) {
  check(from >= 0 && from + 4 <= flat.shape[0]);
  return four(flat.data + from);
}
SUPERPOSE_INLINE void store(Four numbers, float* to) { std::memcpy(to, &numbers, sizeof numbers); }

// What follows a segment's last pixel, up to a multiple of four, is overwritten.
template <int D>
SUPERPOSE_INLINE void sample_linear(const Image<D>& padded, Places<D>& at, int count, Samples<D>& out) {
  const Image<1> flat = padded.flat();
  const i64 down = padded.shape[D - 1];
  for (int k = count; k % 4; ++k)
    for (int d = 0; d < D; ++d) at.pixel[d][k] = at.pixel[d][count - 1], at.beyond[d][k] = 0.0f;
  for (int k = 0; k < count; k += 4) {
    i64 from[4];
    for (int j = 0; j < 4; ++j) from[j] = offset_of(padded, at, k + j, 1);
    const Four s = four(&at.beyond[D - 1][k]), t = four(&at.beyond[D - 2][k]);
    const auto square = [&](i64 ahead, Four& value, Four& by_row, Four& by_column) SUPERPOSE_LAMBDA {
      Four p0, p1, p2, p3;
      pairs(flat, from, ahead, p0, p1);
      pairs(flat, from, ahead + down, p2, p3);
      const Four d = p1 - p0, e = p3 - p2, top = p0 + s * d;
      by_row = p2 + s * e - top;
      by_column = d + t * (e - d);
      value = top + t * by_row;
    };
    Four value, by_row, by_column;
    square(0, value, by_row, by_column);
    if constexpr (D == 3) {
      const Four u = four(&at.beyond[0][k]);
      Four value1, by_row1, by_column1;
      square(padded.shape[1] * down, value1, by_row1, by_column1);
      store(value1 - value, &out.slope[0][k]);
      value += u * (value1 - value);
      by_row += u * (by_row1 - by_row);
      by_column += u * (by_column1 - by_column);
    }
    store(value, &out.value[k]);
    store(by_row, &out.slope[D - 2][k]);
    store(by_column, &out.slope[D - 1][k]);
  }
}

// The weights of a cubic B-spline's four nodes around a fraction, and their derivatives.
SUPERPOSE_INLINE void spline(float x, Four& weight, Four& slope) {
  constexpr float s = 1.0f / 6;
  const Four c0 = {s, 4 * s, s, 0}, c1 = {-0.5f, 0, 0.5f, 0}, c2 = {0.5f, -1, 0.5f, 0}, c3 = {-s, 0.5f, -0.5f, s};
  const Four d2 = {1, -2, 1, 0}, d3 = {-0.5f, 1.5f, -1.5f, 0.5f};
  weight = c0 + x * (c1 + x * (c2 + x * c3));
  slope = c1 + x * (d2 + x * d3);
}

template <int D>
SUPERPOSE_INLINE void sample_cubic(const Image<D>& padded, const Places<D>& at, int count, Samples<D>& out) {
  const Image<1> flat = padded.flat();
  const i64 down = padded.shape[D - 1];
  for (int k = 0; k < count; ++k) {
    const i64 a = offset_of(padded, at, k, 0);
    Four w[D], d[D];
    for (int e = 0; e < D; ++e) spline(at.beyond[e][k], w[e], d[e]);
    // Rows are combined first, four columns at a time.
    const auto square = [&](i64 from, Four& line, Four& by_row) SUPERPOSE_LAMBDA {
      const Four p0 = four(flat, from), p1 = four(flat, from + down);
      const Four p2 = four(flat, from + 2 * down), p3 = four(flat, from + 3 * down);
      const Four b = w[D - 2], e = d[D - 2];
      line = (b[0] * p0 + b[1] * p1) + (b[2] * p2 + b[3] * p3);
      by_row = (e[0] * p0 + e[1] * p1) + (e[2] * p2 + e[3] * p3);
    };
    Four line, by_row;
    if constexpr (D == 2) {
      square(a, line, by_row);
    } else {
      Four lines[4], by_rows[4];
      for (int z = 0; z < 4; ++z) square(a + z * padded.shape[1] * down, lines[z], by_rows[z]);
      line = (w[0][0] * lines[0] + w[0][1] * lines[1]) + (w[0][2] * lines[2] + w[0][3] * lines[3]);
      by_row = (w[0][0] * by_rows[0] + w[0][1] * by_rows[1]) + (w[0][2] * by_rows[2] + w[0][3] * by_rows[3]);
      const Four by_plane = (d[0][0] * lines[0] + d[0][1] * lines[1]) + (d[0][2] * lines[2] + d[0][3] * lines[3]);
      out.slope[0][k] = sum(by_plane * w[2]);
    }
    out.value[k] = sum(line * w[D - 1]);
    out.slope[D - 2][k] = sum(by_row * w[D - 1]);
    out.slope[D - 1][k] = sum(line * d[D - 1]);
  }
}

// Derivatives by the image's axes become those by the output's.
template <int D>
SUPERPOSE_INLINE void turn_slopes(const Places<D>& at, int count, Samples<D>& samples) {
  for (int k = 0; k < count; ++k) {
    float own[D];
    for (int d = 0; d < D; ++d) own[d] = samples.slope[d][k];
    for (int e = 0; e < D; ++e) {
      float total = own[0] * at.chain[0][e][k];
      for (int d = 1; d < D; ++d) total += own[d] * at.chain[d][e][k];
      samples.slope[e][k] = total;
    }
  }
}

}  // namespace
}  // namespace superpose::LEVEL
