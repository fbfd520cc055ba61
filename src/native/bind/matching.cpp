#include <vector>

#include "bind.hpp"

namespace superpose {
namespace {

constexpr i64 SIZE = 128, TOGETHER = 4;

void nearest_two(View<const std::int16_t, 2> a, View<const std::int16_t, 2> b, View<const std::int32_t, 1> own,
                 View<const std::int32_t, 1> squares, Image<2> places, double apart, View<i64, 1> index,
                 View<std::int32_t, 2> far, i64 first, i64 last) {
  const i64 count = b.shape[0];
  need(a.shape[1] == SIZE && b.shape[1] == SIZE && count > 0, "a and b must have rows of 128 numbers, and b one");
  need(own.shape[0] == a.shape[0] && squares.shape[0] == count, "there must be a square for each row of a and of b");
  need(places.shape[0] == count && places.shape[1] == 2, "places must have two numbers for each row of b");
  need(index.shape[0] == a.shape[0] && far.shape[0] == a.shape[0] && far.shape[1] == 2,
       "index and far must have a row for each of a");
  need_range(first, last, a.shape[0], "first and last must be rows of a");
  nb::gil_scoped_release free;
  std::vector<std::int32_t> room(static_cast<std::size_t>(TOGETHER * count));
  const Nearest arguments{a, b, own, squares, places, static_cast<float>(apart), first, last};
  SUPERPOSE_CALL(nearest_two, arguments, index, far, {room.data(), {TOGETHER * count}});
}

void support(View<const double, 2> fixed, View<const double, 2> moving, View<const double, 3> maps,
             View<const double, 1> weights, double near, double reach, double pixels, double relative, double alike,
             View<double, 1> out, i64 first, i64 last) {
  const i64 count = fixed.shape[0];
  need(fixed.shape[1] == 2 && moving.shape[0] == count && moving.shape[1] == 2,
       "fixed and moving must have two numbers for each match");
  need(maps.shape[0] == count && maps.shape[1] == 2 && maps.shape[2] == 2, "maps must be (n, 2, 2)");
  need(weights.shape[0] == count && out.shape[0] == count, "weights and out must have a number for each match");
  need_range(first, last, count, "first and last must lie inside fixed");
  nb::gil_scoped_release free;
  const Support arguments{fixed, moving, maps, weights, near, reach, pixels, relative, alike, first, last};
  SUPERPOSE_CALL(support, arguments, out);
}

void need_transfer(const Transfer& a) {
  need(a.fixed.shape[1] == 2 && a.moving.shape[1] == 2 && a.moving.shape[0] == a.fixed.shape[0],
       "fixed and moving must have two numbers for each match");
  need_square(a.matrix, 3, "matrix must be (3, 3)");
}

void transfer_errors(View<const double, 2> fixed, View<const double, 2> moving, View<const double, 2> matrix,
                     View<const double, 3> maps, double alike, View<double, 1> out) {
  const Transfer arguments{fixed, moving, matrix, maps};
  need_transfer(arguments);
  need(maps.shape[0] == fixed.shape[0] && maps.shape[1] == 2 && maps.shape[2] == 2, "maps must be (n, 2, 2)");
  need(out.shape[0] == fixed.shape[0], "out must have a number for each match");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(transfer_errors, arguments, alike, out);
}

void transfer_sums(View<const double, 2> fixed, View<const double, 2> moving, View<const double, 2> matrix,
                   View<const double, 1> weights, View<double, 2> out) {
  const Transfer arguments{fixed, moving, matrix, {}};
  need_transfer(arguments);
  need(weights.shape[0] == fixed.shape[0], "weights must have a number for each match");
  need_square(out, 9, "out must be (9, 9)");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(transfer_sums, arguments, weights, out);
}

}  // namespace

void bind_matching(nb::module_& module) {
  module.def("nearest_two", &nearest_two, "a"_a, "b"_a, "own"_a, "squares"_a, "places"_a, "apart"_a, "index"_a,
             "far"_a, "first"_a, "last"_a);
  module.def("support", &support, "fixed"_a, "moving"_a, "maps"_a, "weights"_a, "near"_a, "reach"_a, "pixels"_a,
             "relative"_a, "alike"_a, "out"_a, "first"_a, "last"_a);
  module.def("transfer_errors", &transfer_errors, "fixed"_a, "moving"_a, "matrix"_a, "maps"_a,
             "alike"_a, "out"_a);
  module.def("transfer_sums", &transfer_sums, "fixed"_a, "moving"_a, "matrix"_a, "weights"_a, "out"_a);
}

}  // namespace superpose
