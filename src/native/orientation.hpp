// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void gradient_lengths(Image<2> data, Mask<2> mask, i64 first, i64 last, View<double, 1> out);
void directions(Image<2> data, Mask<2> mask, float damping, bool signs, View<float, 3> out, View<bool, 2> usable,
                i64 first, i64 last);
void padded(Image<3> parts, View<float, 3> out);
}  // namespace superpose::LEVEL
