// Products of complex numbers that lie as pairs of floats.
#include "base.hpp"
#include "spectra.hpp"

namespace superpose::LEVEL {

void spectra_product(View<const float, 3> spectra, View<const float, 2> other, View<float, 2> out) {
  const i64 channels = other.shape[0], pairs = other.shape[1] / 2;
  for (i64 k = 0; k < spectra.shape[0]; ++k) {
    const View<float, 1> to = out[k];
    for (i64 channel = 0; channel < channels; ++channel) {
      const View<const float, 1> a = spectra[k][channel], b = other[channel];
      if (channel == 0) {
        for (i64 m = 0; m < pairs; ++m) {
          const i64 re = 2 * m, im = re + 1;
          to[re] = a[re] * b[re] - a[im] * b[im];
          to[im] = a[re] * b[im] + a[im] * b[re];
        }
      } else {
        for (i64 m = 0; m < pairs; ++m) {
          const i64 re = 2 * m, im = re + 1;
          to[re] += a[re] * b[re] - a[im] * b[im];
          to[im] += a[re] * b[im] + a[im] * b[re];
        }
      }
    }
  }
}

}  // namespace superpose::LEVEL
