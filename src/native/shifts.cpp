// The exhaustive search's inner loop: a field pulled onto a canvas, and scores and peaks of all its shifts.
#include "field.hpp"
#include "shifts.hpp"

namespace superpose::LEVEL {
namespace {

// Add the sums by column of a block's rows up by blocks, and begin anew.
SUPERPOSE_INLINE void sum_blocks(View<float, 1> columns, i64 block, View<float, 1> low) {
  for (i64 b = 0; b < low.shape[0]; ++b) {
    float total = columns[b * block];
    for (i64 k = 1; k < block; ++k) total += columns[b * block + k];
    low[b] = total;
  }
  columns.fill(0.0f);
}

// The product of two lines of complex numbers, real and imaginary parts in turn.
template <bool ADD>
SUPERPOSE_INLINE void multiply(const Image<1>& a, const Image<1>& b, const View<float, 1>& out) {
  for (i64 k = 0; k < out.shape[0]; k += 2) {
    const float real = a[k] * b[k] - a[k + 1] * b[k + 1], imaginary = a[k] * b[k + 1] + a[k + 1] * b[k];
    out[k] = ADD ? out[k] + real : real;
    out[k + 1] = ADD ? out[k + 1] + imaginary : imaginary;
  }
}

}  // namespace

void spectral_products(Image<3> moving, Image<2> fixed, View<float, 2> out) {
  // A piece at a time, which stays in the cache for all channels.
  constexpr i64 PIECE = 4096;
  for (i64 n = 0; n < out.shape[0]; ++n)
    for (i64 start = 0; start < out.shape[1]; start += PIECE) {
      const i64 count = least(PIECE, out.shape[1] - start);
      const View<float, 1> to = part_of(out[n], start, count);
      for (i64 channel = 0; channel < fixed.shape[0]; ++channel) {
        const Image<1> a = part_of(moving[n][channel], start, count), b = part_of(fixed[channel], start, count);
        channel ? multiply<true>(a, b, to) : multiply<false>(a, b, to);
      }
    }
}

void turned(Image<3> field, Mask<2> usable, View<const double, 2> matrix, double cosine, double sine, i64 block,
            View<float, 3> out, View<float, 3> low, View<float, 2> columns) {
  const double last[2] = {static_cast<double>(usable.shape[0] - 1), static_cast<double>(usable.shape[1] - 1)};
  const float cs = static_cast<float>(cosine), sn = static_cast<float>(sine);
  const Mask<1> flat = usable.flat();
  const View<float, 1> counts = columns[0], energies = columns[1];
  const i64 height = out.shape[1], width = out.shape[2];
  Places<2> at;
  Samples<2> moving[2];
  columns.fill(0.0f);
  for (i64 row = 0; row < height; ++row) {
    const View<float, 1> real = out[0][row], imaginary = out[1][row];
    const Line<2> line = line_of<2>(matrix, &row);
    const Span span = span_of<2>(line, width, last);
    for (i64 c = 0; c < span.first; ++c) real[c] = imaginary[c] = 0.0f;
    for (i64 c = span.last; c < width; ++c) real[c] = imaginary[c] = 0.0f;
    for (i64 start = span.first; start < span.last; start += SEGMENT) {
      const int count = static_cast<int>(least<i64>(SEGMENT, span.last - start));
      place(line, matrix, start, count, last, at);
      sample_field<false>(field, at, count, moving);
      const Buffer<float>&p = moving[0].value, &q = moving[1].value;
      for (int k = 0; k < count; ++k) real[start + k] = cs * p[k] - sn * q[k];
      for (int k = 0; k < count; ++k) imaginary[start + k] = sn * p[k] + cs * q[k];
      for (int k = 0; k < count; ++k) energies[start + k] += p[k] * p[k] + q[k] * q[k];
      for (int k = 0; k < count; ++k) counts[start + k] += nearest_counts(flat, usable.shape[1], at, k);
    }
    if ((row + 1) % block == 0)
      sum_blocks(counts, block, low[0][row / block]), sum_blocks(energies, block, low[1][row / block]);
  }
}

namespace {

// A range of shifts, of which places are known modulo the size: the alias nearest to its middle is meant.
struct Range {
  double first, last;
  i64 size;

