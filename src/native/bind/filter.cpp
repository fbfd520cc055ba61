#include <vector>

#include "bind.hpp"

namespace superpose {
namespace {

class Memory {
 public:
  explicit Memory(i64 count) : numbers(count) {}
  Room room() { return {{numbers.data(), {static_cast<i64>(numbers.size())}}}; }

 private:
  std::vector<float> numbers;
};

i64 half_of(i64 count) { return (count + 1) / 2; }

void filter_along(Image<3> data, Image<1> taps, View<float, 3> out, i64 first, i64 last) {
  need_shape(out, data, 0, "out must have data's shape");
  need(taps.shape[0] > 0, "there must be at least one tap");
  need_range(first, last, data.shape[0] * data.shape[1], "first and last must lie inside data");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(filter_along, data, taps, out, first, last);
}

void filter_rows(Image<3> data, Image<1> taps, i64 before, View<float, 3> out, i64 first, i64 last) {
  need(before >= 0 && out.shape[0] == data.shape[0], "out must have as many images as data, and before be positive");
  for (int axis = 1; axis < 3; ++axis)
    need(out.shape[axis] - data.shape[axis] >= before, "out must have room for data and what comes before");
  need(taps.shape[0] > 0 && data.shape[2] > 0, "there must be at least one tap, and one column");
  need_range(first, last, data.shape[0] * data.shape[1], "first and last must lie inside data");
  nb::gil_scoped_release free;
  Memory memory(data.shape[2] + 2 * (taps.shape[0] - 1));
  SUPERPOSE_CALL(filter_rows, data, taps, before, out, first, last, memory.room());
}

// Four pixels to either side; the kernel has no room for more.
void need_taps(Image<1> taps, i64 count) {
  need(taps.shape[0] == 4 + count % 2, "there must be four taps, or five where the number of pixels is odd");
}

void halve_along(Image<3> data, Image<1> taps, View<float, 3> out, i64 first, i64 last) {
  need(out.shape[0] == data.shape[0] && out.shape[1] == half_of(data.shape[1]) && out.shape[2] == data.shape[2],
       "out must be half as long as data along its middle axis");
  need_taps(taps, data.shape[1]);
  need_range(first, last, out.shape[0] * out.shape[1], "first and last must lie inside out");
  nb::gil_scoped_release free;
  Memory memory(data.shape[2]);
  SUPERPOSE_CALL(halve_along, data, taps, out, first, last, memory.room());
}

void halve_rows(Image<4> data, Image<3> kept, bool complete, Image<1> row_taps, Image<1> column_taps,
                Image<1> line_weights, Image<1> column_weights, View<float, 4> out, View<bool, 3> mask, i64 first,
                i64 last) {
  const i64 planes = data.shape[1], height = half_of(data.shape[2]), width = half_of(data.shape[3]);
  for (int axis = 0; axis < 3; ++axis)
    need(kept.shape[axis] == data.shape[axis + 1], "kept must have the shape of data's images");
  need(mask.shape[0] == planes && mask.shape[1] == height && mask.shape[2] == width, "mask must have half the shape");
  need(out.shape[0] == data.shape[0] && out.shape[1] == planes && out.shape[2] == height && out.shape[3] == width,
       "out must have half the shape");
  need_taps(row_taps, data.shape[2]);
  need_taps(column_taps, data.shape[3]);
  need(line_weights.shape[0] == planes * height && column_weights.shape[0] == width,
       "there must be a weight for each line, and for each column");
  need_range(first, last, planes * height, "first and last must lie inside out");
  const Halving arguments{data, kept, complete, row_taps, column_taps, line_weights, column_weights};
  nb::gil_scoped_release free;
  Memory memory(2 * data.shape[3] + 3 * width + 16);
  SUPERPOSE_CALL(halve_rows, arguments, out, mask, first, last, memory.room());
}

void fill_missing(Image<2> data, Mask<2> mask, View<std::int32_t, 2> far, View<float, 2> out) {
  need_shape(mask, data, 0, "mask must have data's shape");
  need_shape(far, data, 0, "far must have data's shape");
  need_shape(out, data, 0, "out must have data's shape");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(fill_missing, data, mask, far, out);
}

}  // namespace

void bind_filter(nb::module_& module) {
  module.def("filter_along", &filter_along, "data"_a, "taps"_a, "out"_a, "first"_a, "last"_a);
  module.def("filter_rows", &filter_rows, "data"_a, "taps"_a, "before"_a, "out"_a, "first"_a, "last"_a);
  module.def("halve_along", &halve_along, "data"_a, "taps"_a, "out"_a, "first"_a, "last"_a);
  module.def("halve_rows", &halve_rows, "data"_a, "kept"_a, "complete"_a, "row_taps"_a, "column_taps"_a,
             "line_weights"_a, "column_weights"_a, "out"_a, "mask"_a, "first"_a, "last"_a);
  module.def("fill_missing", &fill_missing, "data"_a, "mask"_a, "far"_a, "out"_a);
}

}  // namespace superpose
