#include "bind.hpp"

namespace superpose {
namespace {

// Pixels of the whole images, too, are counted in 32 bits along a side.
template <int D>
void need_offsets(View<const i64, 2> offsets, const i64* out, const i64* source) {
  need(offsets.shape[0] == 2 && offsets.shape[1] == D, "offsets must be two rows of as many numbers as out has axes");
  for (int d = 0; d < D; ++d)
    need(0 <= offsets(0, d) && offsets(0, d) <= INT32_MAX - out[d] && 0 <= offsets(1, d) &&
             offsets(1, d) <= INT32_MAX - source[d],
         "offsets must lie in images of at most 2^31 - 1 pixels a side");
}

template <int D>
Warped<D> checked(Image<D + 1> data, Mask<D> mask, bool whole, View<const double, 2> matrix, double edge,
                  View<const i64, 2> offsets, View<float, D + 1> out, View<bool, D> valid, i64 first, i64 last) {
  need_sides(mask);
  need_sides(valid, 0);
  need(data.shape[0] == out.shape[0], "there must be as many images in out as in data");
  for (int d = 0; d < D; ++d) {
    need(mask.shape[d] == data.shape[d + 1], "mask must have the images' shape");
    need(valid.shape[d] == out.shape[d + 1], "valid must have the shape of out's images");
  }
  need_square(matrix, D + 1, "matrix must be square, one longer than the images' rank");
  need_range(first, last, valid.shape[0], "first and last must lie inside out");
  need(edge >= 0.0 && edge < 0.5, "edge must be 0 to 0.5 pixels");
  need_offsets<D>(offsets, valid.shape, mask.shape);
  return {data, mask, whole, matrix, edge, offsets, first, last};
}

template <int D>
void warp_linear(Image<D + 1> data, Mask<D> mask, bool whole, View<const double, 2> matrix, double edge,
                 View<const i64, 2> offsets, View<float, D + 1> out, View<bool, D> valid, i64 first, i64 last) {
  const Warped<D> arguments = checked<D>(data, mask, whole, matrix, edge, offsets, out, valid, first, last);
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(warp_linear, arguments, out, valid);
}

template <int D>
void warp_cubic(Image<D + 1> coefficients, Mask<D> mask, bool whole, View<const double, 2> matrix, double edge,
                View<const i64, 2> offsets, View<float, D + 1> out, View<bool, D> valid, i64 first, i64 last) {
  const Warped<D> arguments = checked<D>(coefficients, mask, whole, matrix, edge, offsets, out, valid, first, last);
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(warp_cubic, arguments, out, valid);
}

template <int D>
void warp_nearest(View<const i64, 1> source, View<const double, 2> matrix, View<const i64, 2> offsets, View<i64, D> out,
                  View<bool, D> valid, i64 first, i64 last) {
  need_sides(out, 0);
  need(source.shape[0] == D, "source must have as many numbers as out has axes");
  for (i64 d = 0; d < D; ++d) need_side(source[d]);
  need_square(matrix, D + 1, "matrix must be square, one longer than the images' rank");
  need_shape(valid, out, 0, "valid must have out's shape");
  need_range(first, last, out.shape[0], "first and last must lie inside out");
  need_offsets<D>(offsets, out.shape, source.data);
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(warp_nearest, source, matrix, offsets, out, valid, first, last);
}

template <int D>
void define(nb::module_& module) {
  module.def("warp_linear", &warp_linear<D>, "data"_a, "mask"_a, "whole"_a, "matrix"_a, "edge"_a, "offsets"_a, "out"_a, "valid"_a,
             "first"_a, "last"_a);
  module.def("warp_cubic", &warp_cubic<D>, "coefficients"_a, "mask"_a, "whole"_a, "matrix"_a, "edge"_a, "offsets"_a, "out"_a,
             "valid"_a, "first"_a, "last"_a);
  module.def("warp_nearest", &warp_nearest<D>, "source"_a, "matrix"_a, "offsets"_a, "out"_a, "valid"_a, "first"_a, "last"_a);
}

}  // namespace

void bind_warp(nb::module_& module) {
  define<2>(module);
  define<3>(module);
}

}  // namespace superpose
