"""Where tiles lie as OME-TIFFs tell it: one file of several images, a file a tile, and what cannot be used."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
import tifffile

import superpose
from superpose.errors import InputError

PLACES = [(0, 0), (2, 70), (60, 5)]
# Half a micrometre along columns, a quarter along rows.
SIZES: dict[str, Any] = {
    "PhysicalSizeX": 0.5,
    "PhysicalSizeXUnit": "µm",
    "PhysicalSizeY": 250,
    "PhysicalSizeYUnit": "nm",
}


def told(row: float, column: float) -> dict[str, Any]:
    x, y = {"PositionX": [column * 5e-4], "PositionXUnit": ["mm"]}, {"PositionY": [row / 4], "PositionYUnit": ["µm"]}
    return {"axes": "YX", **SIZES, "Plane": x | y}


def tile(row: int, column: int) -> Any:
    return skimage.data.camera()[100 + row : 200 + row, 100 + column : 200 + column]


def one_file(path: Path, change: Callable[[int, dict[str, Any]], None] = lambda *_: None) -> Path:
    with tifffile.TiffWriter(path, ome=True) as writer:
        for k, place in enumerate(PLACES):
            said = told(*place)
            change(k, said)
            writer.write(tile(*place), metadata=said)
    return path


@pytest.mark.parametrize("named", [True, False])
def test_one_file_of_several_images(tmp_path: Path, named: bool) -> None:
    path = one_file(tmp_path / "tiles.ome.tif")
    found = superpose.mosaic(path, positions=path if named else "ome", position_sigma=3, blend=None)
    assert [each.placed_by for each in found.table] == ["overlaps"] * 3 and not found.warnings
    gaps = np.array([each.place for each in found.table]) - PLACES
    assert np.abs(gaps - gaps.mean(0)).max() < 0.1 and max(each.stage_off for each in found.table) < 0.1


def test_a_file_a_tile_and_pixels_of_elsewhere(tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.ome.tif" for k in range(3)]
    for path, place in zip(paths, PLACES, strict=True):
        tifffile.imwrite(path, tile(*place), metadata=told(*place))
    found = superpose.mosaic(paths[::-1], positions="ome", position_sigma=3, blend=None)
    assert np.subtract(found.table[0].place, found.table[2].place) == pytest.approx(PLACES[2], abs=0.1)
    pixels = [tile(*place) for place in PLACES]
    again = superpose.mosaic(pixels, positions=one_file(tmp_path / "all.ome.tif"), position_sigma=3, blend=None)
    assert np.subtract(again.table[2].place, again.table[0].place) == pytest.approx(PLACES[2], abs=0.1)


def test_a_file_that_was_renamed_and_one_of_two_channels(tmp_path: Path) -> None:
    before = one_file(tmp_path / "tiles.ome.tif")
    with tifffile.TiffFile(before) as file:
        description = str(file.pages[0].description)  # type: ignore[union-attr]
    inside = '><UUID FileName="tiles.ome.tif">urn:uuid:1</UUID></TiffData>'
    description = re.sub(r"(<TiffData[^>]*)/>", rf"\1{inside}", description)
    path = tmp_path / "other.tif"
    tifffile.imwrite(
        path,
        np.stack([tile(*each) for each in PLACES]),
        photometric="minisblack",
        description=description.replace("µ", "&#181;"),
        metadata=None,
    )
    with contextlib.chdir(tmp_path):
        found = superpose.mosaic("other.tif", positions=path, position_sigma=3, blend=None)
    assert [each.placed_by for each in found.table] == ["overlaps"] * 3
    both = [np.stack([tile(*each)] * 2) for each in PLACES[:2]]
    with tifffile.TiffWriter(tmp_path / "two.ome.tif", ome=True) as writer:
        for pixels, place in zip(both, PLACES, strict=False):
            plane = {key: value * 2 for key, value in told(*place)["Plane"].items()}
            writer.write(pixels, metadata=told(*place) | {"axes": "CYX", "Plane": plane})
    with pytest.raises(InputError, match=r"has several channels, times or planes: lay one of them"):
        superpose.mosaic(tmp_path / "two.ome.tif", positions="ome", position_sigma=3)


def without(name: str) -> Callable[[int, dict[str, Any]], None]:
    def change(number: int, said: dict[str, Any]) -> None:
        if number == 1:
            said.pop(name, None)
            said["Plane"].pop(name, None)

    return change


def in_plane(**changed: Any) -> Callable[[int, dict[str, Any]], None]:
    return lambda number, said: said["Plane"].update(changed) if number == 1 else None


@pytest.mark.parametrize(
    "change, says",
    [
        (without("PositionY"), "Image1 has no PositionY"),
        (without("PositionX"), "Image1 has no PositionX"),
        (without("PhysicalSizeX"), "Image1 has no PhysicalSizeX, which says how large its pixels are"),
        (in_plane(PositionXUnit=["reference frame"]), "says where it lies in 'reference frame', which is no unit"),
        (in_plane(PositionX=[0.0], PositionY=[0.0]), r"has \[0.0, 0.0\] for image 0 and for image 1"),
        (lambda number, said: said.update(PhysicalSizeX=0.5 + number / 10), "pixels of its images are unlike"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, change: Callable[[int, dict[str, Any]], None], says: str) -> None:
    path = one_file(tmp_path / "tiles.ome.tif", change)
    with pytest.raises(InputError, match=says):
        superpose.mosaic(path, positions="ome", blend=None)


def test_a_unit_that_is_not_told_is_assumed_and_said(tmp_path: Path) -> None:
    path = one_file(tmp_path / "tiles.ome.tif", in_plane(PositionX=[35.0]))
    text = path.read_bytes().replace(b'PositionX="35.0" PositionXUnit="mm"', b'PositionX="35.0"' + b" " * 19)
    path.write_bytes(text)
    found = superpose.mosaic(path, positions="ome", position_sigma=3, blend=None)
    assert found.table[1].placed_by == "overlaps" and found.table[1].stage_off < 0.1
    assert [each for each in found.warnings if "1 images have no unit in their files, and are taken for µm" in each]


def test_other_files_tell_no_positions(tmp_path: Path) -> None:
    paths = [tmp_path / "a.tif", tmp_path / "b.png"]
    tifffile.imwrite(paths[0], tile(0, 0))
    superpose.write(paths[1], tile(0, 70))
    for given, says in ((paths, "a TIFF without a description"), (paths[::-1], "it is no file of OME's")):
        with pytest.raises(InputError, match=says):
            superpose.mosaic(given, positions="ome")
    with pytest.raises(InputError, match="has 3 places, and there are 2 images"):
        superpose.mosaic([tile(0, 0), tile(0, 70)], positions=one_file(tmp_path / "all.ome.tif"))
