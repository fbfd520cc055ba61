// Local features: maxima of the Hessian's determinant across scales, and the patches about them, which are brought to a
// shape and a turn of their own and described by the directions of their gradients.
//
// A patch is a frame, which takes the square from -1 to 1 along both axes to the image's pixels, and is sampled evenly.
#include "arguments.hpp"
#include "features.hpp"
#include "wide.hpp"

namespace superpose::LEVEL {
namespace {

// Samples of a line of a patch, its outer ones without a gradient, and room for whole lanes.
constexpr int SHAPE = 21, PATCH = 35, ROOM = 40;
static_assert(ROOM % LANES == 0 && ROOM >= PATCH);
constexpr int TURNS = 36, ANGLES = 8, CELLS = 4;

struct Patch {
  Block<float, PATCH * ROOM> x;
};
struct Slopes {
  Block<float, ROOM> by_row, by_column;
};

// A number within 0 to `high`: 0 if it is none.
SUPERPOSE_INLINE float within(float value, float high) { return value > 0.0f ? least(value, high) : 0.0f; }

// Samples linearly, what lies beyond the border being what is nearest to it.
template <int SIDE>
SUPERPOSE_INLINE void sample(const Image<2>& data, const Image<1>& point, const float* frame, Patch& out) {
  const i64 width = data.shape[1];
  const Image<1> flat = data.flat();
  const float middle = (SIDE - 1) / 2, step = 1.0f / (middle - 1.0f);
  const float top = static_cast<float>(data.shape[0] - 1), side = static_cast<float>(width - 1);
  const std::int32_t rows = static_cast<std::int32_t>(data.shape[0] - 2), columns = static_cast<std::int32_t>(width - 2);
  Block<std::int32_t, ROOM> row, column;
  Block<float, ROOM> down, right;
  for (int j = 0; j < SIDE; ++j) {
    const float p = (static_cast<float>(j) - middle) * step;
    const float first = point[0] + frame[0] * p, second = point[1] + frame[2] * p;
    for (int i = 0; i < ROOM; ++i) {
      const float q = (static_cast<float>(i) - middle) * step;
      const float y = within(first + frame[1] * q, top), x = within(second + frame[3] * q, side);
      row[i] = least(static_cast<std::int32_t>(y), rows), column[i] = least(static_cast<std::int32_t>(x), columns);
      down[i] = y - static_cast<float>(row[i]), right[i] = x - static_cast<float>(column[i]);
    }
    for (int i = 0; i < SIDE; ++i) {
      const i64 at = row[i] * width + column[i];
      const float a = flat[at], b = flat[at + 1], c = flat[at + width], d = flat[at + width + 1];
      const float upper = a + right[i] * (b - a), lower = c + right[i] * (d - c);
      out.x[j * ROOM + i] = upper + down[i] * (lower - upper);
    }
  }
}

// Of line j, whose samples 1 to SIDE - 2 have a gradient; elsewhere it is 0.
template <int SIDE>
SUPERPOSE_INLINE void slopes(const Patch& patch, int j, Slopes& out) {
  for (int i = 1; i < SIDE - 1; ++i) {
    const int at = j * ROOM + i;
    out.by_row[i] = patch.x[at + ROOM] - patch.x[at - ROOM];
    out.by_column[i] = patch.x[at + 1] - patch.x[at - 1];
  }
}

// The angle of a vector in turns, 0 to 1: the arc tangent by a polynomial (M. Abramowitz and I. Stegun, 4.4.49),
// to 2e-6 of a turn.
SUPERPOSE_INLINE float turn_of(float y, float x) {
  const float a = __builtin_fabsf(x), b = __builtin_fabsf(y), low = least(a, b), high = most(a, b);
  const float t = low / (high + 1e-30f), s = t * t;
  float turn = t * (0.15913361f + s * (-0.05256879f + s * (0.02867033f + s * (-0.01354934f + s * 0.00331601f))));
  turn = b > a ? 0.25f - turn : turn;
  turn = x < 0.0f ? 0.5f - turn : turn;
  return y < 0.0f ? 1.0f - turn : turn;
}

// Lengths, weighed, and directions in `count` parts of a turn: the part, and how far beyond it.
struct Directions {
  Block<float, ROOM> length, beyond;
  Block<std::int32_t, ROOM> part;
};
SUPERPOSE_INLINE void directions_of(const Slopes& slope, const Image<1>& window, float weight, int count,
                                    Directions& out) {
  const float parts = static_cast<float>(count);
  for (int i = 1; i < PATCH - 1; ++i) {
    const float y = slope.by_row[i], x = slope.by_column[i];
    out.length[i] = __builtin_sqrtf(y * y + x * x) * (weight * window[i]);
    const float place = within(turn_of(x, y), 1.0f) * parts;
    out.part[i] = static_cast<std::int32_t>(place);
    out.beyond[i] = place - static_cast<float>(out.part[i]);
  }
}

// Whether all of a patch within a part of its circle lies on pixels that count.
SUPERPOSE_INLINE bool lies_inside(const Patches& a, const Image<1>& point, const float* frame) {
  const float top = static_cast<float>(a.mask.shape[0] - 1), side = static_cast<float>(a.mask.shape[1] - 1);
  const float y = point[0], x = point[1];
  const float tall = a.inner * __builtin_sqrtf(frame[0] * frame[0] + frame[1] * frame[1]);
  const float wide = a.inner * __builtin_sqrtf(frame[2] * frame[2] + frame[3] * frame[3]);
  if (!(y - tall >= 0.0f && x - wide >= 0.0f && y + tall <= top && x + wide <= side)) return false;
  if (a.whole) return true;
  constexpr int STEPS = 8;
  for (int j = -STEPS; j <= STEPS; ++j)
    for (int i = -STEPS; i <= STEPS; ++i) {
      if (j * j + i * i > STEPS * STEPS) continue;
      const float p = a.inner * static_cast<float>(j) / STEPS, q = a.inner * static_cast<float>(i) / STEPS;
      const float row = within(y + frame[0] * p + frame[1] * q, top);
      const float column = within(x + frame[2] * p + frame[3] * q, side);
      if (!a.mask(static_cast<i64>(row + 0.5f), static_cast<i64>(column + 0.5f))) return false;
    }
  return true;
}

// Where between its neighbours a parabola through three values has its top, at most half way to either.
SUPERPOSE_INLINE float top_of(float before, float here, float after) {
  const float bend = before - 2.0f * here + after;
  return bend < 0.0f ? held(0.5f * (before - after) / bend, -0.5f, 0.5f) : 0.0f;
}

// A patch's histogram of directions, each of which counts for the two nearest parts.
SUPERPOSE_INLINE void histogram_of(const Patches& a, const Patch& patch, Block<float, TURNS>& out) {
  Block<float, TURNS + 1> count = {};
  Slopes slope;
  Directions found;
  for (int j = 1; j < PATCH - 1; ++j) {
    slopes<PATCH>(patch, j, slope);
    directions_of(slope, a.window, a.window[j], TURNS, found);
    for (int i = 1; i < PATCH - 1; ++i) {
      const int part = least(found.part[i], TURNS - 1);
      const float second = found.length[i] * found.beyond[i];
      count[part] += found.length[i] - second;
      count[part + 1] += second;
    }
  }
  count[0] += count[TURNS];
  for (int round = 0; round < 3; ++round) {
    for (int k = 0; k < TURNS; ++k)
      out[k] = (count[(k + TURNS - 1) % TURNS] + count[k] + count[(k + 1) % TURNS]) * (1.0f / 3);
    for (int k = 0; k < TURNS; ++k) count[k] = out[k];
  }
}

// Directions by place in the patch: a line's are added up first, as they share their places along the other axis.
SUPERPOSE_INLINE void cells_of(const Patches& a, const Patch& patch, Block<float, CELLS * CELLS * ANGLES>& out) {
  constexpr int AROUND = CELLS + 2, LINE = AROUND * (ANGLES + 1), INNER = PATCH - 2;
  Block<float, AROUND * LINE> count = {};
  Slopes slope;
  Directions found;
  Block<std::int32_t, ROOM> cell;
  Block<float, ROOM> beyond;
  for (int i = 1; i < PATCH - 1; ++i) {
    // A cell's middle lies half a cell beyond its border; one more cell lies around all.
    const float place = (static_cast<float>(i - 1) + 0.5f) * (static_cast<float>(CELLS) / INNER) + 0.5f;
    cell[i] = static_cast<std::int32_t>(place), beyond[i] = place - static_cast<float>(cell[i]);
  }
  for (int j = 1; j < PATCH - 1; ++j) {
    Block<float, LINE> line = {};
    slopes<PATCH>(patch, j, slope);
    directions_of(slope, a.window, a.window[j], ANGLES, found);
    for (int i = 1; i < PATCH - 1; ++i) {
      const int at = cell[i] * (ANGLES + 1) + least(found.part[i], ANGLES - 1), next = at + ANGLES + 1;
      const float second = found.length[i] * beyond[i], first = found.length[i] - second;
      const float a1 = first * found.beyond[i], b1 = second * found.beyond[i];
      line[at] += first - a1, line[at + 1] += a1;
      line[next] += second - b1, line[next + 1] += b1;
    }
    const int to = cell[j] * LINE;
    for (int k = 0; k < LINE; ++k) {
      count[to + k] += line[k] * (1.0f - beyond[j]);
      count[to + LINE + k] += line[k] * beyond[j];
    }
  }
  for (int j = 0; j < CELLS; ++j)
    for (int i = 0; i < CELLS; ++i) {
      const int from = (j + 1) * LINE + (i + 1) * (ANGLES + 1), to = (j * CELLS + i) * ANGLES;
      count[from] += count[from + ANGLES];
      for (int k = 0; k < ANGLES; ++k) out[to + k] = count[from + k];
    }
}

}  // namespace

void hessian(Image<2> data, float strength, View<float, 2> out, i64 first, i64 last) {
  const i64 rows = data.shape[0], columns = data.shape[1];
  for (i64 row = first; row < last; ++row) {
    const View<float, 1> to = out[row];
    if (row == 0 || row == rows - 1 || columns < 3) {
      to.fill(0.0f);
      continue;
    }
    const Image<1> above = data[row - 1], here = data[row], below = data[row + 1];
    to[0] = to[columns - 1] = 0.0f;
    for (i64 k = 1; k < columns - 1; ++k) {
      const float twice = 2.0f * here[k];
      const float across = here[k + 1] + here[k - 1] - twice, along = below[k] + above[k] - twice;
      const float both = 0.25f * (below[k + 1] + above[k - 1] - below[k - 1] - above[k + 1]);
      to[k] = __builtin_fabsf(across * along - both * both) * strength;
    }
  }
}

i64 maxima(const Maxima& a, View<float, 2> out) {
  const i64 rows = a.here.shape[0], columns = a.here.shape[1];
  i64 count = 0;
  for (i64 row = most(a.first, a.edge); row < least(a.last, rows - a.edge); ++row)
    for (i64 k = a.edge; k < columns - a.edge; ++k) {
      const float v = a.here(row, k);
      if (!(v >= a.least)) continue;
      // Of equal neighbours the first one is a maximum.
      bool top = true;
      for (int j = -1; j < 2 && top; ++j)
        for (int i = -1; i < 2 && top; ++i) {
          const float same = a.here(row + j, k + i);
          const bool before = j < 0 || (j == 0 && i < 0), itself = j == 0 && i == 0;
          top = a.below(row + j, k + i) < v && a.above(row + j, k + i) <= v && (itself || (before ? same < v : same <= v));
        }
      if (!top) continue;
      if (count == out.shape[0]) return count;
      const float up = a.here(row - 1, k), down = a.here(row + 1, k), left = a.here(row, k - 1), right = a.here(row, k + 1);
      const View<float, 1> to = out[count++];
      to[0] = static_cast<float>(row) + top_of(up, v, down);
      to[1] = static_cast<float>(k) + top_of(left, v, right);
      to[2] = top_of(a.below(row, k), v, a.above(row, k));
      to[3] = v;
    }
  return count;
}

void shapes(const Patches& a, i64 steps, float longest, View<float, 3> out, View<bool, 1> usable) {
  Patch patch;
  Slopes slope = {};
  Block<float, ROOM> window = {};
  for (int i = 1; i < SHAPE - 1; ++i) window[i] = a.window[i];
  for (i64 n = a.first; n < a.last; ++n) {
    const Image<1> start = a.frames[n].flat();
    // What the frame is multiplied by, of determinant 1.
    float u[4] = {1.0f, 0.0f, 0.0f, 1.0f};
    float frame[4] = {start[0], start[1], start[2], start[3]};
    bool good = true;
    for (i64 step = 0; step < steps && good; ++step) {
      sample<SHAPE>(a.data, a.points[n], frame, patch);
      Lanes rows = {}, columns = {}, both = {};
      for (int j = 1; j < SHAPE - 1; ++j) {
        slopes<SHAPE>(patch, j, slope);
        for (int i = 0; i < ROOM; i += LANES) {
          const Lanes y = load(&slope.by_row[i]), x = load(&slope.by_column[i]), w = load(&window[i]) * window[j];
          rows += w * y * y, columns += w * x * x, both += w * y * x;
        }
      }
      const double A = sum(rows), B = sum(both), C = sum(columns), trace = A + C, det = A * C - B * B;
      if (!(det > 1e-8 * trace * trace)) {
        good = false;
        break;
      }
      // The inverse of the matrix's root, of determinant 1.
      const double root = __builtin_sqrt(det), scale = 1.0 / (__builtin_sqrt(trace + 2.0 * root) * __builtin_sqrt(root));
      const double m[4] = {(C + root) * scale, -B * scale, -B * scale, (A + root) * scale};
      const double v[4] = {u[0] * m[0] + u[1] * m[2], u[0] * m[1] + u[1] * m[3], u[2] * m[0] + u[3] * m[2],
                           u[2] * m[1] + u[3] * m[3]};
      for (int k = 0; k < 4; ++k) u[k] = static_cast<float>(v[k]);
      // The two axes' ratio, from the sum of their squares.
      const double half = 0.5 * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + v[3] * v[3]);
      good = half + __builtin_sqrt(most(half * half - 1.0, 0.0)) <= longest;
      frame[0] = start[0] * u[0] + start[1] * u[2], frame[1] = start[0] * u[1] + start[1] * u[3];
      frame[2] = start[2] * u[0] + start[3] * u[2], frame[3] = start[2] * u[1] + start[3] * u[3];
      // Axes' slopes that differ little: what is left to do is less than what noise does.
      const double apart = __builtin_sqrt(most(0.25 * trace * trace - det, 0.0));
      if (0.5 * trace + apart < 1.15 * (0.5 * trace - apart)) break;
    }
    for (int k = 0; k < 4; ++k) out[n].flat()[k] = frame[k];
    usable[n] = good;
  }
}

