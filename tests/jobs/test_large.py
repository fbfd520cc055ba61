"""Images larger than memory: small copies, then tiles of full size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest

import superpose
from benchmarks.huge import pair
from superpose import InputError, UnreliableError, UnreliableWarning
from superpose._jobs import large
from superpose._jobs.large_settings import LargeSettings
from superpose._jobs.overviews import LargeImage
from superpose._jobs.tile_pairs import TilePair, fit_tiles
from superpose.transforms.family import family_named

SIDE = 1200


@pytest.fixture(autouse=True)
def few_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LargeSettings", lambda: LargeSettings(cells=3, side=200))


def corners(side: int = SIDE) -> Any:
    return np.array([[row, column] for row in (0, side - 1) for column in (0, side - 1)], float)


def error(found: Any, truth: Any) -> float:
    moved = corners() @ truth[:2, :2].T + truth[:2, 2]
    return float(np.linalg.norm(found.transform(corners()) - moved, axis=1).max())


@pytest.mark.slow
def test_tiles_make_it_exact() -> None:
    fixed, moving, truth = pair(SIDE)
    found = superpose.register_large(fixed, moving, transform="affine", work_at=100)
    assert found.reliable and found.fixed_grid.shape == (SIDE, SIDE) and found.unit == "px"
    assert error(found, truth) < 0.15
    coarse = superpose.register_large(fixed, moving, transform="affine", work_at=100, tolerance=20)
    assert coarse.reliable and error(found, truth) < error(coarse, truth) < 2
    assert found.tile_shifts is not None and len(found.tile_shifts.clear) > 6
    assert found.covariance is not None and found.covariance.shape == (6, 6)
    # All of both, however they are stored and whoever works on it.
    arrays = [np.asarray(each[0:SIDE, 0:SIDE]) for each in (fixed, moving)]
    lazily = [da.from_array(each, chunks=500) for each in arrays]
    again = superpose.register_large(*lazily, transform="affine", work_at=100, threads=2)
    assert (again.transform.matrix == found.transform.matrix).all()
    np.testing.assert_array_equal(found.warp(lazily[1], lazy=True).compute(), found.warp(arrays[1]))


@pytest.mark.slow
def test_a_store_with_levels_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from superpose._io.volumes import omezarr

    monkeypatch.setattr(omezarr, "_SMALL", 300)
    fixed, moving, truth = pair(SIDE)
    for name, each in (("f.zarr", fixed), ("m.zarr", moving)):
        place = superpose.Image(np.zeros((SIDE, SIDE), np.uint8), (0.25, 0.25), unit="µm")
        superpose.write(tmp_path / name, da.from_array(each, chunks=600), like=place)
    read: list[tuple[str, int]] = []
    get = omezarr._StoredLevel.__getitem__

    def counted(self: Any, box: Any) -> Any:
        pixels = get(self, box)
        read.append((self.at, pixels.size))
        return pixels

    monkeypatch.setattr(omezarr._StoredLevel, "__getitem__", counted)
    assert LargeImage.of(str(tmp_path / "f.zarr"), "fixed").overview(300).shape == (300, 300)
    assert read == [("2", 90_000)]
    found = superpose.register_large(tmp_path / "f.zarr", tmp_path / "m.zarr", transform="affine", work_at=300)
    assert found.reliable and found.unit == "µm" and found.fixed_grid.spacing == (0.25, 0.25)
    index = found.moving_grid.physical_to_index @ found.transform.matrix @ found.fixed_grid.index_to_physical
    expected = corners() @ truth[:2, :2].T + truth[:2, 2]
    assert np.linalg.norm(corners() @ index[:2, :2].T + index[:2, 2] - expected, axis=1).max() < 0.06
    assert found.uncertainty < 0.02


def test_a_family_that_does_not_fit_is_said() -> None:
    fixed, moving, _ = pair(SIDE)
    with pytest.warns(UnreliableWarning, match=r"the alignment|transform"):
        found = superpose.register_large(fixed, moving, transform="rigid", work_at=300)
    assert not found.reliable and found.warnings


def tile_pairs(bend: float, wrong: int = 0) -> tuple[list[TilePair], Any]:
    """Return tiles that say an affine map, but for noise of 0.02 px, so much of a bend, and so many that are wrong."""
    rng, truth = np.random.default_rng(3), np.array([[1e-3, -2e-3], [1.5e-3, -5e-4]])
    pairs = []
    for number, place in enumerate(np.stack(np.meshgrid(*[np.linspace(100, 1100, 6)] * 2), -1).reshape(-1, 2)):
        from_middle = (place - 600) / 500
        shift = (
            (place - 600) @ truth.T + [0.7, -0.4] + bend * np.array([from_middle[1] ** 2, 0]) + rng.normal(0, 0.02, 2)
        )
        pairs.append(TilePair(place, shift + (25 if number < wrong else 0), 0.02**2 * np.eye(2)))
    return pairs, truth


def fitted(pairs: list[TilePair], family: str = "affine") -> Any:
    start = superpose.affine(np.eye(2))
    return fit_tiles(pairs, start, family_named(family), superpose.Grid((SIDE, SIDE)), LargeSettings())


@pytest.mark.parametrize("wrong", [0, 9])
def test_what_tiles_say_together(wrong: int) -> None:
    pairs, truth = tile_pairs(0.0, wrong)
    fit = fitted(pairs)
    expected = (corners() - 600) @ truth.T + [0.7, -0.4] + corners()
    off = np.linalg.norm(fit.transform(corners()) - expected, axis=1)
    assert np.sqrt((off**2).mean()) < 2.5 * fit.uncertainty < 0.06
    assert (~fit.kept).sum() == wrong and not fit.kept[:wrong].any()


def test_tiles_that_lie_elsewhere_than_one_transform_says() -> None:
    fixed, moving, _ = pair(SIDE)
    coarse = superpose.register_large(fixed, moving, work_at=300, tolerance=20)
    for bend, family, code in (
        (0.2, "affine", ""),
        (6.0, "affine", "tiles-disagree"),
        (0.0, "rigid", "tiles-disagree"),
    ):
        pairs, _ = tile_pairs(bend)
        fit = fitted(
            [TilePair(p.centre, 3 * p.shift, p.covariance) for p in pairs] if family == "rigid" else pairs, family
        )
        answer = large._refined(coarse, fit, [each.centre for each in pairs], family_named(family))
        said = [each for each, _ in large._objections(answer, fit, 6, None)]
        assert said[:1] == [code] * bool(code)
        assert (answer.misfit > 1) == bool(code)


def test_too_few_tiles_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed, moving, _ = pair(SIDE)
    monkeypatch.setattr(large, "LargeSettings", lambda: LargeSettings(cells=2, side=200))
    with pytest.raises(UnreliableError, match="few-tiles"):
        superpose.register_large(fixed, moving, work_at=300, on_unreliable="raise")


def test_images_of_different_things() -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (400, 400), np.uint8) for _ in range(2)]
    with pytest.raises(UnreliableError, match="alignment"):
        superpose.register_large(*noise, transform="translation", work_at=200, on_unreliable="raise")


@pytest.mark.parametrize(
    ("image", "match"),
    [
        (np.zeros((20, 30, 40), np.uint8), "fixed has shape"),
        (np.zeros(20), "fixed has shape"),
        (np.zeros((64, 64), complex), "fixed is an array of complex"),
        (np.full((64, 64), 3), "fixed"),
        ("none.tif", r"none\.tif"),
        (None, "fixed"),
    ],
)
def test_bad_input(image: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        superpose.register_large(image, np.eye(64))


def test_colours_and_missing_pixels() -> None:
    values = np.arange(64.0).reshape(8, 8)
    values[:2, :2] = np.nan
    values[5, 5] = np.nan
    small = np.asarray(LargeImage.of(values, "fixed").overview(4).array)
    assert np.isnan(small[0, 0]) and small[3, 3] == values[6:, 6:].mean()
    assert small[2, 2] == np.float32(np.nanmean(values[4:6, 4:6]))
    colour = np.dstack([values] * 3)
    np.testing.assert_allclose(LargeImage.of(colour, "fixed").overview(4).array, small, rtol=1e-6)


def test_masks_are_counted() -> None:
    values = np.arange(64, dtype=np.uint8).reshape(8, 8)
    mask = np.ones(values.shape, bool)
    mask[:2, :2] = mask[5, 5] = False
    for image in (superpose.Image(values, mask=mask), superpose.Image(np.dstack([values] * 3), mask=mask)):
        small = np.asarray(LargeImage.of(image, "fixed").overview(4).array)
        assert np.isnan(small[0, 0])
        assert small[2, 2] == pytest.approx((values[4, 4] + float(values[4, 5]) + values[5, 4]) / 3)
    with pytest.raises(InputError, match=r"fixed\.mask is an array of float"):
        LargeImage.of(superpose.Image(values, mask=np.full(values.shape, 0.5)), "fixed")
