// What a camera's pixels see of a finer image, and the transpose of that.
#include "sampling.hpp"
#include "camera.hpp"

namespace superpose::LEVEL {
namespace {

constexpr int TAPS = Camera::TAPS;

// Which pixels along an axis of a frame see a place, and how well.
struct Seen {
  i64 from;
  int count;
  Block<float, TAPS> weight;
};

SUPERPOSE_INLINE void find_seen(const Camera& camera, double place, i64 size, Seen& seen) {
  seen.count = 0;
  const double reach = static_cast<double>(camera.response.shape[0] - 1) / camera.steps;
  const double end = static_cast<double>(size - 1);
  if (!(place > -reach && place < end + reach)) return;
  const i64 from = static_cast<i64>(__builtin_ceil(most(place - reach, 0.0)));
  const i64 to = static_cast<i64>(__builtin_floor(least(place + reach, end)));
  seen.from = from;
  seen.count = static_cast<int>(least<i64>(to - from + 1, TAPS));
  for (int k = 0; k < seen.count; ++k) {
    const double away = place - static_cast<double>(from + k);
    const i64 entry = static_cast<i64>((away < 0.0 ? -away : away) * camera.steps + 0.5);
    seen.weight[k] = camera.response[least(entry, camera.response.shape[0] - 1)];
  }
}

// `use` is called with each pixel of the finer image that some of the frame's see.
template <class Use>
SUPERPOSE_INLINE void each_seen(const Camera& camera, const i64* fine, i64 first, i64 last, const i64* frame,
                                const Use& use) {
  const View<const double, 2>& m = camera.matrix;
  Seen rows, columns;
  for (i64 row = first; row < last; ++row) {
    const double r = static_cast<double>(row);
    for (i64 column = 0; column < fine[1]; ++column) {
      const double c = static_cast<double>(column);
      find_seen(camera, m(0, 0) * r + m(0, 1) * c + m(0, 2), frame[0], rows);
      if (!rows.count) continue;
      find_seen(camera, m(1, 0) * r + m(1, 1) * c + m(1, 2), frame[1], columns);
      if (columns.count) use(row, column, rows, columns);
    }
  }
}

}  // namespace

void seen_through(Image<3> scene, const Camera& camera, View<float, 3> out) {
  out.fill(0.0f);
  const auto add = [&](i64 row, i64 column, const Seen& rows, const Seen& columns) SUPERPOSE_LAMBDA {
    for (i64 plane = 0; plane < scene.shape[0]; ++plane) {
      const float value = scene(plane, row, column);
      for (int j = 0; j < rows.count; ++j) {
        const View<float, 1> to = part_of(out[plane][rows.from + j], columns.from, columns.count);
        const float here = rows.weight[j] * value;
        for (int k = 0; k < columns.count; ++k) to[k] += here * columns.weight[k];
      }
    }
  };
  each_seen(camera, scene.shape + 1, 0, scene.shape[1], out.shape + 1, add);
}

void add_seen_by(Image<3> frames, const Camera& camera, i64 first, i64 last, View<float, 3> into) {
  const auto add = [&](i64 row, i64 column, const Seen& rows, const Seen& columns) SUPERPOSE_LAMBDA {
    for (i64 plane = 0; plane < frames.shape[0]; ++plane) {
      float total = 0.0f;
      for (int j = 0; j < rows.count; ++j) {
        const Image<1> from = part_of(frames[plane][rows.from + j], columns.from, columns.count);
        float along = 0.0f;
        for (int k = 0; k < columns.count; ++k) along += from[k] * columns.weight[k];
        total += rows.weight[j] * along;
      }
      into(plane, row, column) += total;
    }
  };
  each_seen(camera, into.shape + 1, first, last, frames.shape + 1, add);
}

}  // namespace superpose::LEVEL
