// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void vector_rows(const Vector& arguments, View<double, 1> out);
}  // namespace superpose::LEVEL
