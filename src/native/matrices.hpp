// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void product(View<const double, 2> first, View<const double, 2> second, View<double, 2> out);
void exponential(View<const double, 2> tangent, View<double, 2> out, View<double, 3> scratch);
bool solution(View<const double, 2> matrix, View<const double, 2> right, View<double, 2> out, View<double, 2> lower);
}  // namespace superpose::LEVEL
