// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void spectra_product(View<const float, 3> spectra, View<const float, 2> other, View<float, 2> out);
}  // namespace superpose::LEVEL
