// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void hessian(Image<2> data, float strength, View<float, 2> out, i64 first, i64 last);
i64 maxima(const Maxima& arguments, View<float, 2> out);
void shapes(const Patches& arguments, i64 steps, float longest, View<float, 3> out, View<bool, 1> usable);
void turns(const Patches& arguments, float weaker, View<float, 4> out, View<bool, 2> usable);
void descriptors(const Patches& arguments, View<std::int16_t, 2> out);
}  // namespace superpose::LEVEL
