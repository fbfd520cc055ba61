// Sums over blocks of pixels of products of two fields of directions and their derivatives.
#include "sampling.hpp"
#include "blocks.hpp"
#include "wide.hpp"

namespace superpose::LEVEL {
namespace {

constexpr int SUMS = 20;
typedef Buffer<float> Sums[SUMS];

// 1 and one half where a pixel counts and what its number is made of, else 0.
struct Weights {
  Buffer<float> value, by_row, by_column;
};

// Both channels of a line's segment, and their derivatives.
struct Derivatives {
  Buffer<float> value[2], by_row[2], by_column[2];
};

// The lines above and below; at the border the line itself, of which nothing is made.
struct Beside {
  i64 above, below;
  bool both;

  SUPERPOSE_INLINE Beside(i64 row, i64 rows)
      : above(most<i64>(row - 1, 0)), below(least<i64>(row + 1, rows - 1)), both(row > 0 && row < rows - 1) {}
};

// The columns of a segment that have neighbours on both sides.
SUPERPOSE_INLINE Span inner(i64 start, int count, i64 width) {
  return {start == 0, count - (start + count == width)};
}

SUPERPOSE_INLINE void weigh(const Mask<2>& mask, i64 row, i64 start, int count, Weights& weights) {
  const Beside rows(row, mask.shape[0]);
  const auto above = bytes_of(mask[rows.above]), here = bytes_of(mask[row]), below = bytes_of(mask[rows.below]);
  const Span columns = inner(start, count, mask.shape[1]);
  const float half = rows.both ? 0.5f : 0.0f;
  for (int k = 0; k < count; ++k) weights.value[k] = here[start + k] ? 1.0f : 0.0f;
  for (int k = 0; k < count; ++k)
    weights.by_row[k] = above[start + k] & here[start + k] & below[start + k] ? half : 0.0f;
  for (int k = 0; k < count; ++k) weights.by_column[k] = 0.0f;
  for (i64 k = columns.first; k < columns.last; ++k)
    weights.by_column[k] = here[start + k - 1] & here[start + k] & here[start + k + 1] ? 0.5f : 0.0f;
}

SUPERPOSE_INLINE void differentiate(const Image<3>& field, i64 row, i64 start, int count, const Weights& weights,
                                    Derivatives& out) {
  const Beside rows(row, field.shape[1]);
  const Span columns = inner(start, count, field.shape[2]);
  for (int channel = 0; channel < 2; ++channel) {
    const Image<2> image = field[channel];
    const Image<1> above = image[rows.above], here = image[row], below = image[rows.below];
    for (int k = 0; k < count; ++k) out.value[channel][k] = here[start + k] * weights.value[k];
    for (int k = 0; k < count; ++k)
      out.by_row[channel][k] = (below[start + k] - above[start + k]) * weights.by_row[k];
    for (int k = 0; k < count; ++k) out.by_column[channel][k] = 0.0f;
    for (i64 k = columns.first; k < columns.last; ++k)
      out.by_column[channel][k] = (here[start + k + 1] - here[start + k - 1]) * weights.by_column[k];
  }
}

// Two numbers a pixel: both channels.
struct Two {
  Wide x, y;

  SUPERPOSE_INLINE Wide times(const Two& other) const { return x * other.x + y * other.y; }
  SUPERPOSE_INLINE Two turned(float cosine, float sine) const {
    return {cosine * x - sine * y, sine * x + cosine * y};
  }
};
SUPERPOSE_INLINE Two two(const Buffer<float> (&channels)[2], int k) {
  return {wide(&channels[0][k]), wide(&channels[1][k])};
}

SUPERPOSE_INLINE void add_products(const Derivatives& fixed, const Derivatives& moving, float cosine, float sine, Sums& sums) {
  for (int k = 0; k < SEGMENT; k += WIDTH) {
    const Two m = two(fixed.value, k), p = two(fixed.by_row, k), q = two(fixed.by_column, k), u = {-m.y, m.x};
    const Two x = two(moving.value, k).turned(cosine, sine), t = {-x.y, x.x};
    const Two r = two(moving.by_row, k).turned(cosine, sine), c = two(moving.by_column, k).turned(cosine, sine);
    const auto add = [&](int place, Wide product) SUPERPOSE_LAMBDA {
      product += wide(&sums[place][k]);
      std::memcpy(&sums[place][k], &product, sizeof product);
    };
    add(0, m.times(r)), add(1, m.times(c)), add(2, m.times(t)), add(3, x.times(r)), add(4, x.times(c));
    add(5, r.times(r)), add(6, r.times(c)), add(7, c.times(c)), add(8, r.times(t)), add(9, c.times(t));
    add(10, t.times(t)), add(11, r.times(p)), add(12, r.times(q)), add(13, c.times(p)), add(14, c.times(q));
    add(15, r.times(u)), add(16, c.times(u)), add(17, t.times(p)), add(18, t.times(q)), add(19, t.times(u));
  }
}

// Sums of neighbours, again and again until each is of a block.
SUPERPOSE_INLINE void add_neighbours(Buffer<float>& sums, i64 block) {
  for (int left = SEGMENT; block > 1; block /= 2) {
    left /= 2;
    for (int k = 0; k < left; k += WIDTH) {
      const Wide a = wide(&sums[2 * k]), b = wide(&sums[2 * k + WIDTH]), both = evens(a, b) + odds(a, b);
      std::memcpy(&sums[k], &both, sizeof both);
    }
  }
}

}  // namespace

void direction_blocks(Image<3> fixed, Image<3> moving, Mask<2> mask, float cosine, float sine, i64 block,
                      View<double, 3> out, i64 first, i64 last) {
  const i64 rows = mask.shape[0], width = mask.shape[1];
  Weights weights = {};
  for (i64 line = first; line < last; ++line)
    for (i64 start = 0; start < width; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, width - start));
      Derivatives mine = {}, others = {};
      Sums sums = {};
      for (i64 row = line * block; row < least(line * block + block, rows); ++row) {
        weigh(mask, row, start, count, weights);
        differentiate(fixed, row, start, count, weights, mine);
        differentiate(moving, row, start, count, weights, others);
        add_products(mine, others, cosine, sine, sums);
      }
      const i64 from = start / block, blocks = least(SEGMENT / block, out.shape[2] - from);
      for (int place = 0; place < SUMS; ++place) {
        add_neighbours(sums[place], block);
        const View<double, 1> to = out[place][line];
        for (i64 k = 0; k < blocks; ++k) to[from + k] = sums[place][k];
      }
    }
}

}  // namespace superpose::LEVEL
