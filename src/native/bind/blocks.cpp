#include "bind.hpp"

namespace superpose {
namespace {

void direction_blocks(Image<3> fixed, Image<3> moving, Mask<2> mask, double cosine, double sine, i64 block,
                      View<double, 3> out, i64 first, i64 last) {
  need(fixed.shape[0] == 2, "fixed must have two channels");
  need_shape(moving, fixed, 0, "moving must have fixed's shape");
  need_shape(mask, fixed[0], 0, "mask must have fixed's shape");
  need(block > 0 && block <= 64 && (block & (block - 1)) == 0, "block must be a power of two up to 64");
  need(out.shape[0] == 20, "out must have 20 sums");
  for (int axis = 0; axis < 2; ++axis)
    need(out.shape[axis + 1] == (mask.shape[axis] + block - 1) / block, "out must have a number for each block");
  need_range(first, last, out.shape[1], "first and last must be lines of blocks");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(direction_blocks, fixed, moving, mask, static_cast<float>(cosine), static_cast<float>(sine), block,
                 out, first, last);
}

}  // namespace

void bind_blocks(nb::module_& module) {
  module.def("direction_blocks", &direction_blocks, "fixed"_a, "moving"_a, "mask"_a, "cosine"_a, "sine"_a, "block"_a,
             "out"_a, "first"_a, "last"_a);
}

}  // namespace superpose
