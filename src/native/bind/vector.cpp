#include "bind.hpp"

namespace superpose {
namespace {

void vector_rows(Image<3> fixed, Counts<2> kept, Image<3> field, Counts<2> usable, View<const double, 2> matrix,
                 View<const double, 3> generators, View<const double, 1> centre, double radius, double gain,
                 double cosine, double sine, i64 first, i64 last, View<double, 1> out) {
  const i64 n = generators.shape[0];
  need_sides(kept.bytes, 0);
  need_sides(usable.bytes);
  need_field(fixed, kept.bytes, "fixed must be (rows + 3, columns + 3, 2), kept (rows, columns)");
  need_field(field, usable.bytes, "field must be (rows + 3, columns + 3, 2), usable (rows, columns)");
  need_square(matrix, 3, "matrix must be (3, 3)");
  need_generators<2>(generators, centre, radius);
  need_range(first, last, kept.bytes.shape[0], "first and last must lie inside fixed");
  need(out.shape[0] == 3 + (n + 2) * (n + 3), "out must have 3 + (n + 2) (n + 3) numbers");
  const Vector arguments{fixed, kept, field, usable, matrix, generators, centre, radius, gain, cosine, sine, first, last};
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(vector_rows, arguments, out);
}

}  // namespace

void bind_vector(nb::module_& module) {
  module.def("vector_rows", &vector_rows, "fixed"_a, "kept"_a, "field"_a, "usable"_a, "matrix"_a, "generators"_a,
             "centre"_a, "radius"_a, "gain"_a, "cosine"_a, "sine"_a, "first"_a, "last"_a, "out"_a);
}

}  // namespace superpose
