// What the kernels with many arguments are passed; their meaning stands in the Python functions in front of them.
#pragma once
#include "base.hpp"

namespace superpose {

struct Halving {
  Image<4> data;
  Image<3> kept;
  bool complete;
  Image<1> row_taps, column_taps, line_weights, column_weights;
};

template <int D>
struct Warped {
  Image<D> data;
  Mask<D> mask;
  bool whole;
  View<const double, 2> matrix;
  double edge;
  i64 first, last;
};

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
