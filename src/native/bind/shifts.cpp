#include <vector>

#include "bind.hpp"

namespace superpose {
namespace {

template <class T, class U>
void need_blocks(const View<T, 2>& fine, const View<U, 3>& blocks, i64 count, i64 block, const char* what) {
  need(block > 0 && blocks.shape[0] == count, what);
  for (int axis = 0; axis < 2; ++axis)
    need(fine.shape[axis] > 0 && fine.shape[axis] == block * blocks.shape[axis + 1], what);
}

void turned(Image<3> field, Mask<2> usable, View<const double, 2> matrix, double cosine, double sine, i64 block,
            View<float, 3> out, View<float, 3> low) {
  need_sides(usable);
  need_field(field, usable, "field must be (rows + 3, columns + 3, 2), usable (rows, columns)");
  need_square(matrix, 3, "matrix must be (3, 3)");
  need(out.shape[0] == 2, "out must be (2, height, width)");
  const View<float, 2> canvas{out.data, {out.shape[1], out.shape[2]}};
  need_sides(canvas);
  need_blocks(canvas, low, 2, block, "low must be (2, height / block, width / block), without a rest");
  nb::gil_scoped_release free;
  std::vector<float> columns(2 * out.shape[2]);
  SUPERPOSE_CALL(turned, field, usable, matrix, cosine, sine, block, out, low,
                 View<float, 2>{columns.data(), {2, out.shape[2]}});
}

void spectral_products(Image<3> moving, Image<2> fixed, View<float, 2> out) {
  need(moving.shape[0] == out.shape[0], "out must have as many spectra as moving");
  need(moving.shape[1] == fixed.shape[0] && fixed.shape[0] > 0, "fixed must have moving's channels, one at least");
  need(moving.shape[2] == fixed.shape[1], "fixed must have moving's frequencies");
  need(out.shape[1] == fixed.shape[1] && out.shape[1] % 2 == 0, "out must have moving's frequencies, an even number");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(spectral_products, moving, fixed, out);
}

void best_shifts(View<float, 2> product, Image<3> norms, i64 block, double least, double smaller, double most,
                 View<const double, 1> floors, View<const double, 1> reach, View<double, 2> found,
                 View<double, 1> null) {
  need_blocks(product, norms, 3, block, "norms must be (3, height / block, width / block), without a rest");
  need(floors.shape[0] == 2, "floors must be two numbers");
  need(reach.shape[0] == 4, "reach must be four numbers");
  need(found.shape[0] > 0 && found.shape[1] == 4, "found must be (k, 4), k positive");
  need(null.shape[0] == 3, "null must be three numbers");
  nb::gil_scoped_release free;
  const i64 height = product.shape[0], width = product.shape[1], nodes = norms.shape[2] + 1;
  std::vector<float> scratch(nodes + 5 * width + height);
  float* const lines = scratch.data() + nodes;
  const Shifts arguments{product,
                         norms,
                         block,
                         least,
                         smaller,
                         most,
                         floors,
                         reach,
                         {scratch.data(), {nodes}},
                         {lines, {5, width}},
                         {lines + 5 * width, {height}}};
  SUPERPOSE_CALL(best_shifts, arguments, found, null);
}

}  // namespace

void bind_shifts(nb::module_& module) {
  module.def("turned", &turned, "field"_a, "usable"_a, "matrix"_a, "cosine"_a, "sine"_a, "block"_a, "out"_a, "low"_a);
  module.def("spectral_products", &spectral_products, "moving"_a, "fixed"_a, "out"_a);
  module.def("best_shifts", &best_shifts, "product"_a, "norms"_a, "block"_a, "least"_a, "smaller"_a, "most"_a,
             "floors"_a, "reach"_a, "found"_a, "null"_a);
}

}  // namespace superpose
