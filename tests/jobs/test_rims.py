"""Rims where the emulsion of one exposure is damaged are cut away, and nothing else is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose._jobs.plate_settings import RimSettings
from superpose._jobs.rims import without_rims
from tests.jobs.making import made_plate

WHOLE = slice(0, 300), slice(0, 280)


@pytest.fixture(scope="module")
def photograph(coffee: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return coffee[60:360, 200:480]


def rims(picture: NDArray[Any]) -> tuple[slice, slice]:
    return without_rims(picture, WHOLE, RimSettings())


def test_nothing_is_taken_off_a_photograph(photograph: NDArray[np.uint8]) -> None:
    assert rims(photograph) == WHOLE
    assert rims(photograph.astype(np.uint16) * 257) == WHOLE
    assert rims(np.full((300, 280, 3), 7, np.uint8)) == WHOLE
    holed = photograph.astype(np.float32) / 255
    holed[:20, 100:150] = np.nan
    assert rims(holed) == WHOLE


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("side", range(4))
def test_a_blot_in_one_exposure_is_cut_away(photograph: NDArray[np.uint8], side: int, channel: int) -> None:
    turned = np.rot90(photograph, side).copy()
    rows, columns = np.indices(turned.shape[:2])
    blot = (rows / 10) ** 2 + ((columns - 90) / 25) ** 2 < 1  # ten rows deep at the top
    turned[blot, channel] = np.where(turned[blot, channel] > 127, 0, 255)
    back = np.rot90(turned, -side)
    kept = rims(back)
    taken = [kept[0].start, 280 - kept[1].stop, 300 - kept[0].stop, kept[1].start]  # top, right, bottom, left
    assert 8 <= taken[side] <= 14
    assert sum(taken) == taken[side]
    assert rims(back / 255) == kept


def test_a_veil_along_a_side_is_cut_away(photograph: NDArray[np.uint8]) -> None:
    veiled = photograph.astype(float)
    veiled[-12:, :, 0] += np.linspace(40, 160, 12)[:, None]
    rows, columns = rims(np.clip(veiled, 0, 255).astype(np.uint8))
    assert 286 <= rows.stop <= 292
    assert rows.start == 0 and columns.stop - columns.start >= 276


def test_what_shows_further_in_as_well_stays(photograph: NDArray[np.uint8]) -> None:
    blue = photograph.copy()
    blue[:60, 40:90] = (30, 60, 220)  # no plate is damaged as deep as that and so evenly
    assert rims(blue) == WHOLE


def test_a_damaged_plate_has_no_coloured_rim(photograph: NDArray[np.uint8]) -> None:
    made = made_plate(photograph, seed=5)
    whole = superpose.colorize(made.scan)
    rows, columns = whole.crop
    scan = made.scan.copy()
    green = len(scan) // 3
    blot = scan[green + rows.stop - 8 : green + rows.stop + 8, columns.start + 60 : columns.start + 100]
    blot[...] = 3 if blot.mean() > 127 else 250
    damaged = superpose.colorize(scan)
    assert damaged.crop[0].start == rows.start and damaged.crop[1] == columns
    assert rows.stop - 12 <= damaged.crop[0].stop <= rows.stop - 7


@pytest.mark.slow
def test_real_plates_keep_no_coloured_rim(shared_file: object) -> None:
    """What is seen in their pictures: two magenta blots at the settlers' sides, red below the nativity's grass."""
    import imageio.v3 as iio

    def restored(name: str) -> superpose.Plate:
        return superpose.colorize(iio.imread(shared_file(f"plates/{name}.jpg")))  # type: ignore[operator]

    def magenta(picture: NDArray[np.uint8]) -> int:
        outer = np.hstack([picture[:, :12], picture[:, -12:]]).astype(int)
        return int((outer[..., [0, 2]].min(-1) - outer[..., 1] > 100).sum())

    def red_below(picture: NDArray[np.uint8]) -> float:
        rows = (picture[..., 0].astype(float) - picture[..., 1]).mean(1)
        return float(rows[-6:].mean() - rows[-40:-20].mean())

    settlers, nativity = restored("settlers"), restored("nativity")
    assert magenta(settlers.image) == 0
    assert red_below(nativity.image) < 10
    # The measures see what was cut away.
    rows, columns = settlers.crop
    channels = settlers.registrations
    whole = np.stack([channels["red"].warp(), settlers.exposures["green"], channels["blue"].warp()], -1)
    assert magenta(whole[rows, columns.start - 6 : columns.stop + 7]) > 50
    rows, columns = nativity.crop
    channels = nativity.registrations
    whole = np.stack([channels["red"].warp(), nativity.exposures["green"], channels["blue"].warp()], -1)
    assert red_below(whole[rows.start : rows.stop + 17, columns]) > 15
