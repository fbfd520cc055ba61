"""Each setting of a plate changes what it says it does."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import superpose
from superpose import InputError
from superpose._jobs.exposure_pairs import align, find_exposure
from superpose._jobs.exposures import grey_plate, window
from superpose._jobs.plate_settings import BorderSettings, PlateSettings
from superpose.image import as_image


@pytest.mark.parametrize("group, field", [(PlateSettings(), "min_rows"), (PlateSettings().borders, "depth")])
def test_they_are_frozen(group: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field}'"):
        setattr(group, field, 1)


def test_borders() -> None:
    scan = np.random.default_rng(0).random((100, 100)) * 0.1 + 0.8
    scan[:8] = 0
    exposure, plain = as_image(scan, "exposure"), BorderSettings()
    assert window(exposure, plain)[0].start > 8
    assert window(exposure, replace(plain, depth=0.02))[0].start == 1  # not looked for so deep
    assert window(exposure, replace(plain, step=1.1))[0].start == 1
    assert window(exposure, replace(plain, margin=0.05))[0].start == window(exposure, plain)[0].start + 4


def test_the_least_number_of_rows() -> None:
    scan = np.arange(60.0 * 20).reshape(60, 20)
    assert grey_plate(scan, 60) is not None
    with pytest.raises(InputError, match=r"^plate has shape \(60, 20\), too small to split"):
        grey_plate(scan, 61)


def test_the_search_s_range() -> None:
    scene = np.random.default_rng(1).random((90, 90)).cumsum(0).cumsum(1)
    scene = np.sin(scene / scene.max() * 300) + np.random.default_rng(2).random(scene.shape)
    fixed, moving = (find_exposure(scene[:, k : k + 60], "red", BorderSettings()) for k in (20, 10))
    options = {"transform": "translation", "metric": "orientation", "progress": False, "threads": 1}

    def shift(limit: float) -> float:
        search = superpose.SearchRange(angle=0.0, scale=1.0, shift=limit)
        return float(align(fixed, moving, search=search, **options).transform.shift[1])  # type: ignore[arg-type]

    assert shift(PlateSettings().search.shift) == pytest.approx(10, abs=0.1)
    assert abs(shift(0.05)) < 8
