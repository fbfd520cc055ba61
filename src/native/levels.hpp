// Every kernel's declaration, once for each level of x86-64 that is told apart, and the choice between them.
#pragma once
#include "arguments.hpp"

#define LEVEL baseline
#include "kernels.hpp"
#undef LEVEL
#ifdef SUPERPOSE_V3
#define LEVEL v3
#include "kernels.hpp"
#undef LEVEL
#endif

namespace superpose {
// Whether the kernels for x86-64-v3 run; set once, when the module is imported.
extern bool use_v3;
}  // namespace superpose

#ifdef SUPERPOSE_V3
#define SUPERPOSE_CALL(kernel, ...) \
  (superpose::use_v3 ? superpose::v3::kernel(__VA_ARGS__) : superpose::baseline::kernel(__VA_ARGS__))
#else
#define SUPERPOSE_CALL(kernel, ...) superpose::baseline::kernel(__VA_ARGS__)
#endif
