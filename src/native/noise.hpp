// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void interpolated_sums(const Noisy& a, View<double, 1> out);
}  // namespace superpose::LEVEL
