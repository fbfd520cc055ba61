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

// Of several images that share a mask: the first axis of `data` is theirs.
template <int D>
struct Warped {
  Image<D + 1> data;
  Mask<D> mask;
  bool whole;
  View<const double, 2> matrix;
  double edge;
  View<const i64, 2> offsets;
  i64 first, last;
};

template <int D>
struct Squared {
  Image<D> fixed;
  Counts<D> kept;
  Image<D> image;
  Counts<D> usable;
  bool whole, cubic;
  View<const double, 2> matrix;
  View<const double, 3> generators;
  View<const double, 1> centre;
  double radius, gain, offset, cutoff;
  i64 first, last;
  View<const i64, 1> cuts;
};

struct Vector {
  Image<3> fixed;
  Counts<2> kept;
  Image<3> field;
  Counts<2> usable;
  View<const double, 2> matrix;
  View<const double, 3> generators;
  View<const double, 1> centre;
  double radius, gain, cosine, sine;
  i64 first, last;
};

template <int D>
struct Histogram {
  View<const std::int16_t, D> bins;
  Image<D> image;
  Counts<D> usable;
  bool cubic;
  View<const double, 2> matrix;
  double low, scale;
  i64 first, last;
  View<float, D> places;
  View<float, D + 1> slopes;
};

template <int D>
struct Slopes {
  View<const std::int16_t, D> bins;
  Image<D> places;
  Image<D + 1> slopes;
  Image<2> slope, curvature;
  View<const double, 3> generators;
  View<const double, 1> centre;
  double radius;
  i64 first, last;
};

// Where a finer image's pixels lie in a frame, and by how much a frame's pixel sees what lies how far from it.
struct Camera {
  static constexpr int TAPS = 64;
  View<const double, 2> matrix;
  Image<1> response;
  double steps;
};

struct Noisy {
  View<const double, 1> gain, slope;
  View<const double, 2> matrix;
  View<const i64, 1> fixed, moving, steps;
  View<const double, 1> centre;
  double radius;
};

// Scratch: `nodes` (blocks of a line + 1), `lines` (5, width), `highest` (height).
struct Shifts {
  View<float, 2> product;
  Image<3> norms;
  i64 block;
  double least, smaller, most;
  View<const double, 1> floors, reach;
  View<float, 1> nodes;
  View<float, 2> lines;
  View<float, 1> highest;
};

// A frame that fades out at its borders, by weights of rows and columns, less a level; where it lies on a canvas.
struct Faded {
  Image<2> frame;
  Image<1> rows, columns;
  float less;
  i64 top, left;
};

// Three neighbouring scales of what has maxima.
struct Maxima {
  Image<2> below, here, above;
  float least;
  i64 edge, first, last;
};

// Points of an image and frames about them; a function's own table, and of directions (cosine, sine), where it has one.
struct Patches {
  Image<2> data;
  Mask<2> mask;
  bool whole;
  Image<2> points;
  Image<3> frames;
  float inner;
  Image<1> window;
  Image<2> directions;
  i64 first, last;
};

struct Nearest {
  View<const std::int16_t, 2> a, b;
  View<const std::int32_t, 1> own, squares;
  Image<2> places;
  float apart;
  i64 first, last;
};

// Pairs of points and a matrix that takes one to about the other; `maps` where they are looked at.
struct Transfer {
  View<const double, 2> fixed, moving, matrix;
  View<const double, 3> maps;
};

struct Support {
  View<const double, 2> fixed, moving;
  View<const double, 3> maps;
  View<const double, 1> weights;
  double near, reach, pixels, relative, alike;
  i64 first, last;
};

}  // namespace superpose
