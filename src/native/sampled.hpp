// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void sampled_rows(Image<2> image, Mask<2> usable, View<const double, 2> matrix, i64 first, i64 step,
                  View<float, 2> values, View<float, 2> weights);
}  // namespace superpose::LEVEL
