// What the kernels with many arguments are passed; their meaning stands in the Python functions in front of them.
#pragma once
#include "base.hpp"

namespace superpose {

template <int D>
struct Squared {
  Image<D> fixed;
  Mask<D> kept;
  Image<D> image;
  Mask<D> usable;
  bool whole, cubic;
  View<const double, 2> matrix;
  View<const double, 3> generators;
  View<const double, 1> centre;
  double radius, gain, offset, cutoff;
  i64 first, last;
  View<const i64, 1> cuts;
};

}  // namespace superpose
