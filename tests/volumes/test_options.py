"""What `register` is asked for serves volumes as well: mirrored ones, coarse work, SciPy's optimisers."""

from __future__ import annotations

import numpy as np
import pytest

import superpose
from superpose import Image, InputError
from tests.volumes.phantom import error, pose, volume

pytestmark = pytest.mark.slow  # each aligns volumes, for seconds
TRUTH = pose((12.0, -8.0, 15.0), (5.0, -3.0, 4.0))


@pytest.fixture(scope="module")
def pair() -> tuple[Image, Image]:
    coarse = (3.0, 3.0, 3.0)
    return volume(shape=(30, 28, 26), spacing=coarse), volume(TRUTH, shape=(27, 31, 28), spacing=coarse, scan=1)


def flipped(image: Image, *axes: int) -> tuple[Image, np.ndarray]:
    """Return a volume whose array runs the other way along some axes, and its pose."""
    mirror = np.diag([-1.0 if k in axes else 1.0 for k in (0, 1, 2, 3)])
    return Image(np.flip(np.asarray(image.array), axes).copy(), image.spacing, image.origin), mirror @ TRUTH


@pytest.mark.parametrize("axes", [(0,), (0, 1, 2)])
def test_a_mirrored_volume_is_found_where_it_may_be(pair: tuple[Image, Image], axes: tuple[int, ...]) -> None:
    moving, truth = flipped(pair[1], *axes)
    result = superpose.register(pair[0], moving, allow_flip=True)
    assert result.reliable and error(result.transform.matrix, truth) < 0.05
    assert np.linalg.det(result.transform.matrix[:3, :3]) == pytest.approx(-1)
    # The family's numbers do not state a mirrored pose.
    assert result.transform.family == "affine" and result.covariance is None and 0 < result.uncertainty < 0.2
    assert np.abs(result.warp() - np.asarray(pair[0].array))[result.valid].std() < 0.02
    said = result.describe()
    assert said.startswith("moving is mirrored along its ") and "times as large" not in said


def test_a_mirrored_volume_exchanged_gives_the_inverse(pair: tuple[Image, Image]) -> None:
    moving, _ = flipped(pair[1], 2)
    there = superpose.register(pair[0], moving, allow_flip=True)
    back = superpose.register(moving, pair[0], allow_flip=True)
    assert error(back.transform.matrix @ there.transform.matrix, np.eye(4)) < 0.01


def test_flips_are_tried_and_not_preferred(pair: tuple[Image, Image]) -> None:
    result = superpose.register(*pair, allow_flip=True)
    assert result.reliable and result.transform.family == "rigid" and error(result.transform.matrix, TRUTH) < 0.05


def test_what_is_its_own_mirror_image_is_not_called_either(pair: tuple[Image, Image]) -> None:
    array = np.asarray(pair[0].array)
    even = array + array[:, :, ::-1]
    noise = np.random.default_rng(4).normal(0, 0.01, (2, *even.shape))
    result = superpose.register(even + noise[0], even + noise[1], allow_flip=True, on_unreliable="ignore")
    assert not result.reliable and any("symmetric" in each for each in result.warnings)


@pytest.mark.parametrize("size", [32, "2px"])
def test_volumes_are_worked_on_small(size: float | str) -> None:
    result = superpose.register(volume(), volume(TRUTH, shape=(40, 46, 42), scan=1), work_at=size)
    assert result.levels[-1].shape == (22, 20, 18)
    assert result.reliable and error(result.transform.matrix, TRUTH) < 0.2
    assert result.fixed_grid.shape == (44, 40, 36)


def test_long_voxels_are_made_no_longer(pair: tuple[Image, Image]) -> None:
    thick = volume(shape=(18, 60, 64), spacing=(5.0, 1.5, 1.5))
    result = superpose.register(thick, volume(), work_at="2px", on_unreliable="ignore")
    assert result.levels[-1].shape == (18, 30, 32)
    with pytest.raises(InputError, match="work_at is 20; pass a whole number of 32 or more"):
        superpose.register(*pair, work_at=20)


def squares(fixed: np.ndarray, warped: np.ndarray, mask: np.ndarray) -> float:
    """Return a user's own cost."""
    return float(((fixed - warped)[mask] ** 2).mean())


@pytest.mark.parametrize(
    ("options", "name", "metric"),
    [
        ({"optimizer": "powell"}, "powell", "ncc"),
        ({"levels": 2, "metric": "nmi"}, "powell", "nmi"),
        ({"metric": squares}, "powell", "squares"),
    ],
)
def test_scipys_optimisers_descend_volumes(
    pair: tuple[Image, Image], options: dict[str, object], name: str, metric: str
) -> None:
    turned = np.array([[0, 0, -1], [1, 0, 0], [0, 1, 0]], float)
    array = np.asarray(pair[0].array)
    # The same volume by other axes, one of them turned round.
    own = Image(
        array.transpose(1, 2, 0)[:, :, ::-1],
        pair[0].spacing,
        tuple(pair[0].grid.to_physical([array.shape[0] - 1, 0, 0])),
        turned,
    )
    start = TRUTH @ pose((6.0, 0, 4.0), (2.0, 1.0, 0))
    result = superpose.register(own, pair[1], initial=start, **options)
    assert (result.optimizer, result.metric) == (name, metric)
    assert result.reliable and error(result.transform.matrix, TRUTH) < 0.5 and 0 < result.uncertainty < 1.0


def test_a_descent_that_ended_early_says_how_far_off_it_may_be(pair: tuple[Image, Image]) -> None:
    start = TRUTH @ pose((3.0, 0, 0), (1.0, 0.0, 0))
    result = superpose.register(
        *pair, initial=start, optimizer=lambda cost, start: start, levels=1, on_unreliable="ignore"
    )
    off = error(result.transform.matrix, TRUTH)
    assert off > 1 and result.uncertainty > off and not result.reliable


def test_a_descent_from_far_away_is_not_trusted(pair: tuple[Image, Image]) -> None:
    start = TRUTH @ pose((0.0, 100.0, 30.0), (10.0, 0.0, 0.0))
    result = superpose.register(*pair, initial=start, optimizer="powell", on_unreliable="ignore")
    assert error(result.transform.matrix, TRUTH) > 3 and not result.reliable


def test_options_that_exclude_each_other(pair: tuple[Image, Image]) -> None:
    for options in ({"search": "global"}, {"allow_flip": True}, {"work_at": 64}):
        with pytest.raises(InputError, match="is for the engine"):
            superpose.register(*pair, optimizer="powell", **options)


def test_nothing_is_taken_for_the_scanners_own_pattern(pair: tuple[Image, Image]) -> None:
    results = [superpose.register(*pair, fixed_pattern=each) for each in ("auto", "keep")]
    assert (results[0].transform.matrix == results[1].transform.matrix).all()