  SUPERPOSE_INLINE i64 shift_of(i64 place) const {
    return static_cast<double>(place) - 0.5 * (first + last) <= 0.5 * static_cast<double>(size) ? place : place - size;
  }
  SUPERPOSE_INLINE bool allows(i64 place) const {
    const double shift = static_cast<double>(shift_of(place));
    return first <= shift && shift <= last;
  }
};

// What turns correlations into scores in a row of blocks, and how much overlaps there, for every column.
struct Factors {
  View<float, 1> factor, overlap;
  i64 row = -1;

  // The factor is 0 where fewer than `fewest` overlap.
  SUPERPOSE_INLINE void fill(const Shifts& a, i64 row_of_blocks, double fewest) {
    const i64 wide = a.norms.shape[2];
    const Image<1> overlaps = a.norms[0][row_of_blocks];
    const Image<1> own = a.norms[1][row_of_blocks], other = a.norms[2][row_of_blocks];
    const double floor0 = a.floors[0], floor1 = a.floors[1];
    row = row_of_blocks;
    for (i64 j = 0; j < wide; ++j) {
      const double n = overlaps[j], e = most<double>(own[j], floor0 * n), f = most<double>(other[j], floor1 * n);
      const double root = __builtin_sqrt(n / (a.most * e * f));
      a.nodes[j] = (n >= fewest) & (n > 0.0) ? static_cast<float>(root) : 0.0f;
    }
    a.nodes[wide] = a.nodes[0];
    spread(a.nodes, a.block, factor);
    for (i64 j = 0; j < wide; ++j) a.nodes[j] = overlaps[j];
    a.nodes[wide] = a.nodes[0];
    spread(a.nodes, a.block, overlap);
  }

