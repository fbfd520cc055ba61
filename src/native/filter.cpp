// Symmetric filters along one axis of an array or two, the filter that halves an image, and what stands for missing
// pixels.
#include "arguments.hpp"
#include "filter.hpp"
#include "wide.hpp"

namespace superpose::LEVEL {
namespace {

// Pixels of a line whose neighbours along a farther axis are still at hand when its next line is filtered.
constexpr i64 BLOCK = 1024;

SUPERPOSE_INLINE Image<1> constant(const View<float, 1>& line) { return {line.data, {line.shape[0]}}; }

// COUNT vectors of `out`, from `at`.
template <bool ODD, int COUNT, class Lines>
SUPERPOSE_INLINE void filter_vectors(const Image<1>& taps, const Lines& lines, const View<float, 1>& out, i64 at) {
  Wide total[COUNT] = {};
  if constexpr (ODD) {
    const Image<1> middle = lines(0, 0);
    for (int n = 0; n < COUNT; ++n) total[n] = taps[0] * wide(middle, at + n * WIDTH);
  }
  for (i64 k = ODD; k < taps.shape[0]; ++k) {
    const Image<1> one = lines(k, 0), other = lines(k, 1);
    const float tap = taps[k];
    for (int n = 0; n < COUNT; ++n) total[n] += tap * (wide(one, at + n * WIDTH) + wide(other, at + n * WIDTH));
  }
  for (int n = 0; n < COUNT; ++n) store(out, at + n * WIDTH, total[n]);
}

// taps, half of a symmetric filter about a pixel (ODD: the first one is for the middle itself), or about the middle of
// a pair. `lines(k, side)` are as long as `out`: what lies k to one side of each of its pixels, and to the other.
template <bool ODD, class Lines>
SUPERPOSE_INLINE void filter_line(const Image<1>& taps, const Lines& lines, const View<float, 1>& out) {
  const i64 width = out.shape[0];
  i64 at = 0;
  for (; at + 4 * WIDTH <= width; at += 4 * WIDTH) filter_vectors<ODD, 4>(taps, lines, out, at);
  for (; at + WIDTH <= width; at += WIDTH) filter_vectors<ODD, 1>(taps, lines, out, at);
  for (; at < width; ++at) {
    float total = ODD ? taps[0] * lines(0, 0)[at] : 0.0f;
    for (i64 k = ODD; k < taps.shape[0]; ++k) total += taps[k] * (lines(k, 0)[at] + lines(k, 1)[at]);
    out[at] = total;
  }
}

// Line `row` of the half grid, of an array of lines; beyond the border is `nothing`, a line of zeros.
SUPERPOSE_INLINE void halve_line(const Image<2>& data, const Image<1>& taps, i64 row, i64 from, const Image<1>& nothing,
                                 const View<float, 1>& out) {
  const i64 count = data.shape[0], width = out.shape[0], even = 1 - count % 2;
  const auto lines = [&](i64 k, int side) SUPERPOSE_LAMBDA {
    const i64 at = 2 * row + (side ? k + even : -k);
    return at >= 0 && at < count ? part_of(data[at], from, width) : part_of(nothing, 0, width);
  };
  even ? filter_line<false>(taps, lines, out) : filter_line<true>(taps, lines, out);
}

// A row of an image halved along both axes.
class HalvedRow {
  // Pixels beyond the border, of every other column, that the longest filter reaches.
  static constexpr i64 PAD = 4;

 public:
  SUPERPOSE_INLINE HalvedRow(const Halving& a, i64 columns, i64 width, Room& room)
      : a(a), columns(columns), width(width), nothing(room.take(columns)), line(room.take(columns)),
        even(room.take(width + 2 * PAD)), odd(room.take(width + 2 * PAD)) {}

  SUPERPOSE_INLINE void fill(const Image<2>& data, i64 row, const View<float, 1>& out) const {
    halve_line(data, a.row_taps, row, 0, constant(nothing), line);
    // Even and odd columns apart, so that what is added up lies side by side.
    const View<float, 1> evens = part_of(even, PAD, width), odds = part_of(odd, PAD, width);
    for (i64 c = 0; c < columns / 2; ++c) {
      evens[c] = line[2 * c];
      odds[c] = line[2 * c + 1];
    }
    const i64 apart = 1 - columns % 2;
    if (!apart) evens[width - 1] = line[columns - 1];
    const auto lines = [&](i64 k, int side) SUPERPOSE_LAMBDA {
      // Column 2 c - far is number c - far / 2 of the even ones, or of the odd ones half a pixel before that.
      const i64 far = side ? k + apart : k;
      const i64 from = side ? PAD + far / 2 : PAD - (far + 1) / 2;
      return part_of(constant(far % 2 ? odd : even), from, width);
    };
    apart ? filter_line<false>(a.column_taps, lines, out) : filter_line<true>(a.column_taps, lines, out);
  }

