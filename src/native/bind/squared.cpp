#include "bind.hpp"

namespace superpose {
namespace {

template <int D>
void squared_rows(Image<D> fixed, Counts<D> kept, Image<D> image, Counts<D> usable, bool whole, bool cubic,
                  View<const double, 2> matrix, View<const double, 3> generators, View<const double, 1> centre,
                  double radius, double gain, double offset, double cutoff, i64 first, i64 last,
                  View<const i64, 1> cuts, View<double, 2> out) {
  const i64 n = generators.shape[0];
  need_sides(fixed, 0);
  need_sides(usable.bytes);
  need_shape(kept.bytes, fixed, 0, "kept must have fixed's shape");
  need_shape(image, usable.bytes, 3, "image must have the shape of usable, padded by three");
  need_square(matrix, D + 1, "matrix must be square, one longer than the images' rank");
  need_generators<D>(generators, centre, radius);
  need_range(first, last, fixed.shape[0], "first and last must lie inside fixed");
  need(cutoff >= 1e-18, "cutoff must be at least 1e-18, or infinite");
  need(out.shape[1] == 3 + (n + 2) * (n + 3), "out must have 3 + (n + 2) (n + 3) columns");
  need(cuts.shape[0] == out.shape[0] + 1, "cuts must be one more than out has rows");
  for (i64 k = 0; k < cuts.shape[0]; ++k)
    need(0 <= cuts[k] && cuts[k] <= fixed.shape[D - 1], "cuts must lie inside fixed");
  const Squared<D> arguments{fixed,  kept,   image, usable, whole,  cubic, matrix, generators,
                             centre, radius, gain,  offset, cutoff, first, last,   cuts};
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(squared_rows, arguments, out);
}

template <int D>
void define(nb::module_& module) {
  module.def("squared_rows", &squared_rows<D>, "fixed"_a, "kept"_a, "image"_a, "usable"_a, "whole"_a, "cubic"_a,
             "matrix"_a, "generators"_a, "centre"_a, "radius"_a, "gain"_a, "offset"_a, "cutoff"_a, "first"_a, "last"_a,
             "cuts"_a, "out"_a);
}

}  // namespace

void bind_squared(nb::module_& module) {
  define<2>(module);
  define<3>(module);
}

}  // namespace superpose
