"""Directions of an image's edges, whatever their contrast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpose._parallel import lazy
from superpose.image import Image, Mask, Pixels


@dataclass(frozen=True, eq=False)
class Field:
    """Directions of an image's gradient, (rows + 3, columns + 3, 2), and where they count."""

    padded: Pixels
    usable: Mask

    @classmethod
    def of(cls, parts: Pixels, usable: Mask) -> Field:
        """Return the field of two components, (2, rows, columns); beyond the border it is 0."""
        _, rows, columns = parts.shape
        padded = np.zeros((rows + 3, columns + 3, 2), np.float32)
        padded[1:-2, 1:-2] = np.moveaxis(parts, 0, -1)
        return cls(padded, usable)

    @property
    def parts(self) -> Pixels:
        """A copy of the two components, (2, rows, columns)."""
        return np.ascontiguousarray(np.moveaxis(self.padded[1:-2, 1:-2], -1, 0))

    @lazy
    def energy(self) -> float:
        """Mean squared length of what is usable."""
        return float(np.square(self.padded, dtype=np.float64).sum() / max(float(self.usable.sum()), 1.0))


def direction_field(image: Image, damping: float) -> Field:
    """Return directions modulo half a turn, the contrast-blind orientation field.

    Edges much weaker than `damping` times the average gradient count for little.
    """
    from superpose._kernels.orientation import doubled

    slopes, usable, floor = gradients_of(image, damping)
    rows, columns = usable.shape
    field = np.empty((rows + 3, columns + 3, 2), np.float32)
    doubled(slopes[0], slopes[1], floor, field)
    return Field(field, usable)


def signed_field(image: Image, damping: float) -> Field:
    """Return directions modulo a whole turn, damped as `direction_field`'s are."""
    slopes, usable, floor = gradients_of(image, damping)
    return Field.of(slopes * (1 / (np.hypot(*slopes) + np.float32(floor + 1e-30))), usable)


def gradients_of(image: Image, damping: float) -> tuple[Pixels, Mask, float]:
    """Return an image's gradient, (2, rows, columns), where it is known, and what damps it where it is weak."""
    from superpose._kernels.orientation import gradients

    slopes, usable = np.empty((2, *image.data.shape), np.float32), np.empty(image.data.shape, bool)
    return slopes, usable, damping * gradients(image.data, image.mask, slopes[0], slopes[1], usable)
