// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void seen_through(Image<3> scene, const Camera& camera, View<float, 3> out);
void add_seen_by(Image<3> frames, const Camera& camera, i64 first, i64 last, View<float, 3> into);
}  // namespace superpose::LEVEL
