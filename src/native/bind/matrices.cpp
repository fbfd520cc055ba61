#include <vector>

#include "bind.hpp"

namespace superpose {
namespace {

// Small matrices are done before another thread could have taken over: the GIL is kept.
typedef View<double, 2> Matrix;
typedef View<const double, 2> Given;

void product(Given first, Given second, Matrix out) {
  need(first.shape[1] == second.shape[0], "second must have as many rows as first has columns");
  need(out.shape[0] == first.shape[0] && out.shape[1] == second.shape[1],
       "out must have the rows of first and the columns of second");
  SUPERPOSE_CALL(product, first, second, out);
}

void exponential(Given tangent, Matrix out) {
  const i64 size = tangent.shape[0];
  need_square(tangent, size, "tangent must be square");
  need_square(out, size, "out must have tangent's shape");
  std::vector<double> scratch(3 * size * size);
  SUPERPOSE_CALL(exponential, tangent, out, View<double, 3>{scratch.data(), {3, size, size}});
}

bool solution(Given matrix, Given right, Matrix out) {
  const i64 size = matrix.shape[0];
  need_square(matrix, size, "matrix must be square");
  need(right.shape[1] == size, "right must have as many columns as matrix has rows");
  need_shape(out, right, 0, "out must have right's shape");
  std::vector<double> scratch((size + 2) * size);
  return SUPERPOSE_CALL(solution, matrix, right, out, Matrix{scratch.data(), {size + 2, size}});
}

}  // namespace

void bind_matrices(nb::module_& module) {
  module.def("product", &product, "first"_a, "second"_a, "out"_a);
  module.def("exponential", &exponential, "tangent"_a, "out"_a);
  module.def("solution", &solution, "matrix"_a, "right"_a, "out"_a);
}

}  // namespace superpose
