#include "bind.hpp"

namespace superpose {
namespace {

Camera camera_of(View<const double, 2> matrix, Image<1> response, double steps) {
  need_square(matrix, 3, "matrix must be (3, 3)");
  need(steps > 0 && response.shape[0] > 0, "response must have a number at least, and steps be positive");
  need(2 * static_cast<double>(response.shape[0] - 1) / steps + 1 <= Camera::TAPS,
       "response must reach over less than 32 pixels to either side");
  return {matrix, response, steps};
}

void seen_through(Image<3> scene, View<const double, 2> matrix, Image<1> response, double steps, View<float, 3> out) {
  need_sides(scene[0]);
  need_sides(out[0]);
  need(out.shape[0] == scene.shape[0], "out must have as many planes as scene");
  const Camera camera = camera_of(matrix, response, steps);
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(seen_through, scene, camera, out);
}

void add_seen_by(Image<3> frames, View<const double, 2> matrix, Image<1> response, double steps, i64 first, i64 last,
                 View<float, 3> into) {
  need_sides(frames[0]);
  need_sides(into[0]);
  need(into.shape[0] == frames.shape[0], "into must have as many planes as frames");
  need_range(first, last, into.shape[1], "first and last must lie inside into");
  const Camera camera = camera_of(matrix, response, steps);
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(add_seen_by, frames, camera, first, last, into);
}

}  // namespace

void bind_camera(nb::module_& module) {
  module.def("seen_through", &seen_through, "scene"_a, "matrix"_a, "response"_a, "steps"_a, "out"_a);
  module.def("add_seen_by", &add_seen_by, "frames"_a, "matrix"_a, "response"_a, "steps"_a, "first"_a, "last"_a,
             "into"_a);
}

}  // namespace superpose