 private:
  const Halving& a;
  i64 columns, width;
  View<float, 1> nothing, line, even, odd;
};

}  // namespace

void filter_along(Image<3> data, Image<1> taps, View<float, 3> out, i64 first, i64 last) {
  const i64 count = data.shape[1], inner = data.shape[2];
  for (i64 from = 0; from < inner; from += BLOCK) {
    const i64 width = least(BLOCK, inner - from);
    for (i64 line = first; line < last; ++line) {
      const i64 row = line % count;
      const Image<2> lot = data[line / count];
      const auto lines = [&](i64 k, int side) SUPERPOSE_LAMBDA {
        return part_of(lot[mirrored(side ? row + k : row - k, count)], from, width);
      };
      filter_line<true>(taps, lines, part_of(out[line / count][row], from, width));
    }
  }
}

void filter_rows(Image<3> data, Image<1> taps, i64 before, View<float, 3> out, i64 first, i64 last, Room room) {
  const i64 rows = data.shape[1], columns = data.shape[2], reach = taps.shape[0] - 1;
  const View<float, 1> line = room.take(columns + 2 * reach), middle = part_of(line, reach, columns);
  for (i64 at = first; at < last; ++at) {
    const i64 row = at % rows;
    const Image<2> image = data[at / rows];
    const auto above = [&](i64 k, int side) SUPERPOSE_LAMBDA {
      return image[mirrored(side ? row + k : row - k, rows)];
    };
    filter_line<true>(taps, above, middle);
    for (i64 k = 1; k <= reach; ++k) {
      line[reach - k] = middle[mirrored(-k, columns)];
      line[reach + columns - 1 + k] = middle[mirrored(columns - 1 + k, columns)];
    }
    const auto beside = [&](i64 k, int side) SUPERPOSE_LAMBDA {
      return part_of(constant(line), side ? reach + k : reach - k, columns);
    };
    filter_line<true>(taps, beside, part_of(out[at / rows][before + row], before, columns));
  }
}

void halve_along(Image<3> data, Image<1> taps, View<float, 3> out, i64 first, i64 last, Room room) {
  const i64 half = out.shape[1], inner = data.shape[2];
  const Image<1> nothing = constant(room.take(least(BLOCK, inner)));
  for (i64 from = 0; from < inner; from += BLOCK)
    for (i64 line = first; line < last; ++line) {
      const View<float, 1> to = out[line / half][line % half];
      halve_line(data[line / half], taps, line % half, from, nothing, part_of(to, from, least(BLOCK, inner - from)));
    }
}

void halve_rows(const Halving& a, View<float, 4> out, View<bool, 3> mask, i64 first, i64 last, Room room) {
  const i64 images = a.data.shape[0], height = out.shape[2], width = out.shape[3];
  const HalvedRow halved(a, a.data.shape[3], width, room);
  const View<float, 1> weight = room.take(width);
  for (i64 line = first; line < last; ++line) {
    const i64 plane = line / height, row = line % height;
    const View<bool, 1> counts = mask[plane][row];
    const float inside = a.line_weights[line];
    if (a.complete) {
      for (i64 c = 0; c < width; ++c) weight[c] = inside * a.column_weights[c];
      counts.fill(true);
    } else {
      halved.fill(a.kept[plane], row, weight);
      // A rounding below half is enough.
      for (i64 c = 0; c < width; ++c) counts[c] = weight[c] >= 0.49999f * inside * a.column_weights[c];
    }
    for (i64 c = 0; c < width; ++c) weight[c] = most(weight[c], 1e-6f);
    for (i64 n = 0; n < images; ++n) {
      const View<float, 1> to = out[n][plane][row];
      halved.fill(a.data[n][plane], row, to);
      for (i64 c = 0; c < width; ++c) {
        const float average = to[c] / weight[c];
        to[c] = counts[c] ? average : 0.0f;
      }
    }
  }
}

void fill_missing(Image<2> data, Mask<2> mask, View<std::int32_t, 2> far, View<float, 2> out) {
  constexpr std::int32_t SIDE = 5, CORNER = 7, NONE = 1 << 29;
  const i64 rows = data.shape[0], columns = data.shape[1];
  // Takes over what a neighbour has where it is nearer by that way.
  const auto take = [&](i64 i, i64 j, std::int32_t step, std::int32_t& best, float& value) SUPERPOSE_LAMBDA {
    if (far(i, j) + step < best) best = far(i, j) + step, value = out(i, j);
  };
  for (i64 i = 0; i < rows; ++i)
    for (i64 j = 0; j < columns; ++j) {
      std::int32_t best = mask(i, j) ? 0 : NONE;
      float value = data(i, j);
      if (best) {
        if (j > 0) take(i, j - 1, SIDE, best, value);
        if (i > 0) {
          take(i - 1, j, SIDE, best, value);
          if (j > 0) take(i - 1, j - 1, CORNER, best, value);
          if (j + 1 < columns) take(i - 1, j + 1, CORNER, best, value);
        }
      }
      far(i, j) = best, out(i, j) = value;
    }
  for (i64 i = rows - 1; i >= 0; --i)
    for (i64 j = columns - 1; j >= 0; --j) {
      std::int32_t best = far(i, j);
      if (!best) continue;
      float value = out(i, j);
      if (j + 1 < columns) take(i, j + 1, SIDE, best, value);
      if (i + 1 < rows) {
        take(i + 1, j, SIDE, best, value);
        if (j + 1 < columns) take(i + 1, j + 1, CORNER, best, value);
        if (j > 0) take(i + 1, j - 1, CORNER, best, value);
      }
      far(i, j) = best, out(i, j) = value;
    }
}

}  // namespace superpose::LEVEL
