// All kernels of one level; no include guard: levels.hpp includes it once for each.
#include "filter.hpp"
#include "histogram.hpp"
#include "orientation.hpp"
#include "sampled.hpp"
#include "shifts.hpp"
#include "squared.hpp"
#include "vector.hpp"
#include "warp.hpp"
