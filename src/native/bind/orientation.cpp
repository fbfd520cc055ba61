#include "bind.hpp"

namespace superpose {
namespace {

void gradient_lengths(Image<2> data, Mask<2> mask, i64 first, i64 last, View<double, 1> out) {
  need_shape(mask, data, 0, "mask must have data's shape");
  need_range(first, last, data.shape[0], "first and last must be rows of data");
  need(out.shape[0] == 2, "out must have two numbers");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(gradient_lengths, data, mask, first, last, out);
}

void directions(Image<2> data, Mask<2> mask, double damping, bool signs, View<float, 3> out, View<bool, 2> usable,
                i64 first, i64 last) {
  need_shape(mask, data, 0, "mask must have data's shape");
  need_shape(usable, data, 0, "usable must have data's shape");
  need_range(first, last, data.shape[0], "first and last must be rows of data");
  need(out.shape[0] == 2, "out must have two channels");
  need_shape(out[0], data, 0, "out must have data's shape");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(directions, data, mask, static_cast<float>(damping), signs, out, usable, first, last);
}

void padded(Image<3> parts, View<float, 3> out) {
  need(parts.shape[0] == 2, "parts must have two channels");
  need(parts.shape[1] > 0 && parts.shape[2] > 0, "parts must have a pixel");
  need_field(out, parts[0], "out must be (rows + 3, columns + 3, 2)");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(padded, parts, out);
}

}  // namespace

void bind_orientation(nb::module_& module) {
  module.def("gradient_lengths", &gradient_lengths, "data"_a, "mask"_a, "first"_a, "last"_a, "out"_a);
  module.def("directions", &directions, "data"_a, "mask"_a, "damping"_a, "signs"_a, "out"_a, "usable"_a,
             "first"_a, "last"_a);
  module.def("padded", &padded, "parts"_a, "out"_a);
}

}  // namespace superpose
