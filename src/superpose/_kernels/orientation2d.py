"""The contrast-blind orientation field of a 2D image, and its pull through a matrix for the search."""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import inline, jit


@jit
def gradients(data: Any, mask: Any, by_row: Any, by_column: Any, usable: Any) -> float:
    """Fill the Scharr gradient of `data`, and `usable` with where all nine pixels count; return its mean length.

    All arrays have shape (rows, columns); data, by_row and by_column are float32, mask and usable bool. Where a pixel
    is not usable the gradient is 0.
    """
    rows, columns = data.shape
    edge = np.float32(3.0 / 32.0)
    middle = np.float32(10.0 / 32.0)
    one, none = np.float32(1.0), np.float32(0.0)
    whole = np.empty(columns, np.float32)
    total: Any = 0.0
    count: Any = 0.0
    by_row[:] = 0.0
    by_column[:] = 0.0
    usable[:] = False
    for i in range(1, rows - 1):
        above, here, below = data[i - 1], data[i], data[i + 1]
        for j in range(columns):
            whole[j] = one if mask[i - 1, j] and mask[i, j] and mask[i + 1, j] else none
        gy, gx, use = by_row[i], by_column[i], usable[i]
        length, used = none, none
        for j in range(1, columns - 1):
            w = whole[j - 1] * whole[j] * whole[j + 1]
            a, b, c = above[j - 1], above[j], above[j + 1]
            d, e = here[j - 1], here[j + 1]
            f, g, h = below[j - 1], below[j], below[j + 1]
            y = w * (edge * (f - a + h - c) + middle * (g - b))
            x = w * (edge * (c - a + h - f) + middle * (e - d))
            gy[j], gx[j], use[j] = y, x, w > none
            length += np.sqrt(y * y + x * x)
            used += w
        total += length
        count += used
    return float(total / max(count, 1.0))


@jit
def doubled(by_row: Any, by_column: Any, damping: float, padded: Any) -> None:
    """Fill `padded` (rows + 3, columns + 3, 2) with g^2 / (|g| (|g| + damping)), g = row part + i column part.

    The border of one pixel before and two after repeats nothing: it stays 0, and no sample draws on it with weight.
    """
    rows, columns = by_row.shape
    damp = np.float32(damping)
    tiny = np.float32(1e-30)
    padded[:] = 0.0
    for i in range(rows):
        for j in range(columns):
            y, x = by_row[i, j], by_column[i, j]
            size = np.sqrt(y * y + x * x)
            scale = np.float32(1.0) / (size * (size + damp) + tiny)
            padded[i + 1, j + 1, 0] = (y * y - x * x) * scale
            padded[i + 1, j + 1, 1] = np.float32(2.0) * y * x * scale


