// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void nearest_two(const Nearest& arguments, View<i64, 1> index, View<std::int32_t, 2> far, View<std::int32_t, 1> room);
void support(const Support& arguments, View<double, 1> out);
void transfer_errors(const Transfer& arguments, double alike, View<double, 1> out);
void transfer_sums(const Transfer& arguments, View<const double, 1> weights, View<double, 2> out);
}  // namespace superpose::LEVEL
