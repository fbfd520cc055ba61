// Products, exponentials and solutions of small matrices, added up in the order of rows and columns.
#include "base.hpp"
#include "matrices.hpp"

namespace superpose::LEVEL {
namespace {

typedef View<double, 2> Matrix;
typedef View<const double, 2> Given;

SUPERPOSE_INLINE Given given(const Matrix& matrix) { return {matrix.data, {matrix.shape[0], matrix.shape[1]}}; }

// So many columns of a row at once, from the column j on: each is added up in the order of rows, and waits for no other.
template <i64 ABREAST>
SUPERPOSE_INLINE i64 multiply_row(const Given& first, const Given& second, const Matrix& out, i64 i, i64 j) {
  for (; j + ABREAST <= out.shape[1]; j += ABREAST) {
    double totals[ABREAST] = {};
    for (i64 k = 0; k < second.shape[0]; ++k) {
      const double factor = first(i, k);
      for (i64 n = 0; n < ABREAST; ++n) totals[n] += factor * second(k, j + n);
    }
    for (i64 n = 0; n < ABREAST; ++n) out(i, j + n) = totals[n];
  }
  return j;
}

SUPERPOSE_INLINE void multiply(const Given& first, const Given& second, const Matrix& out) {
  for (i64 i = 0; i < out.shape[0]; ++i) {
    const i64 done = multiply_row<8>(first, second, out, i, 0);
    multiply_row<1>(first, second, out, i, multiply_row<2>(first, second, out, i, done));
  }
}

SUPERPOSE_INLINE void copy(const Given& from, const Matrix& to) {
  for (i64 k = 0; k < to.size(); ++k) to.flat()[k] = from.flat()[k];
}

// What is known of a row's first numbers is subtracted from the next.
template <class Row, class Known>
SUPERPOSE_INLINE double less_known(double number, const Row& row, const Known& known, i64 count) {
  double total = 0.0;
  for (i64 k = 0; k < count; ++k) total += row[k] * known[k];
  return number - total;
}

}  // namespace

void product(Given first, Given second, Matrix out) { multiply(first, second, out); }

void exponential(Given tangent, Matrix out, View<double, 3> scratch) {
  const Matrix small = scratch[0], term = scratch[1], next = scratch[2];
  const i64 count = out.size(), size = out.shape[0];
  double reach = 0.0, scale = 1.0;
  for (i64 k = 0; k < count; ++k) reach += __builtin_fabs(tangent.flat()[k]);
  if (!(reach < 1e300)) return out.fill(__builtin_nan(""));
  int halvings = 0;
  for (; reach >= 0.25; ++halvings) reach *= 0.5, scale *= 0.5;
  for (i64 k = 0; k < count; ++k) small.flat()[k] = tangent.flat()[k] * scale;
  out.fill(0.0);
  for (i64 k = 0; k < size; ++k) out(k, k) = 1.0;
  copy(given(out), term);
  double left = 1.0;
  for (int k = 1; left > 1e-18; ++k) {
    multiply(given(term), given(small), next);
    for (i64 n = 0; n < count; ++n) out.flat()[n] += term.flat()[n] = next.flat()[n] / k;
    left *= reach / k;
  }
  for (; halvings > 0; --halvings) {
    multiply(given(out), given(out), next);
    copy(given(next), out);
  }
}

bool solution(Given matrix, Given right, Matrix out, Matrix lower) {
  const i64 size = matrix.shape[0];
  // The last line of `lower` holds the diagonal, the one before that a row on its way.
  const View<double, 1> scaled = lower[size], diagonal = lower[size + 1];
  for (i64 k = 0; k < size; ++k) {
    for (i64 j = 0; j < k; ++j) scaled[j] = less_known(matrix(k, j), scaled, lower[j], j);
    for (i64 j = 0; j < k; ++j) lower(k, j) = scaled[j] / diagonal[j];
    diagonal[k] = less_known(matrix(k, k), scaled, lower[k], k);
    if (diagonal[k] == 0.0) return false;
  }
  for (i64 n = 0; n < right.shape[0]; ++n) {
    const View<double, 1> found = out[n];
    for (i64 k = 0; k < size; ++k) found[k] = less_known(right(n, k), lower[k], found, k);
    for (i64 k = 0; k < size; ++k) found[k] /= diagonal[k];
    for (i64 k = size - 1; k > 0; --k)
      for (i64 i = 0; i < k; ++i) found[i] -= lower(k, i) * found[k];
  }
  return true;
}

}  // namespace superpose::LEVEL
