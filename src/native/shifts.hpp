// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void turned(Image<3> field, Mask<2> usable, View<const double, 2> matrix, double cosine, double sine, i64 block,
            View<float, 3> out, View<float, 3> low, View<float, 2> columns);
void spectral_products(Image<3> moving, Image<2> fixed, View<float, 2> out);
void best_shifts(const Shifts& arguments, View<double, 2> found, View<double, 1> null);
}  // namespace superpose::LEVEL
