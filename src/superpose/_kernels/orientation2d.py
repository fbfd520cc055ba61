"""The contrast-blind orientation field of a 2D image, and its pull through a matrix for the search."""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import jit


@jit
def gradients(data: Any, mask: Any, by_row: Any, by_column: Any, usable: Any) -> float:
    """Fill the Scharr gradient of `data`, and 1.0 in `usable` where all nine pixels count; return its mean length.

    All arrays have shape (rows, columns); data, by_row, by_column and usable are float32, mask is bool. Where a pixel
    is not usable the gradient is 0.
    """
    rows, columns = data.shape
    edge = np.float32(3.0 / 32.0)
    middle = np.float32(10.0 / 32.0)
    total, count = 0.0, 0
    by_row[:] = 0.0
    by_column[:] = 0.0
    usable[:] = 0.0
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            whole = True
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    whole = whole and mask[i + di, j + dj]
            if not whole:
                continue
            a, b, c = data[i - 1, j - 1], data[i - 1, j], data[i - 1, j + 1]
            d, e = data[i, j - 1], data[i, j + 1]
            f, g, h = data[i + 1, j - 1], data[i + 1, j], data[i + 1, j + 1]
            gy = edge * (f - a + h - c) + middle * (g - b)
            gx = edge * (c - a + h - f) + middle * (e - d)
            by_row[i, j] = gy
            by_column[i, j] = gx
            usable[i, j] = 1.0
            total += np.sqrt(gy * gy + gx * gx)
            count += 1
    return total / max(count, 1)


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
    a00, a01, a02 = matrix[0, 0], matrix[0, 1], matrix[0, 2]
    a10, a11, a12 = matrix[1, 0], matrix[1, 1], matrix[1, 2]
    cs, sn = np.float32(cosine), np.float32(sine)
    low[:] = 0.0
    for r in range(height):
        for c in range(width):
            y = a00 * r + a01 * c + a02
            x = a10 * r + a11 * c + a12
            if not (y >= 0.0 and y <= rows - 1.0 and x >= 0.0 and x <= columns - 1.0):
                out[0, r, c] = 0.0
                out[1, r, c] = 0.0
                continue
            i, j = int(y), int(x)
            t, s = np.float32(y - i), np.float32(x - j)
            w00 = (np.float32(1.0) - t) * (np.float32(1.0) - s)
            w01 = (np.float32(1.0) - t) * s
            w10 = t * (np.float32(1.0) - s)
            w11 = t * s
            i += 1
            j += 1
            p = (
                w00 * field[i, j, 0]
                + w01 * field[i, j + 1, 0]
                + w10 * field[i + 1, j, 0]
                + w11 * field[i + 1, j + 1, 0]
            )
            q = (
                w00 * field[i, j, 1]
                + w01 * field[i, j + 1, 1]
                + w10 * field[i + 1, j, 1]
                + w11 * field[i + 1, j + 1, 1]
            )
            out[0, r, c] = cs * p - sn * q
            out[1, r, c] = sn * p + cs * q
            near = usable[min(int(y + 0.5), rows - 1), min(int(x + 0.5), columns - 1)]
            low[0, r // block, c // block] += near
            low[1, r // block, c // block] += p * p + q * q


@jit
def best_shifts(
    product: Any,
    norms: Any,
    block: int,
    least: float,
    smaller: float,
    floors: Any,
    reach: Any,
    found: Any,
    null: Any,
) -> None:
    """Turn a correlation into scores, in place, and pick its highest peaks.

    product (height, width): correlation of two fields for all shifts, modulo the size; norms (3, height / block,
    width / block): overlap, energy of fixed and of moving inside it, for shifts by whole blocks. score = product /
    sqrt(energies) * sqrt(overlap / smaller), -1 where overlap < least * smaller or the shift is beyond reach (4,):
    least and most by row, then by column. An energy below floors (2,) per pixel counts as that much: where both images
    are flat nothing is alike.
    found (k, 4): score, row shift, column shift (of all that are alike modulo the size, the one nearest to the middle
    of reach), overlap; by falling score. null (3,): count, sum and sum of squares of all scores.
    """
    height, width = product.shape
    tall, wide = norms.shape[1:]
    k = found.shape[0]
    middle_row, middle_column = 0.5 * (reach[0] + reach[1]), 0.5 * (reach[2] + reach[3])
    found[:] = -1.0
    null[:] = 0.0
    scale = np.float32(1.0 / block)
    for r in range(height):
        up = r if r - middle_row <= 0.5 * height else r - height
        fr = r * scale
        i0 = int(fr)
        t = np.float32(fr - i0)
        i1 = i0 + 1 if i0 + 1 < tall else 0
        total, squares, count = 0.0, 0.0, 0
        for c in range(width):
            fc = c * scale
            j0 = int(fc)
            s = np.float32(fc - j0)
            j1 = j0 + 1 if j0 + 1 < wide else 0
            w00 = (np.float32(1.0) - t) * (np.float32(1.0) - s)
            w01 = (np.float32(1.0) - t) * s
            w10 = t * (np.float32(1.0) - s)
            w11 = t * s
            n = w00 * norms[0, i0, j0] + w01 * norms[0, i0, j1] + w10 * norms[0, i1, j0] + w11 * norms[0, i1, j1]
            e = w00 * norms[1, i0, j0] + w01 * norms[1, i0, j1] + w10 * norms[1, i1, j0] + w11 * norms[1, i1, j1]
            f = w00 * norms[2, i0, j0] + w01 * norms[2, i0, j1] + w10 * norms[2, i1, j0] + w11 * norms[2, i1, j1]
            over = c if c - middle_column <= 0.5 * width else c - width
            e, f = max(e, floors[0] * n), max(f, floors[1] * n)
            if n < least * smaller or up < reach[0] or up > reach[1] or over < reach[2] or over > reach[3]:
                product[r, c] = -1.0
            else:
                score = product[r, c] / np.sqrt(e * f) * np.sqrt(n / smaller)
                product[r, c] = score
                total += score
                squares += score * score
                count += 1
        null[0] += count
        null[1] += total
        null[2] += squares
    for r in range(height):
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
            i0 = int(r * scale)
            found[place, 3] = norms[0, i0, int(c * scale)] / smaller
