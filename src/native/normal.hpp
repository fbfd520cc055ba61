// The normal equations of a family of poses: what a segment of a line adds to them; for each level.
//
// A family is a tuple of generators. The parameters are its, then two that are solved along or stand for something
// else. What a segment adds is J G J^T: G, the products of the image's slopes, and J, how the generators move a pixel,
// which is a polynomial along the line: exact in the gradient, in the matrix but for the square that a perspective has.
// (Taken for constant, J of an overlap no wider than a segment leaves an affine pose's stretch undetermined.)
// Volumes know no perspective: theirs add the moments of G, of which the generators make the matrix at the end.
#pragma once
#include "sampling.hpp"

namespace superpose::LEVEL {
namespace {

// A segment's sums: w the weight, g the slopes, r the residual, m and n the slopes by the two other parameters, v the
// place along the line from the segment's middle, in radii.
template <int D, class T = double>
struct SegmentSums {
  T cost, count, weight;              // weight: whatever the metric keeps beside
  T gg[D][D], ggv[D][D], ggvv[D][D];  // w g g by powers of v, their lower triangles
  T rg[D], rgv[D], rgvv[D];           // w r g, by powers of v
  T mg[D], mgv[D], ng[D], ngv[D];     // w m g, w n g
  T mm, nm, nn, rm, rn;
};

// All lanes of a segment's sums added up.
template <int D>
SUPERPOSE_INLINE SegmentSums<D> whole(const SegmentSums<D, Lanes>& lanes) {
  static_assert(sizeof(SegmentSums<D, Lanes>) == sizeof(SegmentSums<D>) / sizeof(double) * sizeof(Lanes));
  SegmentSums<D> sums;
  constexpr int COUNT = sizeof sums / sizeof(double);
  const auto* from = reinterpret_cast<const Lanes*>(&lanes);
  auto* to = reinterpret_cast<double*>(&sums);
  for (int k = 0; k < COUNT; ++k) to[k] = sum(from[k]);
  return sums;
}

// Derivatives by the image's axes become those by the output's: `slopes` holds d(image's axis d) by the output's axis e.
template <int D>
SUPERPOSE_INLINE void turn(double (&vector)[D], const double (*slopes)[D]) {
  double own[D];
  for (int d = 0; d < D; ++d) own[d] = vector[d];
  for (int e = 0; e < D; ++e) {
    vector[e] = own[0] * slopes[0][e];
    for (int d = 1; d < D; ++d) vector[e] += own[d] * slopes[d][e];
  }
}
// Both sides of a symmetric matrix.
template <int D>
SUPERPOSE_INLINE void turn(double (&matrix)[D][D], const double (*slopes)[D]) {
  for (int d = 0; d < D; ++d) turn(matrix[d], slopes);
  for (int f = 0; f < D; ++f) {
    double column[D];
    for (int d = 0; d < D; ++d) column[d] = matrix[d][f];
    turn(column, slopes);
    for (int d = 0; d < D; ++d) matrix[d][f] = column[d];
  }
}

template <int D>
class NormalEquations {
  static constexpr int MOST = 8;  // generators; a multiple of four
#ifdef __AVX__
  typedef double Doubles __attribute__((vector_size(32)));
#else
  typedef double Doubles __attribute__((vector_size(16)));
#endif
  // As wide as registers are, which changes no bit: generators are never added up.
  static constexpr int WIDTH = sizeof(Doubles) / sizeof(double), PARTS = MOST / WIDTH;
  struct Row {
    Doubles x[PARTS];
  };

 public:
  NormalEquations() = default;
  // generators (n, D + 1, D + 1) act on coordinates about `centre` in units of `radius`.
  SUPERPOSE_INLINE NormalEquations(View<const double, 3> generators, View<const double, 1> centre, double radius)
      : count(static_cast<int>(generators.shape[0])), radius(radius) {
    check(count <= MOST);
    for (int d = 0; d < D; ++d) middle[d] = centre[d];
    for (int k = 0; k < count; ++k)
      for (int d = 0; d <= D; ++d)
        for (int e = 0; e <= D; ++e) generator[d][e].x[k / WIDTH][k % WIDTH] = generators(k, d, e);
  }

