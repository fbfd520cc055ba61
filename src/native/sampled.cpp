// An image's values under lines of the output.
#include "sampling.hpp"
#include "sampled.hpp"

namespace superpose::LEVEL {

void sampled_rows(Image<2> image, Mask<2> usable, View<const double, 2> matrix, i64 first, i64 step,
                  View<float, 2> values, View<float, 2> weights) {
  const double last[2] = {static_cast<double>(usable.shape[0] - 1), static_cast<double>(usable.shape[1] - 1)};
  const Mask<1> flat = usable.flat();
  Places<2> at;
  Samples<2> moving;
  values.fill(0.0f);
  weights.fill(0.0f);
  for (i64 row = 0; row < values.shape[0]; ++row) {
    const i64 lead[1] = {first + row * step};
    const Line<2> line = line_of<2>(matrix, lead);
    const Span span = span_of<2>(line, values.shape[1], last);
    const View<float, 1> value = values[row], weight = weights[row];
    for (i64 start = span.first; start < span.last; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, span.last - start));
      place(line, matrix, start, count, last, at);
      sample_cubic<2>(image, at, count, moving);
      for (int k = 0; k < count; ++k) value[start + k] = moving.value[k];
      for (int k = 0; k < count; ++k) weight[start + k] = flat[offset_of(usable, at, k, 0)] ? 1.0f : 0.0f;
    }
  }
}

}  // namespace superpose::LEVEL