@jit
def turned(field: Any, usable: Any, matrix: Any, cosine: float, sine: float, block: int, out: Any, low: Any) -> None:
    """Pull a field onto a canvas, its directions turned along.

    field (rows + 3, columns + 3, 2), usable (rows, columns) as above; matrix (3, 3) from canvas to image pixels,
    affine; cosine and sine of the angle that directions (doubled) turn by; out (2, height, width) the canvas; low
    (2, height / block, width / block) how many of its pixels count, and their energy, by blocks.
    """
    rows, columns = usable.shape
    height, width = out.shape[1:]
    a01, a11 = matrix[0, 1], matrix[1, 1]
    cs, sn = np.float32(cosine), np.float32(sine)
    one, half = np.float32(1.0), np.float32(0.5)
    stride = 2 * field.shape[1]
    flat = field.reshape(-1)
    k1, k2, k3, down = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(stride)
    out[:] = 0.0
    low[:] = 0.0
    for r in range(height):
        y0 = matrix[0, 0] * r + matrix[0, 2]
        x0 = matrix[1, 0] * r + matrix[1, 2]
        if not abs(y0) + abs(x0) + abs(a01) + abs(a11) < np.inf:
            continue
        # The columns between which both coordinates lie inside.
        first, last = 0.0, width - 1.0
        for k in range(4):
            if k == 0:
                a, b = y0, a01
            elif k == 1:
                a, b = x0, a11
            elif k == 2:
                a, b = rows - 1.0 - y0, -a01
            else:
                a, b = columns - 1.0 - x0, -a11
            if b > 0.0:
                first = max(first, -a / b)
            elif b < 0.0:
                last = min(last, -a / b)
            elif a < 0.0:
                last = -1.0
        if not first <= last:
            continue
        for c in range(int(np.ceil(first)), int(np.floor(last)) + 1):
            y = min(max(y0 + a01 * c, 0.0), rows - 1.0)
            x = min(max(x0 + a11 * c, 0.0), columns - 1.0)
            i, j = int(y), int(x)
            t, s = np.float32(y - i), np.float32(x - j)
            w00 = (one - t) * (one - s)
            w01 = (one - t) * s
            w10 = t * (one - s)
            w11 = t * s
            at = np.uintp(i + 1) * down + np.uintp(2 * (j + 1))
            below = at + down
            p = w00 * flat[at] + w01 * flat[at + k2] + w10 * flat[below] + w11 * flat[below + k2]
            q = w00 * flat[at + k1] + w01 * flat[at + k3] + w10 * flat[below + k1] + w11 * flat[below + k3]
            out[0, r, c] = cs * p - sn * q
            out[1, r, c] = sn * p + cs * q
            near = np.float32(usable[i + (1 if t >= half else 0), j + (1 if s >= half else 0)])
            low[0, r // block, c // block] += near
            low[1, r // block, c // block] += p * p + q * q


@inline
def _block_factors(norms: Any, fewest: Any, most: Any, floors: Any) -> Any:
    """Return what turns a correlation into a score, for shifts by whole blocks: 0 where fewer overlap."""
    tall, wide = norms.shape[1:]
    factor = np.empty((tall, wide), np.float32)
    for i in range(tall):
        for j in range(wide):
            n = norms[0, i, j]
            e, f = max(norms[1, i, j], floors[0] * n), max(norms[2, i, j], floors[1] * n)
            if n >= fewest and n > 0.0:
                factor[i, j] = np.sqrt(n / (most * e * f))
            else:
                factor[i, j] = 0.0
    return factor


@inline
def _keep_peaks(
    product: Any, norms: Any, block: Any, smaller: Any, middle_row: Any, middle_column: Any, found: Any
) -> None:
    """Fill `found` with the highest peaks of the scores, by falling score; see `best_shifts`."""
    height, width = product.shape
    k = found.shape[0]
    found[:] = -1.0
    for r in range(height):
        highest = np.float32(-1.0)
        for c in range(width):
            highest = max(highest, product[r, c])
        if highest <= found[k - 1, 0] or highest <= 0.0:
            continue
        above, below = (r - 1) % height, (r + 1) % height
        for c in range(width):
            here = product[r, c]
            if here <= found[k - 1, 0] or here <= 0.0:
                continue
            left, right = (c - 1) % width, (c + 1) % width
            if (
                here < product[above, left]
                or here < product[above, c]
                or here < product[above, right]
                or here < product[r, left]
                or here <= product[r, right]
                or here <= product[below, left]
                or here <= product[below, c]
                or here <= product[below, right]
            ):
                continue
            place = k - 1
            while place > 0 and found[place - 1, 0] < here:
                found[place] = found[place - 1]
                place -= 1
            found[place, 0] = here
            found[place, 1] = r if r - middle_row <= 0.5 * height else r - height
            found[place, 2] = c if c - middle_column <= 0.5 * width else c - width
            found[place, 3] = norms[0, r // block, c // block] / smaller


@jit
def best_shifts(
    product: Any,
    norms: Any,
    block: int,
    least: float,
    smaller: float,
    most: float,
    floors: Any,
    reach: Any,
    found: Any,
    null: Any,
) -> None:
    """Turn a correlation into scores, in place, and pick its highest peaks.

    product (height, width): correlation of two fields for all shifts, modulo the size; norms (3, height / block,
    width / block): overlap, energy of fixed and of moving inside it, for shifts by whole blocks. score = product /
    sqrt(energies) * sqrt(overlap / most), -1 where overlap < least * smaller or the shift is beyond reach (4,):
    least and most by row, then by column. An energy below floors (2,) per pixel counts as that much: where both images
    are flat nothing is alike. The factor is computed for whole blocks and interpolated between them.
    found (k, 4): score, row shift, column shift (of all that are alike modulo the size, the one nearest to the middle
    of reach), overlap; by falling score. null (3,): count, sum and sum of squares of all scores.
    """
    height, width = product.shape
    tall, wide = norms.shape[1:]
    middle_row, middle_column = 0.5 * (reach[0] + reach[1]), 0.5 * (reach[2] + reach[3])
    null[:] = 0.0
    factor = _block_factors(norms, 0.3 * least * smaller, most, floors)
    line, overlap = np.empty(wide + 1, np.float32), np.empty(wide + 1, np.float32)
    allowed = np.empty(width, np.bool_)
    for c in range(width):
        over = c if c - middle_column <= 0.5 * width else c - width
        allowed[c] = reach[2] <= over <= reach[3]
    scale = np.float32(1.0 / block)
    fewest = np.float32(least * smaller)
    for r in range(height):
        up = r if r - middle_row <= 0.5 * height else r - height
        if up < reach[0] or up > reach[1]:
            product[r] = -1.0
            continue
        i0 = r // block
        i1 = i0 + 1 if i0 + 1 < tall else 0
        t = np.float32(r - i0 * block) * scale
        for j in range(wide):
            line[j] = factor[i0, j] + t * (factor[i1, j] - factor[i0, j])
            overlap[j] = norms[0, i0, j] + t * (norms[0, i1, j] - norms[0, i0, j])
        line[wide], overlap[wide] = line[0], overlap[0]
        total, squares, count = np.float32(0.0), np.float32(0.0), 0
        for c in range(width):
            j = c // block
            s = np.float32(c - j * block) * scale
            n = overlap[j] + s * (overlap[j + 1] - overlap[j])
            score = product[r, c] * (line[j] + s * (line[j + 1] - line[j]))
            if n >= fewest and allowed[c]:
                product[r, c] = score
                total += score
                squares += score * score
                count += 1
            else:
                product[r, c] = -1.0
        null[0] += count
        null[1] += total
        null[2] += squares
    _keep_peaks(product, norms, block, smaller, middle_row, middle_column, found)
