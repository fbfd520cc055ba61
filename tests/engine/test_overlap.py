"""Where the images overlap too little: what is admitted, what is excluded, and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose import InputError, Registration, SearchRange, register, translation
from superpose._engine import basins
from superpose._engine.basins import BasinSearch
from superpose._engine.engine import Engine
from superpose._engine.settings import DEFAULTS
from superpose._sampling.level_pair import LevelPair
from tests.scenes import problem_of

Floats = NDArray[np.float64]
SIDE, AWAY = 160, 128


def scene(seed: int, shape: tuple[int, int] = (SIDE, SIDE + AWAY)) -> Floats:
    return ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.5)


def halves(seed: int) -> tuple[Floats, Floats]:
    """Return two images that share a fifth of each: moving lies 128 of 160 columns to the left."""
    whole = scene(seed)
    return whole[:, :SIDE], whole[:, AWAY:]


def found(fixed: Floats, moving: Floats, **options: Any) -> Registration:
    return register(fixed, moving, threads=1, on_unreliable="ignore", **options)


def error(result: Registration) -> float:
    at = np.array([[80.0, 144.0]])
    return float(np.abs(np.asarray(result.to_moving(at)) - (at - (0, AWAY))).max())


@pytest.mark.parametrize("family", ["translation", "rigid"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_small_overlap_is_found_where_it_is_admitted(family: str, seed: int) -> None:
    result = found(*halves(seed), transform=family, min_overlap=0.1)
    assert error(result) < 0.1
    assert "below-min-overlap" not in str(result.warnings)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["translation", "rigid"])
def test_what_overlaps_less_than_is_admitted_is_excluded_and_said(family: str) -> None:
    result = found(*halves(0), transform=family, min_overlap=0.4)
    assert result.overlap >= 0.38
    assert not result.reliable
    (said,) = [each for each in result.warnings if "below-min-overlap" in each]
    assert "covers only 1" in said
    assert "less than min_overlap=0.4; pass min_overlap=0.1" in said
    assert error(result.at(result.basins[-1])) < 2


def test_an_answer_that_is_reliable_is_not_asked_for_a_better_one() -> None:
    fixed, moving = scene(0)[:, :SIDE], scene(0)[:, 20 : 20 + SIDE]
    result = found(fixed, moving, min_overlap=0.5)
    assert result.reliable
    assert "min-overlap" not in str(result.warnings)


@pytest.mark.parametrize("family", ["translation", "rigid", "similarity", "homography"])
@pytest.mark.parametrize("least", [0.99, 1.0])
def test_identical_images_overlap_wholly(family: str, least: float) -> None:
    image = scene(3, (72, 80))
    result = found(image, image, transform=family, min_overlap=least)
    assert result.reliable
    assert result.transform.distance(translation((0, 0)), result.fixed_grid.corners) < 0.01


def test_half_a_pixel_is_no_loss_of_overlap() -> None:
    whole = scene(4, (230, 230))
    moving = ndimage.shift(whole, (0.5, 0.5), order=3)[10:210, 10:210]
    result = found(whole[10:210, 10:210], moving, min_overlap=0.99)
    np.testing.assert_allclose(result.to_moving([[100.0, 100.0]]), [[100.5, 100.5]], atol=0.05)


def test_where_nothing_scores_the_start_is_verified() -> None:
    """A checkerboard of single pixels has no edge that has a direction."""
    board = np.indices((64, 64)).sum(0) % 2.0
    for moving in (board, np.roll(board, 1, 0)):
        result = found(board, moving)
        assert not result.reliable
        assert result.basins[0].score == 0


def test_thin_strips_lie_on_each_other() -> None:
    strip = scene(5, (16, 400))
    for moving, at in ((strip, (8.0, 200.0)), (np.rot90(strip), (199.0, 8.0))):
        result = found(strip, moving)
        assert result.reliable
        np.testing.assert_allclose(result.to_moving([[8.0, 200.0]]), [at], atol=0.05)


@pytest.mark.parametrize("optimizer", ["auto", "powell"])
def test_what_crosses_too_little_is_said_without_blame(optimizer: str) -> None:
    strip = scene(5, (16, 400))
    words = r"^moving, laid centre on centre, overlaps 4 % .* min_overlap is 0.2; pass a smaller"
    with pytest.raises(InputError, match=words):
        found(strip, strip.T, transform="translation", optimizer=optimizer)


@pytest.mark.parametrize("optimizer", ["auto", "powell"])
def test_a_start_that_was_given_is_named(optimizer: str) -> None:
    image = scene(6, (64, 64))
    with pytest.raises(InputError, match=r"^initial leaves 0 % .* pass an initial= nearer to the truth"):
        found(image, image, initial=translation((70, 70)), optimizer=optimizer)


@pytest.mark.parametrize(("shape", "fewer"), [((12, 400), True), ((70, 80), False)])
@pytest.mark.slow
def test_strips_that_cross_are_not_asked_for_less_overlap(
    shape: tuple[int, int], fewer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = problem_of(*(np.random.default_rng(k).random(shape) for k in range(2)), transform="affine")
    counts: list[int] = []
    searched = basins.search

    def counted(*arguments: Any) -> Any:
        counts.append(len(arguments[2]))
        return searched(*arguments)

    monkeypatch.setattr(basins, "search", counted)
    pairs = Engine()._scene(problem).far(DEFAULTS[2])
    levels = [LevelPair(*both) for both in zip(pairs.fixed, pairs.moving, strict=True)]
    rest = problem.family, SearchRange(), problem.start, 0.05, 1, DEFAULTS[2]
    for crossing in (0.0, 0.2):
        BasinSearch(levels, *rest, crossing).coarse_search()
    assert (counts[1] < 0.5 * counts[0]) == fewer and (fewer or counts[0] == counts[1])
