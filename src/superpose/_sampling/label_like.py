"""Whether an image of whole numbers looks like one of labels, which are no intensities to interpolate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LabelSettings:
    """What labels look like: patches of one number each, next to others of any number.

    Attributes
    ----------
    looked_at : int
        About so many pixels are looked at, along lines.
    patches : float
        At least this part of the pixels, those of the commonest value left out, have their own value next to them.
    jumps : float
        Where the value changes, it leaps over others that the image has, in at least this part of the places: grey
        levels, however few, change to the next one most often.
    few : int
        Or the values are so many at the most, and follow on each other from 0 or 1: those of a segmentation.
    """

    looked_at: int = 1_000_000
    patches: float = 0.7
    jumps: float = 0.5
    few: int = 8


def looks_like_labels(image: NDArray[Any], settings: LabelSettings | None = None) -> bool:
    """Return whether an image of one channel looks like one of labels. Two values alone are a mask, or a drawing."""
    settings = settings or LabelSettings()
    if image.dtype.kind not in "ui" or image.size < 4:
        return False
    lines = image.reshape(-1, image.shape[-1])
    some = np.asarray(lines[:: max(1, image.size // settings.looked_at)])
    values, ranks, counts = np.unique(some, return_inverse=True, return_counts=True)
    if len(values) < 3:
        return False
    ranks = ranks.reshape(some.shape)
    step = np.abs(np.diff(ranks, axis=1))
    rare = ranks != int(counts.argmax())
    beside = np.zeros(ranks.shape, bool)
    beside[:, 1:] |= step == 0
    beside[:, :-1] |= step == 0
    same = int(np.count_nonzero(beside & rare)), int(np.count_nonzero(step == 0))
    if same[0] < settings.patches * np.count_nonzero(rare) or same[1] < settings.patches * step.size:
        return False
    changes = int(np.count_nonzero(step))
    leaps = int(np.count_nonzero(step > 1))
    follow = len(values) <= settings.few and values[0] in (0, 1) and int(values[-1]) - int(values[0]) == len(values) - 1
    return bool(follow or leaps >= settings.jumps * max(changes, 1))
