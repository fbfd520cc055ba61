// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
double gradients(Image<2> data, Mask<2> mask, View<float, 2> by_row, View<float, 2> by_column, View<bool, 2> usable);
void doubled(Image<2> by_row, Image<2> by_column, float damping, View<float, 3> padded);
}  // namespace superpose::LEVEL
