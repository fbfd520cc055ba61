#include "bind.hpp"

namespace superpose {
namespace {

void spectra_product(View<const float, 3> spectra, View<const float, 2> other, View<float, 2> out) {
  need(other.shape[0] > 0 && other.shape[1] % 2 == 0, "other must have a channel, and its numbers lie in pairs");
  need(spectra.shape[1] == other.shape[0] && spectra.shape[2] == other.shape[1], "spectra must be as long as other");
  need(out.shape[0] == spectra.shape[0] && out.shape[1] == other.shape[1], "out must be spectra without channels");
  nb::gil_scoped_release free;
  SUPERPOSE_CALL(spectra_product, spectra, other, out);
}

}  // namespace

void bind_spectra(nb::module_& module) {
  module.def("spectra_product", &spectra_product, "spectra"_a, "other"_a, "out"_a);
}

}  // namespace superpose
