// All kernels of one level; no include guard: levels.hpp includes it once for each.
#include "filter.hpp"
#include "sampled.hpp"
#include "squared.hpp"
#include "warp.hpp"
