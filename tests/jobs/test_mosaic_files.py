"""Results of mosaics in files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import superpose
from superpose._jobs.layouts import outline_of
from superpose.errors import InputError

SHAPE = (40, 50)


def made(projection: str = "plane") -> superpose.MosaicResult:
    """Return a result of three images, the last one left out."""
    transforms: Any = [superpose.translation((0.1, -3)), superpose.translation((1 / 3, -40)), None]
    if projection != "plane":
        turns = superpose.rigid((0, 0, 0.1)).matrix[:3, :3], superpose.rigid((0.2, 0, 0)).matrix[:3, :3]
        transforms = [*(superpose.ViewTransform(projection, each, 100 / 3, (19.5, 24.5)) for each in turns), None]
    table = (
        superpose.MosaicImage(0, "a.tif", "overlaps", "", (0.1, 3.0), 1, 0.25),
        superpose.MosaicImage(1, "b.tif", "stage", "it shows nothing", (-1 / 3, 40.0), 0),
        superpose.MosaicImage(2, "c.tif", "", "it cannot be read"),
    )
    links = (
        superpose.MosaicLink(0, 1, True, "", 0.25, 0.9, 0.1 / 3, 0.2, True),
        superpose.MosaicLink(1, 2, False, "no"),
    )
    outlines = tuple(None if each is None else outline_of(SHAPE, each) for each in transforms)
    more = {"gains": (1.0, 1.1, 1.0), "warnings": ("one [so]",), "shapes": (SHAPE, SHAPE, (1, 1))}
    focal = None if projection == "plane" else 100 / 3
    return superpose.MosaicResult(
        tuple(transforms), table, links, ((0, 1), (2,)), superpose.Grid((41, 88), (-1.0, 3.0)), "translation", outlines,
        projection=projection, focal=focal, versions={"superpose": "0"}, **more,
    )  # fmt: skip


@pytest.mark.parametrize("projection", ["plane", "sphere"])
def test_what_is_read_back_is_the_same_bits(tmp_path: Path, projection: str) -> None:
    result = made(projection)
    result.save(tmp_path / "m.json")
    loaded = superpose.load_mosaic(tmp_path / "m.json")
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "m.json").read_bytes()
    for name in ("parts", "grid", "transform", "gains", "warnings", "projection", "focal", "shapes", "versions"):
        assert getattr(loaded, name) == getattr(result, name)
    assert repr(loaded.table) == repr(result.table) and repr(loaded.links) == repr(result.links)
    for one, other in zip(loaded.outlines, result.outlines, strict=True):
        assert (one is None and other is None) or np.array_equal(one, other)
    points = np.array([(3.0, 4.0), (20.0, 30.0)])
    assert np.array_equal(loaded.transforms[1](points), result.transforms[1](points))  # type: ignore[misc]
    images = [np.random.default_rng(0).random(SHAPE)] * 3
    assert np.array_equal(loaded.apply(images), result.apply(images), equal_nan=True)


def test_a_canvas_that_no_image_reaches_is_told() -> None:
    result = replace(made("plane"), grid=superpose.Grid((41, 88), (1e6, 3.0)))
    with pytest.raises(superpose.InputError, match="this mosaic has no place for any of them"):
        result.apply([np.random.default_rng(0).random(SHAPE)] * 3)


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda all_: all_.update(format="superpose stack"), r"superpose\.load_stack reads"),
        (lambda all_: all_.update(version=2), "its version is 2"),
        (lambda all_: all_.update(projection="cone"), "projection is 'cone'"),
        (lambda all_: all_["parts"].pop(), "parts must have each image once"),
        (lambda all_: all_.update(parts=[[0, "a", 1, 2]]), "parts must be lists of numbers of images"),
        (lambda all_: all_["images"][1].update(matrix=None), r"images\[1\]\.placed_by and images\[1\]\.matrix contra"),
        (lambda all_: all_["images"][1].update(image=2), r"images\[1\]\.image is 2, and must be 1"),
        (lambda all_: all_["images"][1].update(shape=[1]), r"images\[1\]\.shape is \[1\]"),
        (lambda all_: all_["links"][1].update(second=3), r"links\[1\]\.second is 3"),
        (lambda all_: all_["links"][1].pop("used"), r"links\[1\]\.used is missing"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, change: Any, says: str) -> None:
    made().save(tmp_path / "m.json")
    document = json.loads((tmp_path / "m.json").read_text("utf-8"))
    change(document)
    (tmp_path / "m.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=says) as got:
        superpose.load_mosaic(tmp_path / "m.json")
    assert got.value.code == "not-a-mosaic-file"


def test_who_takes_it_for_something_else_is_told(tmp_path: Path) -> None:
    made().save(tmp_path / "m.json")
    with pytest.raises(InputError, match=r"superpose\.load_mosaic reads it"):
        superpose.load(tmp_path / "m.json")
