"""Channels that a lens magnifies differently are laid on each other, and their map serves other pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose

SHAPE = (160, 176)


def poses(count: int) -> list[superpose.MatrixTransform]:
    """Return where channels lie: magnified by some thousandths, a little turned, shifted."""
    centre = superpose.Grid(SHAPE).centre
    told = [
        (0.0, 1.0, 0.0, 1.0, (0.0, 0.0)),
        (0.1, 1.004, 0.0005, 1.003, (2.3, -1.6)),
        (-0.2, 0.994, 0, 0.995, (-3.4, 0.7)),
    ]
    found = []
    for turn, along, shear, across, shift in [*told, (0.05, 1.002, 0.001, 1.004, (0.4, 5.2))][:count]:
        angle = np.radians(turn)
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        found.append(superpose.affine(turned @ [[along, shear], [0.0, across]], shift, centre))
    return found


def beads(seed: int, count: int, photons: float = 400.0) -> NDArray[np.uint16]:
    """Return channels of fluorescent beads, each as bright as it likes in each, as a camera counts photons."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(4, np.array(SHAPE) - 5, (60, 2))
    rows, columns = np.indices(SHAPE)
    channels = []
    for number, pose in enumerate(poses(count)):
        image = np.full(SHAPE, 20.0)
        width = 1.3 + 0.15 * number
        for row, column in pose(places):
            bright = photons * rng.uniform(0.4, 1.6)
            image += bright * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * width**2))
        channels.append(rng.poisson(image))
    return np.stack(channels).astype(np.uint16)


@pytest.mark.parametrize("count", [2, 4])
def test_beads_are_laid_on_each_other(count: int) -> None:
    image = beads(count, count)
    found = superpose.align_channels(image)
    grid = np.stack(np.meshgrid(*[np.linspace(0, n - 1, 7) for n in SHAPE], indexing="ij"), -1).reshape(-1, 2)
    for transform, pose in zip(found.transforms, poses(count), strict=True):
        assert transform is not None
        off = np.sqrt(np.square(transform(grid) - pose(grid)).sum(-1))
        assert np.sqrt(np.square(off).mean()) <= 0.05
    assert found.image.shape == image.shape and found.image.dtype == np.uint16 and found.channel_axis == 0
    assert np.array_equal(found.image[0], image[0])
    assert sorted(found.registrations) == list(range(1, count)) and not found.warnings
    assert repr(found) == f"<AlignedChannels: {count} of {count} channels on channel 0>"


def test_a_map_of_beads_serves_another_picture(tmp_path: Path) -> None:
    calibration, other = beads(1, 3), beads(2, 3, 40.0)
    found = superpose.align_channels(calibration, reference=1)
    found.save(tmp_path / "map.json")
    used = superpose.align_channels(np.moveaxis(other, 0, -1), use=tmp_path / "map.json")
    assert used.channel_axis == 2 and not used.registrations
    expected = found.channel_map.apply(list(other))
    assert np.array_equal(np.moveaxis(used.image, -1, 0), expected)
    assert [each.matrix.tolist() for each in used.transforms] == [each.matrix.tolist() for each in found.transforms]
    again = superpose.align_channels(list(other), use=found.channel_map)
    assert np.array_equal(again.image, expected)


@pytest.mark.slow
def test_a_channel_of_something_else_is_left_out() -> None:
    image = beads(3, 2)
    noise = np.random.default_rng(0).poisson(50, SHAPE).astype(np.uint16)
    with pytest.warns(
        superpose.UnreliableWarning, match=r"1 of the 3 channels of image could not be placed: channel 2"
    ):
        found = superpose.align_channels([*image, noise])
    assert found.transforms[2] is None and not found.image[2].any()
    assert found.transforms[1] is not None


def test_what_cannot_be_channels(tmp_path: Path) -> None:
    image = beads(4, 2)
    with pytest.raises(superpose.InputError, match="image has 1 channels"):
        superpose.align_channels([image[0]])
    with pytest.raises(superpose.InputError, match=r"channel 1 of image has the shape \(50, 176\)"):
        superpose.align_channels([image[0], image[1][:50]])
    with pytest.raises(superpose.InputError, match="reference is 2, and there are 2"):
        superpose.align_channels(image, reference=2)
    with pytest.raises(superpose.InputError, match=r"use is .*no such file"):
        superpose.align_channels(image, use=tmp_path / "none.json")
    where = superpose.align_channels(image, transform="translation").channel_map
    with pytest.raises(superpose.InputError, match="use has 2 channels, and the image 3"):
        superpose.align_channels(np.concatenate([image, image[:1]]), use=where)
    with pytest.raises(superpose.InputError, match=r"use has shape \(160, 176\)"):
        superpose.align_channels(image[:, 1:], use=where)
