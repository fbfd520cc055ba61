// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void add_faded(const Faded& a, View<float, 2> into);
void faded_products(const Faded& a, Image<3> others, i64 first, i64 last, View<double, 1> out);
void highest_score(Image<2> scores, Image<2> factor, View<double, 1> out);
void powers(double cosine, double sine, View<float, 2> out);
void add_turned(Image<3> waves, Image<2> rows, Image<2> columns, View<float, 3> into);
}  // namespace superpose::LEVEL
