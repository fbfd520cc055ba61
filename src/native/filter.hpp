// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void filter_along(Image<3> data, Image<1> taps, View<float, 3> out, i64 first, i64 last);
void filter_rows(Image<3> data, Image<1> taps, i64 before, View<float, 3> out, i64 first, i64 last, Room room);
void halve_along(Image<3> data, Image<1> taps, View<float, 3> out, i64 first, i64 last, Room room);
void halve_rows(const Halving& arguments, View<float, 4> out, View<bool, 3> mask, i64 first, i64 last, Room room);
void fill_missing(Image<2> data, Mask<2> mask, View<std::int32_t, 2> far, View<float, 2> out);
}  // namespace superpose::LEVEL
