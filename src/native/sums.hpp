// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void pair_sums(View<const float, 1> a, View<const float, 1> b, Mask<1> mask, double shift_a, double shift_b, i64 first,
               i64 last, View<double, 1> out);
void pair_sums(View<const double, 1> a, View<const double, 1> b, Mask<1> mask, double shift_a, double shift_b,
               i64 first, i64 last, View<double, 1> out);
void robust_sums(View<const double, 1> a, View<const double, 1> b, double gain, double offset, double inverse,
                 double floor, View<double, 1> out);
}  // namespace superpose::LEVEL
