// Declares, for one level; no include guard: levels.hpp includes it once for each.
namespace superpose::LEVEL {
void direction_blocks(Image<3> fixed, Image<3> moving, Mask<2> mask, float cosine, float sine, i64 block,
                      View<double, 3> out, i64 first, i64 last);
}  // namespace superpose::LEVEL
