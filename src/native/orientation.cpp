// The gradient of an image, and its direction whatever the contrast's sign.
#include "sampling.hpp"
#include "orientation.hpp"

namespace superpose::LEVEL {
namespace {

typedef Block<unsigned char, SEGMENT> Bytes;

// Whether all nine pixels count.
SUPERPOSE_INLINE void find_usable(const Mask<2>& mask, i64 row, i64 start, int count, Bytes& use) {
  const auto above = bytes_of(mask[row - 1]), here = bytes_of(mask[row]), below = bytes_of(mask[row + 1]);
  for (int k = 0; k < count; ++k) {
    const i64 c = start + k;
    use[k] = above[c - 1] & above[c] & above[c + 1] & here[c - 1] & here[c] & here[c + 1] & below[c - 1] & below[c] &
             below[c + 1];
  }
}

struct Gradient {
  Buffer<float> by_row, by_column, use, length;
};

SUPERPOSE_INLINE void scharr(const Image<2>& data, i64 row, i64 start, int count, const Bytes& use, Gradient& found) {
  constexpr float EDGE = 3.0f / 32, MIDDLE = 10.0f / 32;
  const Image<1> above = data[row - 1], here = data[row], below = data[row + 1];
  for (int k = 0; k < count; ++k) {
    const i64 i = start + k - 1, j = i + 1, l = j + 1;
    const float a = above[i], b = above[j], c = above[l], d = here[i], e = here[l];
    const float f = below[i], g = below[j], h = below[l];
    found.by_row[k] = EDGE * (f - a + h - c) + MIDDLE * (g - b);
    found.by_column[k] = EDGE * (c - a + h - f) + MIDDLE * (e - d);
  }
  for (int k = 0; k < count; ++k) found.use[k] = use[k] ? 1.0f : 0.0f;
  for (int k = 0; k < count; ++k) {
    const bool used = found.use[k] > 0.0f;
    const float y = found.by_row[k] = used ? found.by_row[k] : 0.0f;
    const float x = found.by_column[k] = used ? found.by_column[k] : 0.0f;
    found.length[k] = __builtin_sqrtf(y * y + x * x);
  }
}

// What is done with the gradient of each segment of a line that has one.
template <class Use>
SUPERPOSE_INLINE void along_line(const Image<2>& data, const Mask<2>& mask, i64 row, const Use& with) {
  const i64 width = data.shape[1];
  if (row == 0 || row == data.shape[0] - 1) return;
  Bytes use;
  Gradient found;
  for (i64 start = 1; start < width - 1; start += SEGMENT) {
    const int count = static_cast<int>(least<i64>(SEGMENT, width - 1 - start));
    find_usable(mask, row, start, count, use);
    scharr(data, row, start, count, use, found);
    with(start, count, found);
  }
}

}  // namespace

void gradient_lengths(Image<2> data, Mask<2> mask, i64 first, i64 last, View<double, 1> out) {
  double length = 0.0, used = 0.0;
  for (i64 row = first; row < last; ++row)
    along_line(data, mask, row, [&](i64, int count, Gradient& found) SUPERPOSE_LAMBDA {
      const int padded = (count + LANES - 1) / LANES * LANES;
      for (int k = count; k < padded; ++k) found.use[k] = found.length[k] = 0.0f;
      Lanes lengths = {}, uses = {};
      for (int k = 0; k < padded; k += LANES) lengths += load(&found.length[k]), uses += load(&found.use[k]);
      length += sum(lengths), used += sum(uses);
    });
  out[0] = length, out[1] = used;
}

void directions(Image<2> data, Mask<2> mask, float damping, bool signs, View<float, 3> out, View<bool, 2> usable,
                i64 first, i64 last) {
  for (i64 row = first; row < last; ++row) {
    const View<float, 1> real = out[0][row], imaginary = out[1][row];
    const View<bool, 1> counts = usable[row];
    real.fill(0.0f), imaginary.fill(0.0f), counts.fill(false);
    along_line(data, mask, row, [&](i64 start, int count, const Gradient& found) SUPERPOSE_LAMBDA {
      if (signs)
        for (int k = 0; k < count; ++k) {
          const float scale = 1.0f / (found.length[k] + damping + 1e-30f);
          real[start + k] = found.by_row[k] * scale;
          imaginary[start + k] = found.by_column[k] * scale;
        }
      else
        for (int k = 0; k < count; ++k) {
          const float y = found.by_row[k], x = found.by_column[k], size = found.length[k];
          const float scale = 1.0f / (size * (size + damping) + 1e-30f);
          real[start + k] = (y * y - x * x) * scale;
          imaginary[start + k] = 2.0f * y * x * scale;
        }
      for (int k = 0; k < count; ++k) counts[start + k] = found.use[k] > 0.0f;
    });
  }
}

void padded(Image<3> parts, View<float, 3> out) {
  const i64 rows = parts.shape[1], width = parts.shape[2];
  for (i64 row = -1; row < rows + 2; ++row) {
    const View<float, 1> to = out[row + 1].flat();
    if (row < 0 || row >= rows) {
      to.fill(0.0f);
      continue;
    }
    const Image<1> real = parts[0][row], imaginary = parts[1][row];
    part_of(to, 0, 2).fill(0.0f), part_of(to, 2 * (width + 1), 4).fill(0.0f);
    const View<float, 1> inner = part_of(to, 2, 2 * width);
    for (i64 k = 0; k < width; ++k) {
      inner[2 * k] = real[k];
      inner[2 * k + 1] = imaginary[k];
    }
  }
}

}  // namespace superpose::LEVEL