 private:
  static SUPERPOSE_INLINE void spread(const View<float, 1>& nodes, i64 block, const View<float, 1>& line) {
    const float scale = 1.0f / static_cast<float>(block);
    for (i64 k = 0; k < block; ++k) {
      const float s = static_cast<float>(k) * scale;
      for (i64 j = 0; j + 1 < nodes.shape[0]; ++j) line[j * block + k] = nodes[j] + s * (nodes[j + 1] - nodes[j]);
    }
  }
};

// Turn a row into scores, -1 where none is allowed; return the highest, and add to count, sum and sum of squares.
SUPERPOSE_INLINE float score_row(View<float, 1> row, const Factors& above, const Factors& below, float t,
                                 const View<float, 1>& allowed, float fewest, const View<double, 1>& null) {
  Buffer<float> score, one, kept;
  Lanes count = {}, total = {}, squares = {};
  Block<float, LANES> highest;
  for (int k = 0; k < LANES; ++k) highest[k] = -1.0f;
  for (i64 start = 0; start < row.shape[0]; start += SEGMENT) {
    const int here = static_cast<int>(least<i64>(SEGMENT, row.shape[0] - start));
    const int padded = (here + LANES - 1) / LANES * LANES;
    for (int k = 0; k < here; ++k) {
      const i64 c = start + k;
      const float n = above.overlap[c] + t * (below.overlap[c] - above.overlap[c]);
      const float found = row[c] * (above.factor[c] + t * (below.factor[c] - above.factor[c]));
      const bool enough = (n >= fewest) & (allowed[c] > 0.0f);
      score[k] = enough ? found : -1.0f;
      kept[k] = enough ? found : 0.0f;
      one[k] = enough ? 1.0f : 0.0f;
    }
    for (int k = here; k < padded; ++k) score[k] = -1.0f, kept[k] = one[k] = 0.0f;
    for (int k = 0; k < padded; k += LANES) {
      const Lanes found = load(&kept[k]);
      count += load(&one[k]);
      total += found;
      squares += found * found;
      for (int lane = 0; lane < LANES; ++lane) highest[lane] = most(highest[lane], score[k + lane]);
    }
    for (int k = 0; k < here; ++k) row[start + k] = score[k];
  }
  null[0] += sum(count), null[1] += sum(total), null[2] += sum(squares);
  for (int k = 1; k < LANES; ++k) highest[0] = most(highest[0], highest[k]);
  return highest[0];
}

// Whether no neighbour, modulo the size, is above; of equal ones the last is a peak.
SUPERPOSE_INLINE bool is_peak(const View<float, 2>& scores, i64 r, i64 c) {
  const i64 height = scores.shape[0], width = scores.shape[1];
  const i64 left = c ? c - 1 : width - 1, right = c + 1 < width ? c + 1 : 0;
  const View<float, 1> above = scores[r ? r - 1 : height - 1], row = scores[r];
  const View<float, 1> below = scores[r + 1 < height ? r + 1 : 0];
  const float here = row[c];
  return here >= above[left] && here >= above[c] && here >= above[right] && here >= row[left] && here > row[right] &&
         here > below[left] && here > below[c] && here > below[right];
}

SUPERPOSE_INLINE void keep_peaks(const Shifts& a, const Range& rows, const Range& columns, View<double, 2> found) {
  const i64 count = found.shape[0], width = a.product.shape[1];
  for (i64 r = 0; r < a.product.shape[0]; ++r) {
    if (a.highest[r] <= found(count - 1, 0) || a.highest[r] <= 0.0f) continue;
    const View<float, 1> row = a.product[r];
    for (i64 c = 0; c < width; ++c) {
      if (row[c] <= found(count - 1, 0) || row[c] <= 0.0f || !is_peak(a.product, r, c)) continue;
      i64 place = count - 1;
      for (; place > 0 && found(place - 1, 0) < row[c]; --place)
        for (int k = 0; k < 4; ++k) found(place, k) = found(place - 1, k);
      found(place, 0) = row[c];
      found(place, 1) = static_cast<double>(rows.shift_of(r));
      found(place, 2) = static_cast<double>(columns.shift_of(c));
      found(place, 3) = a.norms(0, r / a.block, c / a.block) / a.smaller;
    }
  }
}

}  // namespace

void best_shifts(const Shifts& a, View<double, 2> found, View<double, 1> null) {
  const i64 height = a.product.shape[0], width = a.product.shape[1], tall = a.norms.shape[1];
  const Range rows{a.reach[0], a.reach[1], height}, columns{a.reach[2], a.reach[3], width};
  const View<float, 1> allowed = a.lines[4];
  Factors above{a.lines[0], a.lines[1]}, below{a.lines[2], a.lines[3]};
  found.fill(-1.0);
  null.fill(0.0);
  for (i64 c = 0; c < width; ++c) allowed[c] = columns.allows(c) ? 1.0f : 0.0f;
  for (i64 r = 0; r < height; ++r) {
    a.highest[r] = -1.0f;
    if (!rows.allows(r)) {
      a.product[r].fill(-1.0f);
      continue;
    }
    const i64 block = r / a.block, next = block + 1 < tall ? block + 1 : 0;
    if (above.row != block) {
      const Factors before = above;
      above = below, below = before;
      if (above.row != block) above.fill(a, block, 0.3 * a.least * a.smaller);
    }
    if (below.row != next) below.fill(a, next, 0.3 * a.least * a.smaller);
    const float t = static_cast<float>(r - block * a.block) * (1.0f / static_cast<float>(a.block));
    const float fewest = static_cast<float>(a.least * a.smaller);
    a.highest[r] = score_row(a.product[r], above, below, t, allowed, fewest, null);
  }
  keep_peaks(a, rows, columns, found);
}

}  // namespace superpose::LEVEL