void turns(const Patches& a, float weaker, View<float, 4> out, View<bool, 2> usable) {
  Patch patch;
  for (i64 n = a.first; n < a.last; ++n) {
    const Image<1> frame = a.frames[n].flat();
    out[n].flat().fill(0.0f);
    usable[n].fill(false);
    if (!lies_inside(a, a.points[n], frame.data)) continue;
    sample<PATCH>(a.data, a.points[n], frame.data, patch);
    Block<float, TURNS> count;
    histogram_of(a, patch, count);
    float high = 0.0f;
    for (int k = 0; k < TURNS; ++k) high = most(high, count[k]);
    int last = -1;
    for (i64 rank = 0; rank < out.shape[1]; ++rank) {
      int best = -1;
      for (int k = 0; k < TURNS; ++k) {
        const bool top = count[k] > count[(k + TURNS - 1) % TURNS] && count[k] >= count[(k + 1) % TURNS];
        if (top && k != last && count[k] > 0.0f && count[k] >= weaker * high && (best < 0 || count[k] > count[best]))
          best = k;
      }
      if (best < 0) break;
      // Between two directions of the table.
      const int before = (best + TURNS - 1) % TURNS, after = (best + 1) % TURNS;
      const float beyond = top_of(count[before], count[best], count[after]), part = __builtin_fabsf(beyond);
      const Image<1> one = a.directions[best], other = a.directions[beyond < 0.0f ? before : after];
      const float x = one[0] + part * (other[0] - one[0]), y = one[1] + part * (other[1] - one[1]);
      const float length = __builtin_sqrtf(x * x + y * y), c = x / length, s = y / length;
      const View<float, 1> to = out[n][rank].flat();
      to[0] = frame[0] * c + frame[1] * s, to[1] = frame[1] * c - frame[0] * s;
      to[2] = frame[2] * c + frame[3] * s, to[3] = frame[3] * c - frame[2] * s;
      usable(n, rank) = true;
      last = best;
    }
  }
}

void descriptors(const Patches& a, View<std::int16_t, 2> out) {
  constexpr int SIZE = CELLS * CELLS * ANGLES;
  constexpr float MOST = 0.2f, UNIT = 512.0f;
  Patch patch;
  for (i64 n = a.first; n < a.last; ++n) {
    sample<PATCH>(a.data, a.points[n], a.frames[n].data, patch);
    Block<float, SIZE> found;
    cells_of(a, patch, found);
    Lanes squares = {}, sums = {};
    for (int k = 0; k < SIZE; k += LANES) squares += load(&found[k]) * load(&found[k]);
    const float high = MOST * static_cast<float>(__builtin_sqrt(sum(squares)));
    for (int k = 0; k < SIZE; ++k) found[k] = least(found[k], high);
    for (int k = 0; k < SIZE; k += LANES) sums += load(&found[k]);
    const float total = static_cast<float>(sum(sums)), scale = total > 0.0f ? 1.0f / total : 0.0f;
    const View<std::int16_t, 1> to = out[n];
    for (int k = 0; k < SIZE; ++k)
      to[k] = static_cast<std::int16_t>(UNIT * __builtin_sqrtf(within(found[k] * scale, 1.0f)) + 0.5f);
  }
}

}  // namespace superpose::LEVEL
