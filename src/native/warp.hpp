// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void warp_linear(const Warped<2>& arguments, View<float, 3> out, View<bool, 2> valid);
void warp_linear(const Warped<3>& arguments, View<float, 4> out, View<bool, 3> valid);
void warp_cubic(const Warped<2>& arguments, View<float, 3> out, View<bool, 2> valid);
void warp_cubic(const Warped<3>& arguments, View<float, 4> out, View<bool, 3> valid);
void warp_nearest(View<const i64, 1> source, View<const double, 2> matrix, View<const i64, 2> offsets, View<i64, 2> out,
                  View<bool, 2> valid, i64 first, i64 last);
void warp_nearest(View<const i64, 1> source, View<const double, 2> matrix, View<const i64, 2> offsets, View<i64, 3> out,
                  View<bool, 3> valid, i64 first, i64 last);
}  // namespace superpose::LEVEL