  // `lead` holds the line's indices along all axes but the last.
  SUPERPOSE_INLINE void begin_line(const i64* lead) {
    for (int e = 0; e < D - 1; ++e) u[e] = (static_cast<double>(lead[e]) - middle[e]) / radius;
    for (int d = 0; d <= D; ++d)
      for (int q = 0; q < PARTS; ++q) {
        Doubles total = generator[d][D].x[q];
        for (int e = 0; e < D - 1; ++e) total += generator[d][e].x[q] * u[e];
        at_line[d].x[q] = total;
      }
  }

  // `column` is the segment's middle. `slopes`, d(image's axis d) by the output's axis e, of an affine matrix; null
  // where the sums are of derivatives by the output's axes already.
  SUPERPOSE_INLINE void add(SegmentSums<D> s, double column, const double (*slopes)[D]) {
    if (slopes) turn_all(s, slopes);
    mirror(s.gg), mirror(s.ggv), mirror(s.ggvv);
    totals[0] += s.cost, totals[1] += s.count, totals[2] += s.weight;
    others[0] += s.mm, others[1] += s.nm, others[2] += s.nn, others[3] += s.rm, others[4] += s.rn;
    const double v = u[D - 1] = (column - middle[D - 1]) / radius;
    Row flow[D], flow_along[D], part[D], part_along[D];
    for (int q = 0; q < PARTS; ++q) {
      // The motion of a point x under p = G (x, 1) is p - p_w x.
      const Doubles w_change = generator[D][D - 1].x[q], w = at_line[D].x[q] + w_change * v;
      Doubles step = Doubles{}, by_m = Doubles{}, by_n = Doubles{};
      for (int d = 0; d < D; ++d) {
        const Doubles change = generator[d][D - 1].x[q], here = at_line[d].x[q] + change * v - w * u[d];
        Doubles along = change - w_change * u[d];
        if (d == D - 1) along -= w;
        flow[d].x[q] = here;
        flow_along[d].x[q] = along;
        step += here * s.rg[d] + along * s.rgv[d];
        by_m += here * s.mg[d] + along * s.mgv[d];
        by_n += here * s.ng[d] + along * s.ngv[d];
      }
      gradient.x[q] += step - w_change * s.rgvv[D - 1];
      with_m.x[q] += by_m;
      with_n.x[q] += by_n;
      for (int d = 0; d < D; ++d) {
        Doubles total = Doubles{}, total_along = Doubles{};
        for (int e = 0; e < D; ++e) {
          total += s.gg[d][e] * flow[e].x[q] + s.ggv[d][e] * flow_along[e].x[q];
          total_along += s.ggv[d][e] * flow[e].x[q] + s.ggvv[d][e] * flow_along[e].x[q];
        }
        part[d].x[q] = total;
        part_along[d].x[q] = total_along;
      }
    }
    for (int k = 0; k < count; ++k)
      for (int q = 0; q <= k / WIDTH; ++q) {
        Doubles total = Doubles{};
        for (int d = 0; d < D; ++d)
          total += flow[d].x[k / WIDTH][k % WIDTH] * part[d].x[q] +
                   flow_along[d].x[k / WIDTH][k % WIDTH] * part_along[d].x[q];
        matrix[k].x[q] += total;
      }
  }

