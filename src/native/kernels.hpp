// All kernels of one level; no include guard: levels.hpp includes it once for each.
#include "sampled.hpp"
#include "squared.hpp"
