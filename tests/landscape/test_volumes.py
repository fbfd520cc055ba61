"""Landscapes of volumes: over shifts along the physical axes, and the rotation vector about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import superpose
from superpose import InputError
from superpose._landscape.parameters import numbers_of, pose_with
from tests.volumes.phantom import pose, volume

TRUTH = pose((4.0, -6.0, 8.0), (4.0, -2.0, 3.0))
SHAPE = (22, 20, 18)
COARSE = {"shape": SHAPE, "spacing": (4.0, 4.0, 4.0)}


@pytest.fixture(scope="module")
def pair() -> tuple[superpose.Image, superpose.Image]:
    return volume(**COARSE), volume(TRUTH, scan=1, **COARSE)


@pytest.fixture(scope="module")
def truth() -> superpose.MatrixTransform:
    return superpose.from_matrix(TRUTH, "rigid")


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("plane shift", 4.0), ("row shift", -2.0), ("column shift", 3.0),
        ("plane angle", 4.0), ("row angle", -6.0), ("column angle", 8.0), ("scale", 1.0),
    ],
)  # fmt: skip
def test_each_parameter_is_best_at_the_truth(
    pair: tuple[superpose.Image, superpose.Image], truth: superpose.MatrixTransform, name: str, at: float
) -> None:
    over = at * np.linspace(0.7, 1.3, 7) if name == "scale" else at + np.arange(-9, 9.1, 3)
    found = superpose.landscape(*pair, name, over, initial=truth)
    assert found.minimum() == (pytest.approx(at),) and found.unit == "units" and found.shapes == (SHAPE,)
    # It is the pose that changes, not the number alone.
    assert found.values.max() > 0.98 and found.values.min() < 0.99


def test_numbers_are_those_that_a_pose_was_given(truth: superpose.MatrixTransform) -> None:
    centre = np.array([3.0, -2.0, 5.0])
    chosen = {"plane-angle": 20.0, "column-angle": -35.0, "row-shift": 7.5, "scale": 1.2}
    wide = superpose.from_matrix(TRUTH @ np.diag([1.1, 1.0, 0.95, 1.0]), "affine")
    for start in (truth, wide):
        own = numbers_of(start, centre)
        found = numbers_of(superpose.from_matrix(pose_with(start, chosen, centre), "affine"), centre)
        assert found == pytest.approx(own | chosen)
        np.testing.assert_allclose(pose_with(start, {}, centre), start.matrix, atol=1e-12)
    # The vector is the transform's own.
    np.testing.assert_allclose(np.degrees(truth.angle), [4.0, -6.0, 8.0])


def test_what_is_tried_by_itself_reaches_along_the_physical_axes(
    pair: tuple[superpose.Image, superpose.Image],
) -> None:
    fixed, moving = pair
    turned = superpose.Image(
        np.asarray(fixed.array).transpose(2, 0, 1), (4.0,) * 3, fixed.origin, ((0, 1, 0), (0, 0, 1), (1, 0, 0))
    )
    for image in (fixed, turned):
        found = superpose.landscape(image, moving, "plane shift", metric="mse")
        assert len(found.samples[0]) == 91 and found.samples[0][-1] == pytest.approx(0.9 * 22 * 4)
        # Over what overlaps only: at either end that is background.
        best = found.samples[0][np.nanargmin(np.where(np.abs(found.samples[0]) < 40, found.costs, np.nan))]
        assert abs(best - 4) < 8


def test_a_map_of_two(pair: tuple[superpose.Image, superpose.Image], truth: superpose.MatrixTransform) -> None:
    over = [[-2, 4, 10], [2, 8, 14]]
    found = superpose.landscape(*pair, ["plane shift", "column angle"], over, metric="nmi", levels=2, initial=truth)
    assert found.values.shape == (3, 3) and found.minimum() == (4.0, 8.0)
    figure = found.plot()
    assert figure.axes[0].get_ylabel() == "plane shift (units)"
    assert figure.axes[0].get_xlabel() == "column angle (degrees)"
    assert figure.axes[0].get_title(loc="left") == "22 × 20 × 18" or "22 × 20 × 18" in figure.axes[0].get_title()


def test_voxels_are_pixels_where_nothing_is_known_of_space(pair: tuple[superpose.Image, superpose.Image]) -> None:
    arrays = [np.asarray(each.array) for each in pair]
    found = superpose.landscape(*arrays, "row shift", [-2, -1, 0, 1, 2])
    assert found.unit == "px" and found.plot().axes[0].get_xlabel() == "row shift (pixels)"


@pytest.mark.slow
def test_around_an_answer(pair: tuple[superpose.Image, superpose.Image], truth: superpose.MatrixTransform) -> None:
    answer = truth.about(pair[0].grid.centre)
    elsewhere = superpose.rigid((0.0, 0.0, 2.0), (4.0, 0.0, 0.0), answer.centre)
    found = superpose.Registration(
        transform=answer, value=0.0, metric="ncc", optimizer="by hand", levels=(), overlap=0.8, initial=truth,
        fixed_grid=pair[0].grid, moving_grid=pair[1].grid,
        basins=(superpose.Basin(answer, 0.5, 0.8), superpose.Basin(elsewhere, 0.3, 0.8)),
    ).with_images(*pair)  # fmt: skip
    figure = found.plot_landscape(("plane angle", "row shift"))
    maps = [axes for axes in figure.axes if axes.get_ylabel() == "plane angle (degrees)"]
    assert [axes.get_xlabel() for axes in maps] == ["row shift (units)"] * 2
    from superpose._landscape.around import around

    finest = around(found, ("plane angle", "row shift"))[-1]
    assert finest.landscape.unit == "units" and finest.landscape.values.shape == (15, 15)
    assert finest.answer == pytest.approx((4.0, -2.0)) and finest.landscape.minimum() == pytest.approx(finest.answer)
    assert [(mark.number, mark.beside) for mark in finest.basins] == [(1, False), (2, True)]
    # Large volumes are looked at on levels that take seconds.
    assert max(around(found, longest=12)[-1].landscape.shapes[0]) == 11
    loaded = replace(found, _fixed=None, _moving=None)
    with pytest.raises(InputError, match="without images"):
        loaded.plot_landscape()


@pytest.mark.parametrize(
    ("parameter", "said"),
    [("angle", r"parameter='angle' is not known.*plane-angle"), ("plane", "did you mean")],
)
def test_names_of_volumes(pair: tuple[superpose.Image, superpose.Image], parameter: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        superpose.landscape(*pair, parameter)


def test_an_image_and_a_volume() -> None:
    volume_like, image = np.random.default_rng(0).random((12, 12, 12)), np.random.default_rng(0).random((12, 12))
    with pytest.raises(InputError, match="moving is a volume"):
        superpose.landscape(image, volume_like)
    with pytest.raises(InputError, match="is not known"):
        superpose.landscape(image, image, "plane shift")


def test_between_modalities_it_is_drawn_by_directions(
    pair: tuple[superpose.Image, superpose.Image], truth: superpose.MatrixTransform
) -> None:
    """The report of a pair of two modalities once said that the metric takes no volumes."""
    fixed, moving = pair
    other = replace(moving, array=np.sin(3.0 * moving.array / moving.array.max()))
    over = -2.0 + np.arange(-8, 8.1, 4)
    found = superpose.landscape(fixed, other, "row shift", over, metric="orientation", initial=truth)
    assert found.minimum() == (-2.0,) and found.values.max() > 1.2 * np.sort(found.values)[-2]
    # Directions of volumes know of no contrast, and of no side of an edge.
    same = superpose.metrics.orientation(fixed.array, -3 * np.asarray(fixed.array))
    assert same == pytest.approx(1.0, abs=1e-6)
    assert abs(superpose.metrics.orientation(fixed.array, np.random.default_rng(0).normal(size=SHAPE))) < 0.1
