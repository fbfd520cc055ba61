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

}  // namespace

double gradients(Image<2> data, Mask<2> mask, View<float, 2> by_row, View<float, 2> by_column, View<bool, 2> usable) {
  const i64 rows = data.shape[0], width = data.shape[1];
  Bytes use;
  Gradient found;
  double length = 0.0, used = 0.0;
  for (i64 row = 0; row < rows; ++row) {
    const View<float, 1> down = by_row[row], right = by_column[row];
    const View<bool, 1> counted = usable[row];
    if (row == 0 || row == rows - 1 || width < 3) {
      down.fill(0.0f), right.fill(0.0f), counted.fill(false);
      continue;
    }
    for (i64 c = 0; c < width; c += width - 1) down[c] = right[c] = 0.0f, counted[c] = false;
    for (i64 start = 1; start < width - 1; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, width - 1 - start));
      const int padded = (count + LANES - 1) / LANES * LANES;
      find_usable(mask, row, start, count, use);
      scharr(data, row, start, count, use, found);
      for (int k = count; k < padded; ++k) found.use[k] = found.length[k] = 0.0f;
      Lanes lengths = {}, uses = {};
      for (int k = 0; k < padded; k += LANES) lengths += load(&found.length[k]), uses += load(&found.use[k]);
      length += sum(lengths), used += sum(uses);
      for (int k = 0; k < count; ++k) down[start + k] = found.by_row[k];
      for (int k = 0; k < count; ++k) right[start + k] = found.by_column[k];
      for (int k = 0; k < count; ++k) counted[start + k] = use[k];
    }
  }
  return length / most(used, 1.0);
}

void doubled(Image<2> by_row, Image<2> by_column, float damping, View<float, 3> padded) {
  const i64 rows = by_row.shape[0], width = by_row.shape[1];
  Buffer<float> real, imaginary;
  for (i64 row = -1; row < rows + 2; ++row) {
    const View<float, 1> line = padded[row + 1].flat();
    if (row < 0 || row >= rows) {
      line.fill(0.0f);
      continue;
    }
    const Image<1> down = by_row[row], right = by_column[row];
    for (int k = 0; k < 2; ++k) line[k] = 0.0f;
    for (int k = 0; k < 4; ++k) line[2 * (width + 1) + k] = 0.0f;
    for (i64 start = 0; start < width; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, width - start));
      for (int k = 0; k < count; ++k) {
        const float y = down[start + k], x = right[start + k], size = __builtin_sqrtf(y * y + x * x);
        const float scale = 1.0f / (size * (size + damping) + 1e-30f);
        real[k] = (y * y - x * x) * scale;
        imaginary[k] = 2.0f * y * x * scale;
      }
      for (int k = 0; k < count; ++k) {
        line[2 * (start + 1 + k)] = real[k];
        line[2 * (start + 1 + k) + 1] = imaginary[k];
      }
    }
  }
}

}  // namespace superpose::LEVEL
