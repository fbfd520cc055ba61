// Frames of a series on a canvas that has room for their shifts: added up there, and compared with what lies there.
#include "base.hpp"
#include "arguments.hpp"
#include "frames.hpp"

namespace superpose::LEVEL {
namespace {

// What remains of a line when all its lanes are taken, nothing behind it.
SUPERPOSE_INLINE Lanes rest_of(const View<const float, 1>& line, i64 from) {
  Block<float, LANES> found = {};
  for (i64 k = from; k < line.shape[0]; ++k) found[k - from] = line[k];
  return load(found.x);
}
SUPERPOSE_INLINE Lanes lanes_at(const View<const float, 1>& line, i64 from, bool all) {
  return all ? load(part_of(line, from, LANES).data) : rest_of(line, from);
}

}  // namespace

void add_faded(const Faded& a, View<float, 2> into) {
  const i64 width = a.frame.shape[1];
  for (i64 row = 0; row < a.frame.shape[0]; ++row) {
    const Image<1> from = a.frame[row];
    const View<float, 1> line = part_of(into[a.top + row], a.left, width);
    const float weight = a.rows[row], less = a.less;
    for (i64 k = 0; k < width; ++k) line[k] += (from[k] - less) * (weight * a.columns[k]);
  }
}

namespace {

template <bool WEIGHED>
void add_products(const Faded& a, Image<3> others, i64 first, i64 last, View<double, 1> out) {
  constexpr int SUMS = 11, OTHERS = WEIGHED ? 4 : 3;
  const i64 width = a.frame.shape[1];
  for (int k = 0; k < SUMS; ++k) out[k] = 0.0;
  const Lanes less = Lanes{} + a.less;
  for (i64 row = first; row < last; ++row) {
    const Image<1> from = a.frame[row];
    Image<1> other[OTHERS];
    for (int k = 0; k < OTHERS; ++k) other[k] = part_of(others[k][a.top + row], a.left, width);
    const Lanes weight = Lanes{} + a.rows[row];
    Lanes sums[SUMS] = {};
    for (i64 k = 0; k < width; k += LANES) {
      const bool all = k + LANES <= width;
      Lanes w = weight * lanes_at(a.columns, k, all);
      if constexpr (WEIGHED) w *= lanes_at(other[3], k, all);
      const Lanes f = w * (lanes_at(from, k, all) - less), there = lanes_at(other[0], k, all), m = w * there;
      const Lanes p = lanes_at(other[1], k, all), q = lanes_at(other[2], k, all);
      sums[0] += f, sums[1] += f * p, sums[2] += f * q;
      sums[3] += m, sums[4] += m * p, sums[5] += m * q;
      sums[6] += w * p, sums[7] += w * q;
      sums[8] += f * there, sums[9] += m * there, sums[10] += w;
    }
    for (int k = 0; k < SUMS; ++k) out[k] += sum(sums[k]);
  }
}

}  // namespace

void faded_products(const Faded& a, Image<3> others, i64 first, i64 last, View<double, 1> out) {
  if (others.shape[0] == 4)
    add_products<true>(a, others, first, last, out);
  else
    add_products<false>(a, others, first, last, out);
}

void highest_score(Image<2> scores, Image<2> factor, View<double, 1> out) {
  const i64 width = scores.shape[1];
  float best = 0.0f;
  i64 at_row = 0, at_column = 0;
  bool found = false;
  double squares = 0.0;
  for (i64 row = 0; row < scores.shape[0]; ++row) {
    const Image<1> line = scores[row], by = factor[row];
    Lanes sums = {}, most_here = {};
    for (i64 k = 0; k < width; k += LANES) {
      const bool all = k + LANES <= width;
      const Lanes score = lanes_at(line, k, all) * lanes_at(by, k, all);
      sums += score * score;
      most_here = score > most_here ? score : most_here;
    }
    squares += sum(sums);
    float most = 0.0f;
    for (int k = 0; k < LANES; ++k) most = most_here[k] > most ? most_here[k] : most;
    if (most > best || !found) {
      for (i64 k = 0; k < width; ++k) {
        const float score = line[k] * by[k];
        if (by[k] > 0.0f && (score > best || !found)) best = score, at_row = row, at_column = k, found = true;
      }
    }
  }
  out[0] = static_cast<double>(at_row), out[1] = static_cast<double>(at_column);
  out[2] = best, out[3] = squares;
}

void powers(double cosine, double sine, View<float, 2> out) {
  // Each from the one at half its exponent: errors grow as its logarithm does.
  const i64 count = out.shape[0];
  for (i64 k = 0; k < count; ++k) {
    double re = 1.0, im = 0.0;
    for (i64 bit = 62; bit >= 0; --bit) {
      if ((k >> bit) == 0) continue;
      const double square = re * re - im * im, across = 2.0 * re * im;
      re = square, im = across;
      if ((k >> bit) & 1) {
        const double turned = re * cosine - im * sine;
        im = re * sine + im * cosine, re = turned;
      }
    }
    out(k, 0) = static_cast<float>(re), out(k, 1) = static_cast<float>(im);
  }
}

void add_turned(Image<3> waves, Image<2> rows, Image<2> columns, View<float, 3> into) {
  const i64 width = waves.shape[1];
  for (i64 row = 0; row < waves.shape[0]; ++row) {
    const float* from = waves[row].data;
    float* to = into[row].data;
    const float* by = columns.data;
    const float p = rows(row, 0), q = rows(row, 1);
    for (i64 k = 0; k < width; ++k) {
      const float re = p * by[2 * k] - q * by[2 * k + 1], im = p * by[2 * k + 1] + q * by[2 * k];
      to[2 * k] += from[2 * k] * re - from[2 * k + 1] * im;
      to[2 * k + 1] += from[2 * k] * im + from[2 * k + 1] * re;
    }
  }
}

}  // namespace superpose::LEVEL
