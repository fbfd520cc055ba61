"""What an answer leaves over is asked again, where it is an answer."""

from __future__ import annotations

from typing import Any

import pytest

import superpose
from benchmarks.cases import SETS
from benchmarks.kinds import draw
from superpose._motions import two_motions
from superpose._motions.two_motions import other_motion


class _Verdict:
    matched = False


class _First:
    verdict = _Verdict()


class _Look:
    class settings:
        choice = None


def test_what_is_there_by_chance_leaves_nothing_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_motions, "_contradicted", lambda *_: pytest.fail("asked"))
    first: Any = _First()
    look: Any = _Look()
    assert other_motion(first, look) is first


@pytest.mark.parametrize(("kind", "number"), [("two-motions", 77), ("fixed-pattern", 70)])
@pytest.mark.slow
def test_what_fills_few_tiles_and_what_holds_in_none_is_not_believed(kind: str, number: int) -> None:
    """A crescent that follows the moon, and captions over a faint scene: once sure, and wrong by 7 and 33 px."""
    pair = draw(kind, 770077, number)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert pair.error(found.transform.matrix) < 5 or not found.reliable


@pytest.mark.parametrize("number", [33, 38])
def test_a_logo_that_nearly_fits_turned_by_half_is_believed(number: int) -> None:
    """The answer explains all of it, and the other pose nothing that is left."""
    pair = draw("few-objects", 20261127, number)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family)
    assert found.reliable and pair.error(found.transform.matrix) < 0.1


@pytest.mark.parametrize(("seed", "number"), [(990011, 94), (414, 15), (901, 25)])
@pytest.mark.slow
def test_walls_of_brick_that_part_have_no_fixed_pattern(seed: int, number: int) -> None:
    """Layers of which one moved by little, and a wall that bends: once sure of a pattern, and wrong by 5 to 10 px."""
    pair = draw("misfit", seed, number)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert not found.reliable


@pytest.mark.slow
def test_a_rival_that_explains_far_less_of_what_is_left_casts_no_doubt() -> None:
    """Between modalities much is left over; a scene that repeats itself holds there in places."""
    case = SETS["several"].case(4242, 31)
    found = superpose.register(case.fixed, case.moving, transform=case.family)
    assert found.reliable and case.error(found.transform.matrix) < 0.2
