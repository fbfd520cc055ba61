"""Stacks of microscopes, as other programs write them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile

import superpose
from superpose.errors import AssumptionWarning, InputError

STACK = np.random.default_rng(4).integers(0, 60000, (7, 33, 41), np.uint16)
OME = {"axes": "ZYX", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 1500, "PhysicalSizeZUnit": "nm"}


def write_imagej(path: Path, array: np.ndarray = STACK, axes: str = "ZYX", unit: str = "um") -> None:
    tifffile.imwrite(
        path, array, imagej=True, resolution=(1 / 0.2, 1 / 0.25), metadata={"axes": axes, "spacing": 1.5, "unit": unit}
    )


@pytest.mark.parametrize("unit", ["um", "micron", "\\u00B5m"])
def test_imagej(tmp_path: Path, unit: str) -> None:
    write_imagej(tmp_path / "a.tif", unit=unit)
    check(superpose.read(tmp_path / "a.tif"))


@pytest.mark.parametrize("how", [{}, {"compression": "zlib"}, {"bigtiff": True}])
def test_ome(tmp_path: Path, how: dict[str, object]) -> None:
    tifffile.imwrite(tmp_path / "a.ome.tif", STACK, ome=True, metadata=OME, **how)
    check(superpose.read(tmp_path / "a.ome.tif"))


def check(image: superpose.Image) -> None:
    np.testing.assert_array_equal(image.array, STACK)
    np.testing.assert_allclose(image.spacing, (1.5, 0.25, 0.2), rtol=1e-6)
    assert image.unit == "µm" and image.origin == (0, 0, 0)
    np.testing.assert_allclose(image.to_itk().GetSpacing(), (0.2e-3, 0.25e-3, 1.5e-3), rtol=1e-6)


def test_a_page_of_a_stack_is_a_picture_as_before(tmp_path: Path) -> None:
    write_imagej(tmp_path / "a.tif")
    plane = superpose.read(tmp_path / "a.tif", page=3)
    np.testing.assert_array_equal(plane.array, STACK[3])
    assert not plane.spaced
    with pytest.raises(InputError, match="says that it has 9471 pixels, more than the 9470"):
        superpose.read(tmp_path / "a.tif", max_pixels=9470)


def test_without_a_spacing_it_has_none(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.ome.tif", STACK, ome=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, metadata={"axes": "ZYX"})
    for path in tmp_path.iterdir():
        image = superpose.read(path)
        assert image.shape == STACK.shape and not image.spaced and image.unit == ""


def test_what_is_assumed_of_a_spacing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    for said, missing, spacing in (
        ({"PhysicalSizeX": 0.2, "PhysicalSizeY": 0.25}, "planes are; that was taken to be 0.2 µm", (0.2, 0.25, 0.2)),
        ({"PhysicalSizeX": 0.2}, "planes and rows are; that was taken to be 0.2 µm", (0.2, 0.2, 0.2)),
        ({"PhysicalSizeZ": 2.0, "PhysicalSizeX": 0.2}, "its rows are; that was taken to be 0.2 µm", (2.0, 0.2, 0.2)),
    ):
        tifffile.imwrite(path, STACK, ome=True, metadata={"axes": "ZYX"} | said)
        with pytest.warns(AssumptionWarning, match=rf"^path is .*, which does not say how far apart .*{missing}"):
            image = superpose.read(path)
        assert image.spacing == pytest.approx(spacing) and image.unit == "µm"
    write_imagej(tmp_path / "a.tif", unit="furlong")
    with pytest.warns(AssumptionWarning, match="whose lengths are in 'furlong', .*taken for pixels"):
        assert superpose.read(tmp_path / "a.tif").spacing == (1, 1, 1)


def test_what_is_no_volume_is_asked_for_page_by_page(tmp_path: Path) -> None:
    write_imagej(tmp_path / "channels.tif", STACK[:6].reshape(3, 2, 33, 41), "ZCYX")
    write_imagej(tmp_path / "film.tif", axes="TYX")
    tifffile.imwrite(tmp_path / "channels.ome.tif", STACK, ome=True, metadata={"axes": "CYX"})
    tifffile.imwrite(tmp_path / "pages.tif", STACK, photometric="minisblack")
    for path in tmp_path.iterdir():
        with pytest.raises(InputError, match=r"holds [67] images; choose one with page="):
            superpose.read(path)


def test_fewer_planes_than_are_said(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.ome.tif", STACK, ome=True, metadata=OME)
    octets = (tmp_path / "a.ome.tif").read_bytes()
    assert b'SizeZ="7"' in octets
    (tmp_path / "a.ome.tif").write_bytes(octets.replace(b'SizeZ="7"', b'SizeZ="9"'))
    with pytest.raises(InputError, match="it says that it has 9 planes, and has 7"):
        superpose.read(tmp_path / "a.ome.tif")


ORDERS = {
    "one each": ('<TiffData FirstZ="{}" IFD="{}" PlaneCount="1"/>', None),
    "with names of the file": (
        '<TiffData FirstZ="{}" FirstT="0" IFD="{}"><UUID FileName="a.ome.tif">u</UUID></TiffData>',
        None,
    ),
    "runs": ("", '<TiffData IFD="4" PlaneCount="3"/><TiffData FirstZ="3" IFD="0" NumPlanes="4"/>'),
    "all": ("", "<TiffData/>"),
    "as it is": ("", '<TiffData IFD="0" PlaneCount="7"/>'),
}


@pytest.mark.parametrize("name", ORDERS)
def test_planes_of_ome_may_be_in_another_order(tmp_path: Path, name: str) -> None:
    each, runs = ORDERS[name]
    order = (3, 0, 6, 1, 5, 2, 4)
    said = runs or "".join(each.format(plane, page) for page, plane in enumerate(order))
    write_ome(tmp_path / "a.ome.tif", said)
    theirs = tifffile.imread(tmp_path / "a.ome.tif")
    if not name.startswith("a"):
        assert not np.array_equal(theirs, STACK)
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.ome.tif").array, theirs)
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.ome.tif", page=2).array, STACK[2])


@pytest.mark.parametrize(
    "said",
    ['<TiffData IFD="0"/>', '<TiffData IFD="1" PlaneCount="7"/>', "<TiffData/><TiffData/>", '<TiffData FirstZ="9"/>'],
)
def test_planes_of_ome_that_are_not_all_there(tmp_path: Path, said: str) -> None:
    write_ome(tmp_path / "a.ome.tif", said)
    with pytest.raises(InputError, match="does not say of each of its 7 planes which page of it that is"):
        superpose.read(tmp_path / "a.ome.tif")


def write_ome(path: Path, said: str) -> None:
    """Write the planes in their order, and say `said` of it."""
    tifffile.imwrite(path, STACK, ome=True, metadata=OME)
    text = tifffile.tiffcomment(path)
    found = re.search(r"<TiffData[^>]*/>|<TiffData.*</TiffData>", text)
    assert found is not None
    tifffile.tiffcomment(path, text.replace(found[0], said).encode())


ONE = {"axes": "YX", "PhysicalSizeX": 0.325, "PhysicalSizeY": 500, "PhysicalSizeYUnit": "nm"}


def test_one_plane_has_a_spacing(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    plane = STACK[2]
    tifffile.imwrite(tmp_path / "a.ome.tif", plane, ome=True, metadata=ONE)
    image = superpose.read(tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(image.array, plane)
    np.testing.assert_allclose(image.spacing, (0.5, 0.325))
    assert image.unit == "µm"
    tifffile.imwrite(tmp_path / "b.tif", plane, imagej=True, resolution=(4, 4), metadata={"unit": "um"})
    np.testing.assert_allclose(superpose.read(tmp_path / "b.tif").spacing, (0.25, 0.25))
    # Pyramids are the same picture again.
    with tifffile.TiffWriter(tmp_path / "c.ome.tif", ome=True) as file:
        file.write(plane, subifds=1, metadata=ONE)
        file.write(plane[::2, ::2], subfiletype=1)
    np.testing.assert_allclose(superpose.read(tmp_path / "c.ome.tif").spacing, (0.5, 0.325))
    for name, array, metadata in (("d", plane, {"axes": "YX"}), ("e", np.stack([plane] * 3, -1), {"unit": "um"})):
        tifffile.imwrite(tmp_path / f"{name}.tif", array, metadata=metadata)
        assert not superpose.read(tmp_path / f"{name}.tif").spaced
    assert not recwarn


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "bool"])
def test_a_spacing_is_written_to_a_tiff_and_read_again(tmp_path: Path, dtype: str) -> None:
    plane = (STACK[0] > 30000).astype(dtype)
    image = superpose.Image(plane, spacing=(0.5, 0.1 + 0.2), unit="microns")
    superpose.write(tmp_path / "a.tif", image)
    again = superpose.read(tmp_path / "a.tif")
    np.testing.assert_array_equal(again.array, plane)
    assert again.array.dtype == plane.dtype and again.spacing == image.spacing and again.unit == "µm"
    # Other programs read it, too.
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_ome and file.series[0].shape == plane.shape
    with pytest.raises(InputError, match="cannot hold where pixels lie in space"):
        superpose.write(tmp_path / "b.tif", superpose.Image(plane, spacing=(2, 2), origin=(1, 0), unit="mm"))
    with pytest.raises(InputError, match="cannot hold where pixels lie in space"):
        superpose.write(tmp_path / "b.tif", superpose.Image(plane, spacing=(2, 2), unit="ell"))
