#include "bind.hpp"

namespace superpose {
namespace {

template <class T>
void pair_sums(View<const T, 1> a, View<const T, 1> b, Mask<1> mask, double shift_a, double shift_b, i64 first,
               i64 last, View<double, 1> out) {
  need_shape(b, a, 0, "b must have a's shape");
  need_shape(mask, a, 0, "mask must have a's shape");
  need_range(first, last, a.shape[0], "first and last must lie inside a");
  need(out.shape[0] == 7, "out must have seven numbers");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(pair_sums, a, b, mask, shift_a, shift_b, first, last, out);
}

void robust_sums(View<const double, 1> a, View<const double, 1> b, double gain, double offset, double inverse,
                 double floor, View<double, 1> out) {
  need_shape(b, a, 0, "b must have a's shape");
  need(out.shape[0] == 6, "out must have six numbers");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(robust_sums, a, b, gain, offset, inverse, floor, out);
}

template <class T>
void define(nb::module_& module) {
  module.def("pair_sums", &pair_sums<T>, "a"_a, "b"_a, "mask"_a, "shift_a"_a, "shift_b"_a, "first"_a, "last"_a,
             "out"_a);
}

}  // namespace

void bind_sums(nb::module_& module) {
  define<float>(module);
  define<double>(module);
  module.def("robust_sums", &robust_sums, "a"_a, "b"_a, "gain"_a, "offset"_a, "inverse"_a, "floor"_a, "out"_a);
}

}  // namespace superpose
