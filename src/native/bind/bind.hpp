// What all bindings share: arrays become views, and nothing is ever converted.
//
// An array of another dtype, byte order, rank or stride than a kernel wants is refused, and so is one that may not be
// written to where the kernel writes: a converted copy of an output would be filled and thrown away. (nanobind's own
// ndarray converts unless told not to argument by argument, and asks each array for DLPack first, which takes longer
// than small kernels do.)
#pragma once
#include <nanobind/nanobind.h>

#include <type_traits>

#include "../levels.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace superpose {

template <class T>
constexpr char format_of() {
  if constexpr (std::is_same_v<T, float>) return 'f';
  if constexpr (std::is_same_v<T, double>) return 'd';
  if constexpr (std::is_same_v<T, bool>) return '?';
  if constexpr (std::is_same_v<T, unsigned char>) return 'B';
  if constexpr (std::is_same_v<T, std::int16_t>) return 'h';
  if constexpr (std::is_same_v<T, std::int32_t>) return 'i';
  if constexpr (std::is_same_v<T, i64>) return 'q';
}
// What a signature in an error message says.
template <class T>
constexpr auto name_of() {
  using nb::detail::const_name;
  if constexpr (std::is_same_v<T, float>) return const_name("float32");
  if constexpr (std::is_same_v<T, double>) return const_name("float64");
  if constexpr (std::is_same_v<T, bool>) return const_name("bool");
  if constexpr (std::is_same_v<T, unsigned char>) return const_name("uint8");
  if constexpr (std::is_same_v<T, std::int16_t>) return const_name("int16");
  if constexpr (std::is_same_v<T, std::int32_t>) return const_name("int32");
  if constexpr (std::is_same_v<T, i64>) return const_name("int64");
}

inline void need(bool met, const char* what) {
  if (!met) throw nb::value_error(what);
}
template <class T, class U, int N>
void need_shape(const View<T, N>& array, const View<U, N>& other, i64 more, const char* what) {
  for (int axis = 0; axis < N; ++axis) need(array.shape[axis] == other.shape[axis] + more, what);
}
template <class T>
void need_square(const View<T, 2>& matrix, i64 size, const char* what) {
  need(matrix.shape[0] == size && matrix.shape[1] == size, what);
}
// Pixels are counted in 32 bits along a side; an output may have none.
inline void need_side(i64 size, i64 fewest = 1) {
  need(fewest <= size && size <= INT32_MAX, "an image's side must be 1 to 2^31 - 1 pixels");
}
template <class T, int N>
void need_sides(const View<T, N>& image, i64 fewest = 1) {
  for (int axis = 0; axis < N; ++axis) need_side(image.shape[axis], fewest);
}
inline void need_range(i64 first, i64 last, i64 count, const char* what) {
  need(0 <= first && first <= last && last <= count, what);
}

template <int D>
void need_generators(View<const double, 3> generators, View<const double, 1> centre, double radius) {
  need(generators.shape[0] <= (D == 3 ? 12 : 8) && generators.shape[1] == D + 1 && generators.shape[2] == D + 1,
       "generators must be (n, rank + 1, rank + 1), at most as many as all maps have");
  if constexpr (D == 3)
    for (i64 k = 0; k < generators.shape[0]; ++k)
      for (i64 e = 0; e <= D; ++e) need(generators(k, D, e) == 0.0, "generators of volumes must be affine");
  need(centre.shape[0] == D && radius > 0, "centre must have as many numbers as the rank, and radius be positive");
}

// Two channels for each pixel of a grid, padded by one before and two after along each axis.
template <class T, class U>
void need_field(const View<T, 3>& padded, const View<U, 2>& grid, const char* what) {
  need(padded.shape[0] == grid.shape[0] + 3 && padded.shape[1] == grid.shape[1] + 3 && padded.shape[2] == 2, what);
}

void bind_blocks(nb::module_& module);
void bind_camera(nb::module_& module);
void bind_features(nb::module_& module);
void bind_filter(nb::module_& module);
void bind_frames(nb::module_& module);
void bind_histogram(nb::module_& module);
void bind_matching(nb::module_& module);
void bind_matrices(nb::module_& module);
void bind_noise(nb::module_& module);
void bind_orientation(nb::module_& module);
void bind_sampled(nb::module_& module);
void bind_shifts(nb::module_& module);
void bind_squared(nb::module_& module);
void bind_sums(nb::module_& module);
void bind_vector(nb::module_& module);
void bind_warp(nb::module_& module);

}  // namespace superpose

template <class T, int N>
struct nanobind::detail::type_caster<superpose::View<T, N>> {
  using Element = std::remove_const_t<T>;
  using Views = superpose::View<T, N>;
  NB_TYPE_CASTER(Views, const_name("ndarray[") + superpose::name_of<Element>() + const_name(", rank ") +
                            const_name<N>() + const_name<std::is_const_v<T>>("]", ", writable]"))

  type_caster() = default;
  type_caster(const type_caster&) = delete;
  ~type_caster() {
    if (held) PyBuffer_Release(&buffer);
  }
  bool from_python(handle source, uint8_t, cleanup_list*) noexcept {
    const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (std::is_const_v<T> ? 0 : PyBUF_WRITABLE);
    if (PyObject_GetBuffer(source.ptr(), &buffer, flags) != 0) {
      PyErr_Clear();
      return false;
    }
    held = true;
    if (buffer.ndim != N || buffer.itemsize != sizeof(Element) || !is_named(buffer.format)) return false;
    value.data = static_cast<T*>(buffer.buf);
    for (int axis = 0; axis < N; ++axis) value.shape[axis] = buffer.shape[axis];
    return true;
  }

 private:
  static bool is_named(const char* format) {
    // What C calls "long" has 64 bits on most systems, and 32 on Windows.
    constexpr bool LONG = std::is_integral_v<Element> && sizeof(Element) == sizeof(long);
    return (format[0] == superpose::format_of<Element>() || (LONG && format[0] == 'l')) && format[1] == 0;
  }
  Py_buffer buffer;
  bool held = false;
};

// Either dtype: booleans, or weights in 255ths.
template <int N>
struct nanobind::detail::type_caster<superpose::Counts<N>> {
  using Counted = superpose::Counts<N>;
  NB_TYPE_CASTER(Counted, const_name("ndarray[bool or uint8, rank ") + const_name<N>() + const_name("]"))

  type_caster() = default;
  type_caster(const type_caster&) = delete;
  bool from_python(handle source, uint8_t flags, cleanup_list* cleanup) noexcept {
    if (mask.from_python(source, flags, cleanup)) {
      const auto& view = mask.value;
      value.bytes.data = reinterpret_cast<const unsigned char*>(view.data);
      for (int axis = 0; axis < N; ++axis) value.bytes.shape[axis] = view.shape[axis];
      value.one = 1.0f;
      return true;
    }
    if (!weights.from_python(source, flags, cleanup)) return false;
    value = {weights.value, 1.0f / 255};
    return true;
  }

 private:
  type_caster<superpose::View<const bool, N>> mask;
  type_caster<superpose::View<const unsigned char, N>> weights;
};
