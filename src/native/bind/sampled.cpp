#include "bind.hpp"

namespace superpose {
namespace {

void sampled_rows(Image<2> image, Mask<2> usable, View<const double, 2> matrix, i64 first, i64 step,
                  View<float, 2> values, View<float, 2> weights) {
  need_sides(usable);
  need_sides(values, 0);
  need_shape(image, usable, 3, "image must have the shape of usable, padded by three");
  need_square(matrix, 3, "matrix must be (3, 3)");
  need_shape(values, weights, 0, "values and weights must have one shape");
  need(0 <= first && first <= INT32_MAX && 0 < step && step <= INT32_MAX,
       "first must be 0 to 2^31 - 1, and step 1 to 2^31 - 1");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(sampled_rows, image, usable, matrix, first, step, values, weights);
}

}  // namespace

void bind_sampled(nb::module_& module) {
  module.def("sampled_rows", &sampled_rows, "image"_a, "usable"_a, "matrix"_a, "first"_a, "step"_a, "values"_a,
             "weights"_a);
}

}  // namespace superpose
