// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void histogram_rows(const Histogram<2>& arguments, View<double, 2> out);
void histogram_rows(const Histogram<3>& arguments, View<double, 2> out);
void slope_rows(const Slopes<2>& arguments, View<double, 1> out);
void slope_rows(const Slopes<3>& arguments, View<double, 1> out);
}  // namespace superpose::LEVEL
