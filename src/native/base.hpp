// What every kernel is written with: views of arrays, and lanes.
//
// Kernels are compiled once for each level (see levels.hpp). Whatever they share must be inlined: a function that the
// linker keeps one copy of may be the one for a newer processor.
#pragma once
#include <cstdint>
#include <cstring>
#ifdef SUPERPOSE_CHECKED
#include <stdexcept>
#endif

#define SUPERPOSE_INLINE inline __attribute__((always_inline))
#define SUPERPOSE_LAMBDA __attribute__((always_inline))

namespace superpose {

using i64 = std::int64_t;

#ifdef SUPERPOSE_CHECKED
SUPERPOSE_INLINE void check(bool inside) {
  if (!inside) throw std::out_of_range("a kernel reached beyond an array");
}
#else
SUPERPOSE_INLINE void check(bool) {}
#endif

// A C-contiguous array of N axes, or a part of one. Offsets are 64-bit: an image may exceed 2^31 pixels.
template <class T, int N>
struct View {
  T* data;
  i64 shape[N];

  SUPERPOSE_INLINE i64 size() const {
    i64 count = 1;
    for (int axis = 0; axis < N; ++axis) count *= shape[axis];
    return count;
  }
  SUPERPOSE_INLINE decltype(auto) operator[](i64 index) const {
    check(index >= 0 && index < shape[0]);
    if constexpr (N == 1) {
      return (data[index]);
    } else {
      View<T, N - 1> part;
      i64 stride = 1;
      for (int axis = 1; axis < N; ++axis) stride *= part.shape[axis - 1] = shape[axis];
      part.data = data + index * stride;
      return part;
    }
  }
  template <class... I>
  SUPERPOSE_INLINE T& operator()(i64 first, I... rest) const {
    static_assert(sizeof...(I) == N - 1);
    if constexpr (N == 1)
      return (*this)[first];
    else
      return (*this)[first](rest...);
  }
  SUPERPOSE_INLINE View<T, 1> flat() const { return {data, {size()}}; }
  SUPERPOSE_INLINE void fill(T value) const {
    const i64 count = size();
    for (i64 k = 0; k < count; ++k) data[k] = value;
  }
};

// One line of an array, along its last axis; `lead` holds its indices along all others.
template <class T, int N>
SUPERPOSE_INLINE View<T, 1> line_at(const View<T, N>& array, const i64* lead) {
  if constexpr (N == 1)
    return array;
  else
    return line_at(array[lead[0]], lead + 1);
}

// Arrays are cut into chunks along the first axis: how many lines of an array of `rank` lie between two of its indices,
// and a line's indices along all axes but the last.
SUPERPOSE_INLINE i64 line_count(const i64* shape, int rank, i64 first, i64 last) {
  i64 lines = last - first;
  for (int axis = 1; axis < rank - 1; ++axis) lines *= shape[axis];
  return lines;
}
template <int D>
SUPERPOSE_INLINE void lead_of(i64 line, i64 first, const i64* shape, i64* lead) {
  for (int axis = D - 2; axis > 0; --axis) lead[axis] = line % shape[axis], line /= shape[axis];
  lead[0] = first + line;
}

// A part of a line.
template <class T>
SUPERPOSE_INLINE View<T, 1> part_of(const View<T, 1>& line, i64 from, i64 count) {
  check(from >= 0 && count >= 0 && from + count <= line.shape[0]);
  return {line.data + from, {count}};
}

// What is left of a kernel's working memory, zeros at first, which its binding brings along.
struct Room {
  View<float, 1> left;

  SUPERPOSE_INLINE View<float, 1> take(i64 count) {
    const View<float, 1> taken = part_of(left, 0, count);
    left = part_of(left, count, left.shape[0] - count);
    return taken;
  }
};

// The pixel that stands for one beyond the border: mirrored about the outer pixels' centres.
SUPERPOSE_INLINE i64 mirrored(i64 index, i64 size) {
  if (index >= 0 && index < size) return index;
  if (size == 1) return 0;
  const i64 period = 2 * (size - 1);
  index = (index < 0 ? -index : index) % period;
  return index >= size ? period - index : index;
}

template <int N>
using Image = View<const float, N>;
template <int N>
using Mask = View<const bool, N>;

// How much pixels count: a mask's bytes, 0 or 1, or weights in 255ths; `one` is what a byte of 1 stands for.
template <int N>
struct Counts {
  View<const unsigned char, N> bytes;
  float one;
};

// A mask's bytes, 0 or 1: the compiler makes vectors of these, of bool it does not.
SUPERPOSE_INLINE View<const unsigned char, 1> bytes_of(const Mask<1>& mask) {
  return {reinterpret_cast<const unsigned char*>(mask.data), {mask.shape[0]}};
}

// The sums of several numbers side by side: eight of them on every level, so that their order, and so their bits, are
// the same everywhere.
constexpr int LANES = 8;
typedef float Lanes __attribute__((vector_size(4 * LANES)));

SUPERPOSE_INLINE Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
typedef float Four __attribute__((vector_size(16)));
SUPERPOSE_INLINE double sum(const Lanes& a) {
  typedef double Doubles __attribute__((vector_size(32)));
  Four half[2];
  std::memcpy(half, &a, sizeof half);
  const Doubles b = __builtin_convertvector(half[0], Doubles) + __builtin_convertvector(half[1], Doubles);
  return (b[0] + b[2]) + (b[1] + b[3]);
}

// Half of two vectors' numbers. (Taken one by one, GCC may take them through memory.)
template <int... PLACES, class V>
SUPERPOSE_INLINE V pick(V a, V b) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, PLACES...);
#else
  return __builtin_shuffle(a, b, decltype(a < b){PLACES...});
#endif
}
SUPERPOSE_INLINE float sum(Four a) { return (a[0] + a[2]) + (a[1] + a[3]); }

template <class T>
SUPERPOSE_INLINE T least(T a, T b) {
  return b < a ? b : a;
}
template <class T>
SUPERPOSE_INLINE T most(T a, T b) {
  return a < b ? b : a;
}
template <class T>
SUPERPOSE_INLINE T held(T value, T low, T high) {
  return least(most(value, low), high);
}

// A few numbers on the stack, aligned for lanes.
template <class T, int COUNT>
struct Block {
  alignas(32) T x[COUNT];
  SUPERPOSE_INLINE T& operator[](i64 k) {
    check(k >= 0 && k < COUNT);
    return x[k];
  }
  SUPERPOSE_INLINE const T& operator[](i64 k) const {
    check(k >= 0 && k < COUNT);
    return x[k];
  }
};

}  // namespace superpose
