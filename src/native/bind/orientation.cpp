#include "bind.hpp"

namespace superpose {
namespace {

double gradients(Image<2> data, Mask<2> mask, View<float, 2> by_row, View<float, 2> by_column, View<bool, 2> usable) {
  need_shape(mask, data, 0, "mask must have data's shape");
  need_shape(by_row, data, 0, "by_row must have data's shape");
  need_shape(by_column, data, 0, "by_column must have data's shape");
  need_shape(usable, data, 0, "usable must have data's shape");
  nb::gil_scoped_release free;
  return SUPERPOSE_CALL(gradients, data, mask, by_row, by_column, usable);
}

void doubled(Image<2> by_row, Image<2> by_column, double damping, View<float, 3> padded) {
  need_shape(by_row, by_column, 0, "by_row and by_column must have one shape");
  need_field(padded, by_row, "padded must be (rows + 3, columns + 3, 2)");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(doubled, by_row, by_column, static_cast<float>(damping), padded);
}

}  // namespace

void bind_orientation(nb::module_& module) {
  module.def("gradients", &gradients, "data"_a, "mask"_a, "by_row"_a, "by_column"_a, "usable"_a);
  module.def("doubled", &doubled, "by_row"_a, "by_column"_a, "damping"_a, "padded"_a);
}

}  // namespace superpose
