#include "bind.hpp"

namespace superpose {
namespace {

template <class T, class U, class V, int D>
void need_samples(const View<T, D>& bins, const View<U, D>& places, const View<V, D + 1>& slopes) {
  need_shape(places, bins, 0, "places must have the shape of bins");
  need(slopes.shape[0] == D || slopes.shape[0] == D + 1, "slopes must have one part for each axis of bins, and may have one of weights");
  for (int axis = 0; axis < D; ++axis)
    need(slopes.shape[axis + 1] == bins.shape[axis], "each part of slopes must have the shape of bins");
}

template <int D>
void histogram_rows(View<const std::int16_t, D> bins, Image<D> image, Counts<D> usable, bool cubic,
                    View<const double, 2> matrix, double low, double scale, i64 first, i64 last, View<float, D> places,
                    View<float, D + 1> slopes, View<double, 2> out) {
  need_sides(bins, 0);
  need_sides(usable.bytes);
  need_shape(image, usable.bytes, 3, "image must have the shape of usable, padded by three");
  need_square(matrix, D + 1, "matrix must be square, one longer than the images' rank");
  need_range(first, last, bins.shape[0], "first and last must lie inside bins");
  need_samples(bins, places, slopes);
  need(4 <= out.shape[1] && out.shape[1] <= INT32_MAX,
       "out must have 4 to 2^31 - 1 columns, over four of which a value is spread");
  const Histogram<D> arguments{bins, image, usable, cubic, matrix, low, scale, first, last, places, slopes};
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(histogram_rows, arguments, out);
}

template <int D>
void slope_rows(View<const std::int16_t, D> bins, Image<D> places, Image<D + 1> slopes, Image<2> slope,
                Image<2> curvature, View<const double, 3> generators, View<const double, 1> centre, double radius,
                i64 first, i64 last, View<double, 1> out) {
  const i64 n = generators.shape[0];
  need_samples(bins, places, slopes);
  need_shape(slope, curvature, 0, "slope and curvature must have one shape");
  need(slope.shape[0] > 0 && slope.shape[1] >= 4,
       "slope must have a row, and four columns, over which a value is spread");
  need(slope.shape[1] <= INT32_MAX / slope.shape[0], "slope must have fewer than 2^31 cells");
  need_generators<D>(generators, centre, radius);
  need_range(first, last, bins.shape[0], "first and last must lie inside bins");
  need(out.shape[0] == 3 + (n + 2) * (n + 3), "out must have 3 + (n + 2) (n + 3) numbers");
  const Slopes<D> arguments{bins, places, slopes, slope, curvature, generators, centre, radius, first, last};
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(slope_rows, arguments, out);
}

template <int D>
void define(nb::module_& module) {
  module.def("histogram_rows", &histogram_rows<D>, "bins"_a, "image"_a, "usable"_a, "cubic"_a, "matrix"_a, "low"_a,
             "scale"_a, "first"_a, "last"_a, "places"_a, "slopes"_a, "out"_a);
  module.def("slope_rows", &slope_rows<D>, "bins"_a, "places"_a, "slopes"_a, "slope"_a, "curvature"_a, "generators"_a,
             "centre"_a, "radius"_a, "first"_a, "last"_a, "out"_a);
}

}  // namespace

void bind_histogram(nb::module_& module) {
  define<2>(module);
  define<3>(module);
}

}  // namespace superpose
