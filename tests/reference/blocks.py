"""Two fields of directions and their derivatives, and what the products of these add up to in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Derivatives:
    """A field and its derivatives by row, by column and by a turn, (2, rows, columns), 0 where they do not count."""

    value: Floats
    row: Floats
    column: Floats
    turn: Floats

    @classmethod
    def of(cls, field: Floats, mask: Mask, angle: float = 0.0) -> Derivatives:
        """Return them for a field turned by an angle: differences between pixels that count on both sides of one."""
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        value = np.einsum("ij,jrc->irc", turn, field) * mask
        by_row, by_column = np.zeros((2, *field.shape))
        rows, columns = mask.shape
        for r, c in product(range(rows), range(columns)):
            if mask[r, c] and 0 < r < rows - 1 and mask[r - 1, c] and mask[r + 1, c]:
                by_row[:, r, c] = (value[:, r + 1, c] - value[:, r - 1, c]) / 2
            if mask[r, c] and 0 < c < columns - 1 and mask[r, c - 1] and mask[r, c + 1]:
                by_column[:, r, c] = (value[:, r, c + 1] - value[:, r, c - 1]) / 2
        return cls(value, by_row, by_column, np.stack([-value[1], value[0]]))


def direction_blocks(fixed: Derivatives, moving: Derivatives, block: int) -> Floats:
    """Return the sums of the products, in the kernel's order, (20, lines of blocks, blocks)."""
    f, p, q, u = fixed.value, fixed.row, fixed.column, fixed.turn
    x, r, c, t = moving.value, moving.row, moving.column, moving.turn
    pairs = [(f, r), (f, c), (f, t), (x, r), (x, c), (r, r), (r, c), (c, c), (r, t), (c, t), (t, t)]
    pairs += [(r, p), (r, q), (c, p), (c, q), (r, u), (c, u), (t, p), (t, q), (t, u)]
    whole = np.stack([(one * other).sum(0) for one, other in pairs])
    starts = [np.arange(0, n, block) for n in whole.shape[1:]]
    return np.asarray(np.add.reduceat(np.add.reduceat(whole, starts[0], 1), starts[1], 2))
