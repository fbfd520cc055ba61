// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void squared_rows(const Squared<2>& arguments, View<double, 2> out);
void squared_rows(const Squared<3>& arguments, View<double, 2> out);
}  // namespace superpose::LEVEL
