#include "bind.hpp"

namespace superpose {
namespace {

Faded faded(Image<2> frame, Image<1> rows, Image<1> columns, float less, i64 height, i64 width, i64 top, i64 left) {
  need_sides(frame);
  need(rows.shape[0] == frame.shape[0] && columns.shape[0] == frame.shape[1],
       "rows and columns must have a weight for each of frame's");
  need(0 <= top && top <= height - frame.shape[0] && 0 <= left && left <= width - frame.shape[1],
       "frame must lie inside the canvas");
  return {frame, rows, columns, less, top, left};
}

void add_faded(Image<2> frame, Image<1> rows, Image<1> columns, float less, i64 top, i64 left, View<float, 2> into) {
  const Faded arguments = faded(frame, rows, columns, less, into.shape[0], into.shape[1], top, left);
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(add_faded, arguments, into);
}

void faded_products(Image<2> frame, Image<1> rows, Image<1> columns, float less, Image<3> others, i64 top, i64 left,
                    i64 first, i64 last, View<double, 1> out) {
  const Faded arguments = faded(frame, rows, columns, less, others.shape[1], others.shape[2], top, left);
  need(others.shape[0] == 3 || others.shape[0] == 4, "others must be (3 or 4, rows, columns)");
  need_range(first, last, frame.shape[0], "first and last must lie inside frame");
  need(out.shape[0] == 11, "out must have eleven numbers");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(faded_products, arguments, others, first, last, out);
}

void highest_score(Image<2> scores, Image<2> factor, View<double, 1> out) {
  need_sides(scores);
  need_shape(factor, scores, 0, "factor must have scores' shape");
  need(out.shape[0] == 4, "out must have four numbers");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(highest_score, scores, factor, out);
}

void powers(double cosine, double sine, View<float, 2> out) {
  need(out.shape[1] == 2, "out must be (n, 2)");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(powers, cosine, sine, out);
}

void add_turned(Image<3> waves, Image<2> rows, Image<2> columns, View<float, 3> into) {
  need(rows.shape[0] == waves.shape[0] && columns.shape[0] == waves.shape[1],
       "rows and columns must have a number for each of waves'");
  need(waves.shape[2] == 2 && rows.shape[1] == 2 && columns.shape[1] == 2, "numbers must be complex");
  need_shape(into, waves, 0, "into must have waves' shape");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(add_turned, waves, rows, columns, into);
}

}  // namespace

void bind_frames(nb::module_& module) {
  module.def("add_faded", &add_faded, "frame"_a, "rows"_a, "columns"_a, "less"_a, "top"_a, "left"_a, "into"_a);
  module.def("faded_products", &faded_products, "frame"_a, "rows"_a, "columns"_a, "less"_a, "others"_a, "top"_a,
             "left"_a, "first"_a, "last"_a, "out"_a);
  module.def("highest_score", &highest_score, "scores"_a, "factor"_a, "out"_a);
  module.def("powers", &powers, "cosine"_a, "sine"_a, "out"_a);
  module.def("add_turned", &add_turned, "waves"_a, "rows"_a, "columns"_a, "into"_a);
}

}  // namespace superpose