  // out (3 + (n + 2) (n + 3)): cost, count, weight, gradient (n + 2), matrix (n + 2, n + 2).
  SUPERPOSE_INLINE void finish(View<double, 1> out) const {
    const int size = count + 2;
    const View<double, 2> full{&out[3 + size], {size, size}};
    check(out.shape[0] == 3 + size * (size + 1));
    for (int k = 0; k < 3; ++k) out[k] = totals[k];
    for (int k = 0; k < count; ++k) {
      out[3 + k] = gradient.x[k / WIDTH][k % WIDTH];
      for (int l = 0; l <= k; ++l) full(k, l) = full(l, k) = matrix[k].x[l / WIDTH][l % WIDTH];
      full(count, k) = full(k, count) = with_m.x[k / WIDTH][k % WIDTH];
      full(count + 1, k) = full(k, count + 1) = with_n.x[k / WIDTH][k % WIDTH];
    }
    out[3 + count] = others[3], out[4 + count] = others[4];
    full(count, count) = others[0], full(count + 1, count + 1) = others[2];
    full(count, count + 1) = full(count + 1, count) = others[1];
  }

 private:
  static SUPERPOSE_INLINE void turn_all(SegmentSums<D>& s, const double (*slopes)[D]) {
    mirror(s.gg), mirror(s.ggv), mirror(s.ggvv);
    turn(s.rg, slopes), turn(s.rgv, slopes), turn(s.rgvv, slopes);
    turn(s.mg, slopes), turn(s.mgv, slopes), turn(s.ng, slopes), turn(s.ngv, slopes);
    turn(s.gg, slopes), turn(s.ggv, slopes), turn(s.ggvv, slopes);
  }
  static SUPERPOSE_INLINE void mirror(double (&matrix)[D][D]) {
    for (int d = 0; d < D; ++d)
      for (int e = d + 1; e < D; ++e) matrix[d][e] = matrix[e][d];
  }

  int count = 0;
  double radius = 1.0, middle[D] = {}, u[D] = {};
  Row generator[D + 1][D + 1] = {}, at_line[D + 1] = {};
  double totals[3] = {}, others[5] = {};
  Row gradient = {}, with_m = {}, with_n = {}, matrix[MOST] = {};
};

// Of volumes, whose generators are affine: a point moves by J = A (x, 1), so that all segments together add J G J^T of
// the moments of G, by the products of (x, 1) with itself.
template <>
class NormalEquations<3> {
  static constexpr int D = 3, MOST = 12, ALL = D + 1;

 public:
  NormalEquations() = default;
  // generators (n, D + 1, D + 1), of no perspective, act on coordinates about `centre` in units of `radius`.
  SUPERPOSE_INLINE NormalEquations(View<const double, 3> generators, View<const double, 1> centre, double radius)
      : generators(generators), radius(radius) {
    check(generators.shape[0] <= MOST);
    for (int d = 0; d < D; ++d) middle[d] = centre[d];
  }

  // `lead` holds the line's indices along all axes but the last.
  SUPERPOSE_INLINE void begin_line(const i64* lead) {
    end_line();
    for (int e = 0; e < D - 1; ++e) u[e] = (static_cast<double>(lead[e]) - middle[e]) / radius;
  }

  // As of images: `slopes` are the same in all calls.
  SUPERPOSE_INLINE void add(const SegmentSums<D>& s, double column, const double (*slopes)[D]) {
    by = slopes;
    totals[0] += s.cost, totals[1] += s.count, totals[2] += s.weight;
    others[0] += s.mm, others[1] += s.nm, others[2] += s.nn, others[3] += s.rm, others[4] += s.rn;
    const double v = (column - middle[D - 1]) / radius;
    for (int d = 0; d < D; ++d) {
      for (int e = 0; e <= d; ++e) {
        const double along = s.ggv[d][e] + v * s.gg[d][e];
        line.gg[d][e] += s.gg[d][e];
        line.ggv[d][e] += along;
        line.ggvv[d][e] += s.ggvv[d][e] + v * (s.ggv[d][e] + along);
      }
      line.one[0][d] += s.rg[d], line.along[0][d] += s.rgv[d] + v * s.rg[d];
      line.one[1][d] += s.mg[d], line.along[1][d] += s.mgv[d] + v * s.mg[d];
      line.one[2][d] += s.ng[d], line.along[2][d] += s.ngv[d] + v * s.ng[d];
    }
  }

