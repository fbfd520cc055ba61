// The module, and which level of x86-64 its kernels run on.
#include <cstdlib>
#include <string>

#include "bind.hpp"

namespace superpose {

bool use_v3 = false;

namespace {

bool has_v3() {
#ifdef SUPERPOSE_V3
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
#else
  return false;
#endif
}

void choose(const std::string& wanted) {
  if (wanted != "" && wanted != "v2" && wanted != "v3")
    throw nb::value_error(("SUPERPOSE_CPU must be v2, v3 or unset, and is '" + wanted + "'").c_str());
  if (wanted == "v3" && !has_v3()) throw nb::value_error("SUPERPOSE_CPU is v3, which this processor is not");
  use_v3 = wanted != "v2" && has_v3();
}

}  // namespace
}  // namespace superpose

NB_MODULE(_native, module) {
  using namespace superpose;
  const char* wanted = std::getenv("SUPERPOSE_CPU");
  choose(wanted ? wanted : "");
  module.attr("LEVEL") = use_v3 ? "v3" : "baseline";
#ifdef SUPERPOSE_CHECKED
  module.attr("CHECKED") = true;
#else
  module.attr("CHECKED") = false;
#endif
  bind_histogram(module);
  bind_orientation(module);
  bind_sampled(module);
  bind_shifts(module);
  bind_squared(module);
  bind_vector(module);
}
