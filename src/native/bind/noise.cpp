#include "bind.hpp"

namespace superpose {
namespace {

void interpolated_sums(View<const double, 1> gain, View<const double, 1> slope, View<const double, 2> matrix,
                       View<const i64, 1> fixed, View<const i64, 1> moving, View<const i64, 1> steps,
                       View<const double, 1> centre, double radius, View<double, 1> out) {
  need(gain.shape[0] > 0, "gain must have a number at least");
  need_shape(slope, gain, 0, "slope must have gain's shape");
  need_square(matrix, 3, "matrix must be (3, 3)");
  need(fixed.shape[0] == 2 && moving.shape[0] == 2 && steps.shape[0] == 2 && centre.shape[0] == 2,
       "fixed, moving, steps and centre must have two numbers each");
  need(steps[0] > 0 && steps[1] > 0 && radius > 0, "steps and radius must be positive");
  need(out.shape[0] == 2 + 8 + 25, "out must have 35 numbers");
  const Noisy arguments{gain, slope, matrix, fixed, moving, steps, centre, radius};
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(interpolated_sums, arguments, out);
}

}  // namespace

void bind_noise(nb::module_& module) {
  module.def("interpolated_sums", &interpolated_sums, "gain"_a, "slope"_a, "matrix"_a, "fixed"_a, "moving"_a,
             "steps"_a, "centre"_a, "radius"_a, "out"_a);
}

}  // namespace superpose
