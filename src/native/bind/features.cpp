#include "bind.hpp"

namespace superpose {
namespace {

constexpr i64 SHAPE = 21, PATCH = 35, TURNS = 36, SIZE = 128;

void hessian(Image<2> data, double strength, View<float, 2> out, i64 first, i64 last) {
  need_shape(out, data, 0, "out must have data's shape");
  need_range(first, last, data.shape[0], "first and last must be rows of data");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(hessian, data, static_cast<float>(strength), out, first, last);
}

i64 maxima(Image<2> below, Image<2> here, Image<2> above, double least, i64 edge, View<float, 2> out, i64 first,
           i64 last) {
  need_shape(below, here, 0, "below must have here's shape");
  need_shape(above, here, 0, "above must have here's shape");
  need(edge > 0 && out.shape[1] == 4, "edge must be positive, and out have four columns");
  need_range(first, last, here.shape[0], "first and last must be rows of here");
  nb::gil_scoped_release free;
  return SUPERPOSE_CALL(maxima, {below, here, above, static_cast<float>(least), edge, first, last}, out);
}

void need_patches(Image<2> data, Image<2> points, Image<3> frames, i64 first, i64 last) {
  need_sides(data, 2);
  need(points.shape[1] == 2 && frames.shape[0] == points.shape[0] && frames.shape[1] == 2 && frames.shape[2] == 2,
       "points must have two columns, and as many frames be given");
  need_range(first, last, points.shape[0], "first and last must lie inside points");
}

void shapes(Image<2> data, Image<2> points, Image<3> frames, Image<1> window, i64 steps, double longest,
            View<float, 3> out, View<bool, 1> usable, i64 first, i64 last) {
  need_patches(data, points, frames, first, last);
  need(window.shape[0] == SHAPE, "window must have 21 numbers");
  need_shape(out, frames, 0, "out must have frames' shape");
  need(usable.shape[0] == points.shape[0], "usable must have a value for each point");
  nb::gil_scoped_release free;
  const Patches arguments{data, {}, true, points, frames, 0.0f, window, {}, first, last};
  SUPERPOSE_CALL(shapes, arguments, steps, static_cast<float>(longest), out, usable);
}

void turns(Image<2> data, Mask<2> mask, bool whole, Image<2> points, Image<3> frames, double inner, Image<1> window,
           Image<2> directions, double weaker, View<float, 4> out, View<bool, 2> usable, i64 first, i64 last) {
  need_patches(data, points, frames, first, last);
  need_shape(mask, data, 0, "mask must have data's shape");
  need(window.shape[0] == PATCH, "window must have 35 numbers");
  need(directions.shape[0] == TURNS && directions.shape[1] == 2, "directions must be (36, 2)");
  need(out.shape[0] == points.shape[0] && out.shape[1] == 2 && out.shape[2] == 2 && out.shape[3] == 2,
       "out must have two frames for each point");
  need(usable.shape[0] == points.shape[0] && usable.shape[1] == 2, "usable must have two values for each point");
  nb::gil_scoped_release free;
  const Patches arguments{data,  mask, whole, points, frames, static_cast<float>(inner), window, directions,
                          first, last};
  SUPERPOSE_CALL(turns, arguments, static_cast<float>(weaker), out, usable);
}

void descriptors(Image<2> data, Image<2> points, Image<3> frames, Image<1> window, View<std::int16_t, 2> out, i64 first,
                 i64 last) {
  need_patches(data, points, frames, first, last);
  need(window.shape[0] == PATCH, "window must have 35 numbers");
  need(out.shape[0] == points.shape[0] && out.shape[1] == SIZE, "out must have 128 numbers for each point");
  nb::gil_scoped_release free;
  const Patches arguments{data, {}, true, points, frames, 0.0f, window, {}, first, last};
  SUPERPOSE_CALL(descriptors, arguments, out);
}

}  // namespace

void bind_features(nb::module_& module) {
  module.def("hessian", &hessian, "data"_a, "strength"_a, "out"_a, "first"_a, "last"_a);
  module.def("maxima", &maxima, "below"_a, "here"_a, "above"_a, "least"_a, "edge"_a, "out"_a, "first"_a, "last"_a);
  module.def("shapes", &shapes, "data"_a, "points"_a, "frames"_a, "window"_a, "steps"_a, "longest"_a, "out"_a,
             "usable"_a, "first"_a, "last"_a);
  module.def("turns", &turns, "data"_a, "mask"_a, "whole"_a, "points"_a, "frames"_a, "inner"_a, "window"_a,
             "directions"_a, "weaker"_a, "out"_a, "usable"_a, "first"_a, "last"_a);
  module.def("descriptors", &descriptors, "data"_a, "points"_a, "frames"_a, "window"_a, "out"_a, "first"_a, "last"_a);
}

}  // namespace superpose
