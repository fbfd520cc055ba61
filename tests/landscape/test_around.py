"""The metric around an answer, level by level, and its figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose import InputError
from superpose._landscape.around import around
from superpose._landscape.parameters import numbers_of, pose_with
from superpose._landscape.settings import DEFAULTS
from superpose.metrics import METRICS
from superpose.transforms.matrix import MatrixTransform

CENTRE = (31.5, 47.5)
SHIFT = (3.0, -5.0)


@pytest.fixture(scope="module")
def found(camera: NDArray[np.uint8]) -> superpose.Registration:
    """A shift by whole pixels, known, with basins: its own, one in the plane of the shifts, one turned, one far."""
    image = camera[::4, ::4]
    answer = superpose.rigid(0.0, SHIFT, CENTRE)
    poses = [
        answer,
        superpose.rigid(0.0, (3.0, 1.0), CENTRE),
        superpose.rigid(1.0, (0.0, -5.0), CENTRE),
        superpose.rigid(0.0, (300.0, -5.0), CENTRE),
    ]
    return superpose.Registration(
        transform=answer, value=1.0, metric="ncc", optimizer="none", levels=(), overlap=0.9,
        initial=superpose.translation((0, 0)),
        fixed_grid=superpose.Grid((64, 96)), moving_grid=superpose.Grid((64, 96)),
        basins=tuple(superpose.Basin(pose, 0.5, 0.9) for pose in poses),
    ).with_images(image[20:84, 10:106], image[17:81, 15:111])  # fmt: skip


def test_the_answer_is_the_best_place_of_each_map(found: superpose.Registration) -> None:
    maps = around(found)
    assert [each.landscape.shapes for each in maps] == [((16, 24),), ((32, 48),), ((64, 96),)]
    for each, pixel in zip(maps, (4, 2, 1), strict=True):
        assert each.answer == pytest.approx(SHIFT)
        assert each.landscape.minimum() == pytest.approx(SHIFT, abs=1.3 * pixel)
        for samples, value in zip(each.landscape.samples, SHIFT, strict=True):
            assert len(samples) == DEFAULTS[2].maps.samples
            reach = DEFAULTS[2].maps.reach * pixel
            assert samples[[0, -1]] == pytest.approx((value - reach, value + reach))
    assert maps[-1].landscape.values.max() == pytest.approx(1.0, abs=1e-3)


def test_a_map_is_the_landscape_of_the_same_samples(found: superpose.Registration) -> None:
    finest = around(found, levels=1)[0].landscape
    assert found._fixed is not None and found._moving is not None
    again = superpose.landscape(
        found._fixed.array, found._moving.array, ("row shift", "column shift"), finest.samples, initial=found
    )
    np.testing.assert_array_equal(again.values, finest.values)
    assert again.parameters == finest.parameters


@pytest.fixture(scope="module")
def masked(camera: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """A pair whose mask changes every metric: what it leaves out is another scene."""
    image = camera[::4, ::4].astype(float)
    fixed, moving = image[20:84, 10:106].copy(), image[17:81, 15:111] + 500
    keep = np.ones(fixed.shape, bool)
    keep[:30, 50:] = False
    fixed[~keep] = camera[300:330, 100:146].ravel()
    return fixed, moving, keep


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("prepared", [False, True])
def test_a_map_s_middle_is_the_metric_over_the_overlap(
    masked: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]], metric: str, prepared: bool
) -> None:
    fixed, moving, keep = masked
    options = {"transform": "translation", "metric": metric, "on_unreliable": "ignore"}
    if prepared:
        made = superpose.register(superpose.prepare(fixed, keep), moving, **options)
    else:
        made = superpose.register(fixed, moving, fixed_mask=keep, **options)
    shift = made.transform.about(made.fixed_grid.centre).shift
    over = tuple(middle + np.linspace(-1, 1, 3) for middle in shift)
    middle = around(made, over=over, levels=1)[0].landscape.values[1, 1]
    warped = made.warp(clip=False)
    assert middle == pytest.approx(METRICS[metric].value(fixed, warped, made.valid & keep), rel=1e-6)
    # A registration by a joint histogram reports the value that was minimised.
    reports_overlap = not METRICS[metric].reports_objective
    assert (middle == pytest.approx(made.value, rel=1e-6)) == reports_overlap
    whole = around(made.with_images(fixed, moving), over=over, levels=1)[0].landscape.values[1, 1]
    assert whole != pytest.approx(middle, rel=0.01)


@pytest.mark.slow
def test_basins_are_marked_where_they_fall_onto_a_map(found: superpose.Registration) -> None:
    finest = around(found)[-1]
    assert [(mark.number, mark.beside) for mark in finest.basins] == [(1, False), (2, False), (3, True)]
    assert finest.basins[1].at == pytest.approx((3, 1))
    turned = around(found, ("angle", "column shift"), levels=1)[0]
    assert [mark.number for mark in turned.basins] == [1, 2, 4]
    assert [mark.beside for mark in turned.basins] == [False, False, True]


def test_a_turn_is_counted_from_the_answers(found: superpose.Registration) -> None:
    poses = [superpose.rigid(np.radians(angle), (0, 0), CENTRE) for angle in (179, -179)]
    half = replace(found, transform=poses[0], basins=tuple(superpose.Basin(pose, 0.5, 0.9) for pose in poses))
    (each,) = around(half, ("angle", "scale"), levels=1)
    assert [mark.at[0] for mark in each.basins] == pytest.approx([179, 181])


def test_what_may_be_chosen(found: superpose.Registration) -> None:
    over = (np.arange(-2, 9.0), np.array([0.9, 1.0, 1.1]))
    maps = around(found, ("column shift", "scale"), over, metric="mse", levels=2, longest=48)
    assert [each.landscape.shapes[0] for each in maps] == [(16, 24), (32, 48)]
    assert all(each.landscape.metric == "mse" for each in maps)
    np.testing.assert_array_equal(maps[0].landscape.samples[1], over[1])
    assert [each.landscape.shapes[0] for each in around(found, longest=4, levels=3)] == [(16, 24)]


def test_kind_errors(found: superpose.Registration) -> None:
    with pytest.raises(InputError, match="give it both images first"):
        around(found.with_images(None, None))
    with pytest.raises(InputError, match="pass the function, or another metric"):
        around(replace(found, metric="mine"))
    with pytest.raises(InputError, match="name one parameter or two different ones"):
        around(found, ["angle"])
    with pytest.raises(InputError, match="did you mean 'angle'"):
        around(found, ("angel", "scale"))


def test_a_pose_is_its_parameters() -> None:
    centre = np.array(CENTRE)
    pose = superpose.similarity(0.3, 1.2, (3, -5), CENTRE)
    own = numbers_of(pose, centre)
    assert own == pytest.approx({"row-shift": 3, "column-shift": -5, "angle": np.degrees(0.3), "scale": 1.2})
    other = superpose.similarity(-0.7, 0.8, (1, 2), CENTRE)
    again = MatrixTransform(pose_with(other, own, centre))
    assert again.distance(pose, superpose.Grid((64, 96)).corners) < 1e-9


@pytest.mark.slow
def test_its_figure(found: superpose.Registration) -> None:
    figure = found.plot_landscape()
    maps = [axes for axes in figure.axes if axes.get_xlabel()]
    assert [axes.get_title(loc="left") for axes in maps] == ["16 × 24", "32 × 48", "64 × 96"]
    assert maps[0].get_xlabel() == "column shift (pixels)" and maps[0].get_ylabel() == "row shift (pixels)"
    assert maps[0].yaxis_inverted()  # down is down
    assert [text.get_text() for text in maps[-1].texts] == ["1", "2", "3"]
    (legend,) = figure.legends
    assert [text.get_text().partition(":")[0] for text in legend.get_texts()] == [
        "the answer", "a basin that the search found", "one beside this plane",
    ]  # fmt: skip
    assert "ncc (higher is better)" in figure.get_suptitle()
    turned = found.plot_landscape(("angle", "scale"), levels=1)
    assert turned.axes[0].get_ylabel() == "angle (degrees)"
