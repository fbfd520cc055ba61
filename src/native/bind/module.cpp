// The module, and which level of x86-64 its kernels run on.
#ifdef SUPERPOSE_V3
#include <cpuid.h>
#endif

#include <cstdlib>
#include <string>

#include "bind.hpp"

namespace superpose {

bool use_v3 = false;

namespace {

// Whether the processor has what the baseline is compiled for: of x86-64, v2.
bool has_baseline() {
#ifdef SUPERPOSE_V3
  unsigned a, b, c, d;
  constexpr unsigned SSE3 = 1u << 0, SSSE3 = 1u << 9, CMPXCHG16B = 1u << 13, SSE4_1 = 1u << 19, SSE4_2 = 1u << 20;
  constexpr unsigned POPCNT = 1u << 23, ALL = SSE3 | SSSE3 | CMPXCHG16B | SSE4_1 | SSE4_2 | POPCNT;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & ALL) == ALL;
#else
  return true;
#endif
}

// Whether processor and operating system have x86-64-v3. (Not by __builtin_cpu_supports: with Zig that says no.)
bool has_v3() {
#ifdef SUPERPOSE_V3
  unsigned a, b, c, d;
  constexpr unsigned FMA = 1u << 12, MOVBE = 1u << 22, OSXSAVE = 1u << 27, AVX = 1u << 28, F16C = 1u << 29;
  constexpr unsigned BMI1 = 1u << 3, AVX2 = 1u << 5, BMI2 = 1u << 8, LZCNT = 1u << 5, YMM = 6;
  constexpr unsigned BASIC = FMA | MOVBE | OSXSAVE | AVX | F16C, MORE = BMI1 | AVX2 | BMI2;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & BASIC) != BASIC) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & MORE) != MORE) return false;
  if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !(c & LZCNT)) return false;
  __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return (a & YMM) == YMM;
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
  if (!has_baseline()) throw nb::import_error("superpose's kernels need an x86-64-v2 processor (2009 or newer)");
  const char* wanted = std::getenv("SUPERPOSE_CPU");
  choose(wanted ? wanted : "");
  module.attr("LEVEL") = use_v3 ? "v3" : "baseline";
#ifdef SUPERPOSE_CHECKED
  module.attr("CHECKED") = true;
#else
  module.attr("CHECKED") = false;
#endif
  bind_blocks(module);
  bind_camera(module);
  bind_features(module);
  bind_filter(module);
  bind_frames(module);
  bind_histogram(module);
  bind_matching(module);
  bind_matrices(module);
  bind_noise(module);
  bind_orientation(module);
  bind_sampled(module);
  bind_shifts(module);
  bind_squared(module);
  bind_sums(module);
  bind_vector(module);
  bind_warp(module);
}
