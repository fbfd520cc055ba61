"""The same bits on any number of threads, for images of several chunks."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._parallel import row_chunks
from superpose._sampling.filters import SPLINE_TAPS, filtered
from superpose._sampling.level import Detail, PreparedLevel
from superpose._sampling.pyramid import levels_of
from superpose.image import as_image

SHAPE = (450, 301)


@pytest.mark.parametrize("missing", [False, True])
def test_levels(missing: bool) -> None:
    values = np.random.default_rng(79).random(SHAPE)
    if missing:
        values[100:180, 30:200] = np.nan
    image = as_image(values, "image")
    assert len(row_chunks(*SHAPE)) > 3
    one, *others = (levels_of(image, 5, threads) for threads in (1, 2, 7))
    for levels in others:
        assert len(levels) == len(one) == 5
        for a, b in zip(one, levels, strict=True):
            assert a.data.tobytes() == b.data.tobytes() and a.mask.tobytes() == b.mask.tobytes()


def test_filtered() -> None:
    data = np.random.default_rng(83).random(SHAPE, np.float32)
    one, *others = (filtered(data, SPLINE_TAPS, threads, 1, 2).tobytes() for threads in (1, 2, 7))
    assert others == [one, one]


def test_fields_from_detail() -> None:
    levels = levels_of(as_image(np.random.default_rng(89).random(SHAPE), "image"), 3)
    fields = [
        PreparedLevel(levels[2], threads, detail=Detail(PreparedLevel(levels[0], threads), 2)).field.padded
        for threads in (1, 2, 7)
    ]
    assert len({each.tobytes() for each in fields}) == 1