  // As of images.
  SUPERPOSE_INLINE void finish(View<double, 1> out) {
    end_line();
    const int count = static_cast<int>(generators.shape[0]), size = count + 2;
    const View<double, 2> full{&out[3 + size], {size, size}};
    check(out.shape[0] == 3 + size * (size + 1));
    double moment[ALL][ALL][D][D];
    for (int i = 0; i < ALL; ++i)
      for (int j = 0; j < ALL; ++j) {
        auto& here = moment[i][j];
        for (int d = 0; d < D; ++d)
          for (int e = 0; e < D; ++e) here[d][e] = matrix[most(i, j)][least(i, j)][most(d, e)][least(d, e)];
        if (by) turn(here, by);
      }
    if (by)
      for (auto& each : vectors)
        for (auto& vector : each) turn(vector, by);
    for (int k = 0; k < 3; ++k) out[k] = totals[k];
    for (int k = 0; k < count; ++k) {
      double part[D][ALL] = {}, sums[3] = {};
      for (int d = 0; d < D; ++d)
        for (int i = 0; i < ALL; ++i) {
          const double moves = generators(k, d, i);
          if (moves == 0.0) continue;
          for (int q = 0; q < 3; ++q) sums[q] += moves * vectors[q][i][d];
          for (int e = 0; e < D; ++e)
            for (int j = 0; j < ALL; ++j) part[e][j] += moves * moment[i][j][d][e];
        }
      out[3 + k] = sums[0];
      full(count, k) = full(k, count) = sums[1];
      full(count + 1, k) = full(k, count + 1) = sums[2];
      for (int l = 0; l <= k; ++l) {
        double total = 0.0;
        for (int e = 0; e < D; ++e)
          for (int j = 0; j < ALL; ++j) total += part[e][j] * generators(l, e, j);
        full(k, l) = full(l, k) = total;
      }
    }
    out[3 + count] = others[3], out[4 + count] = others[4];
    full(count, count) = others[0], full(count + 1, count + 1) = others[2];
    full(count, count + 1) = full(count + 1, count) = others[1];
  }

 private:
  // What a line has added so far, by powers of its place along itself; of w r g, w m g and w n g.
  struct Along {
    double gg[D][D], ggv[D][D], ggvv[D][D], one[3][D], along[3][D];
  };

  SUPERPOSE_INLINE void end_line() {
    const double at[ALL] = {u[0], u[1], 0.0, 1.0};
    for (int d = 0; d < D; ++d)
      for (int e = 0; e <= d; ++e) {
        for (int i = 0; i < ALL; ++i)
          for (int j = 0; j <= i; ++j) {
            double& sum = matrix[i][j][d][e];
            if (i == D - 1 && j == D - 1)
              sum += line.ggvv[d][e];
            else if (i == D - 1 || j == D - 1)
              sum += at[i == D - 1 ? j : i] * line.ggv[d][e];
            else
              sum += at[i] * at[j] * line.gg[d][e];
          }
      }
    for (int q = 0; q < 3; ++q)
      for (int i = 0; i < ALL; ++i)
        for (int d = 0; d < D; ++d) vectors[q][i][d] += i == D - 1 ? line.along[q][d] : at[i] * line.one[q][d];
    line = {};
  }

  View<const double, 3> generators = {};
  double radius = 1.0, middle[D] = {}, u[D - 1] = {};
  const double (*by)[D] = nullptr;
  Along line = {};
  double totals[3] = {}, others[5] = {};
  // By the products of (x, 1), lower triangles; of w r g, w m g and w n g, by (x, 1).
  double matrix[ALL][ALL][D][D] = {}, vectors[3][ALL][D] = {};
};

}  // namespace
}  // namespace superpose::LEVEL
