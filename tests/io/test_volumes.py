"""One scan, in whatever file it lies and whoever wrote it, is the same pixels in the same place."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

import superpose
from superpose._io.volumes import BY_EXTENSION
from superpose._opened import opened
from superpose.errors import AssumptionWarning, InputError, MissingPackageError
from tests.io import making


@pytest.fixture(
    params=["itk.nrrd", "itk.mha", "itk.mhd", "itk.nii.gz", "nibabel.nii", "nibabel.nii.gz", "nibabel.img", "dicom"]
)
def scan(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file that another party wrote."""
    path = tmp_path / request.param
    if request.param == "dicom":
        making.write_series(path)
    elif request.param.startswith("itk"):
        sitk.WriteImage(making.itk_scan(), str(path), path.suffix == ".nrrd")
    elif path.suffix == ".img":
        made = making.nibabel_scan()
        nibabel.save(nibabel.Nifti1Pair(np.asarray(made.dataobj), made.affine), path)
        path = path.with_suffix(".hdr")
    else:
        nibabel.save(making.nibabel_scan(), path)
    return path


def check_scan(image: superpose.Image, places: float = 1e-5) -> None:
    np.testing.assert_array_equal(np.asarray(image.array), making.pixels())
    assert image.array.dtype == np.int16 and image.array.flags.c_contiguous and image.unit == "mm"
    itk = making.itk_scan()
    for index in ((0, 0, 0), (11, 0, 0), (0, 14, 0), (0, 0, 17), (5, 3, 16)):
        theirs = itk.TransformIndexToPhysicalPoint(index[::-1])[::-1]
        np.testing.assert_allclose(image.grid.to_physical(index), theirs, rtol=0, atol=places)


def test_one_scan_reads_the_same_from_every_format(scan: Path) -> None:
    check_scan(superpose.read(scan))
    # `register` sees the same.
    assert opened(scan, "fixed").grid == superpose.read(scan).grid


@pytest.mark.parametrize("extension", BY_EXTENSION)
def test_what_is_written_is_what_others_read(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"a{extension}"
    superpose.write(path, superpose.Image.from_itk(making.itk_scan()))
    check_scan(superpose.read(path))
    theirs = sitk.ReadImage(str(path))
    check_scan(superpose.Image.from_itk(theirs))
    assert theirs.GetPixelID() == sitk.sitkInt16
    if "nii" in extension:
        affine, wanted = nibabel.load(path).affine, making.nibabel_scan().affine
        np.testing.assert_allclose(affine, wanted, rtol=0, atol=1e-5)
    else:
        # Every digit is kept; NRRD has spacing and direction in one.
        wanted = superpose.Image.from_itk(making.itk_scan()).grid
        np.testing.assert_allclose(superpose.read(path).grid.index_to_physical, wanted.index_to_physical, rtol=1e-14)
        assert extension == ".nrrd" or superpose.read(path).grid == wanted
    first = path.read_bytes()
    superpose.write(path, superpose.Image.from_itk(making.itk_scan()))
    assert path.read_bytes() == first


@pytest.mark.parametrize("extension", BY_EXTENSION)
@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">i2", ">f4"])
def test_dtypes_are_kept(tmp_path: Path, extension: str, dtype: str) -> None:
    array = (making.pixels((5, 6, 7)) > 0 if dtype == "?" else np.abs(making.pixels((5, 6, 7))) % 100).astype(dtype)
    superpose.write(tmp_path / f"a{extension}", array)
    back = superpose.read(tmp_path / f"a{extension}").array
    held = {"?": "u1", "f2": "f4"}.get(dtype, dtype.lstrip(">"))
    assert back.dtype == np.dtype(held)
    np.testing.assert_array_equal(back, array)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / f"a{extension}"))), array)


def test_there_and_back_through_other_libraries() -> None:
    image = superpose.Image.from_itk(making.itk_scan())
    check_scan(image, 1e-12)
    check_scan(superpose.Image.from_nibabel(making.nibabel_scan()))
    assert superpose.Image.from_itk(image.to_itk()).grid == image.grid
    check_scan(superpose.Image.from_nibabel(image.to_nibabel()))
    theirs = image.to_nibabel()
    np.testing.assert_allclose(theirs.affine, making.nibabel_scan().affine, atol=1e-9)
    assert theirs.header["qform_code"] == theirs.header["sform_code"] == 1
    assert (
        repr(image) == "<Image: 12 planes x 15 rows x 18 columns, 3 x 1.25 x 0.75 mm, axes (plane, row, column), int16>"
    )


def test_units_become_millimetres(tmp_path: Path) -> None:
    micro = superpose.Image(making.pixels(), (1500, 250, 500), (7000, 0, -250), unit="µm")
    assert micro.to_itk().GetSpacing() == (0.5, 0.25, 1.5) and micro.to_itk().GetOrigin() == (-0.25, 0, 7)
    for extension in BY_EXTENSION:
        superpose.write(tmp_path / f"a{extension}", micro)
        back = superpose.read(tmp_path / f"a{extension}")
        np.testing.assert_allclose(back.spacing, (1.5, 0.25, 0.5), rtol=1e-6)
        np.testing.assert_allclose(back.origin, (7, 0, -0.25), rtol=1e-6)
    theirs = nibabel.Nifti1Image(making.pixels().T, np.diag([-500, -250, 1500, 1]))
    theirs.header.set_xyzt_units("micron")
    assert superpose.Image.from_nibabel(theirs).spacing == (1.5, 0.25, 0.5)
    with pytest.raises(
        InputError, match=r"^unit is 'parsec', of which it is not known how many millimetres it is; say it"
    ):
        superpose.Image(making.pixels(), unit="parsec").to_itk()


def test_pictures_of_two_axes(tmp_path: Path) -> None:
    flat = superpose.Image(making.pixels((9, 11)), (0.5, 0.25), (3, -4), ((0, 1), (1, 0)), unit="mm")
    for extension in BY_EXTENSION:
        superpose.write(tmp_path / f"a{extension}", flat)
        back = superpose.read(tmp_path / f"a{extension}")
        np.testing.assert_array_equal(back.array, flat.array)
        np.testing.assert_allclose(back.grid.index_to_physical, flat.grid.index_to_physical, atol=1e-6)
    colour = superpose.Image.from_itk(sitk.GetImageFromArray(np.zeros((9, 11, 3), np.uint8), isVector=True))
    assert colour.array.shape == (9, 11, 3) and colour.grid.shape == (9, 11) and colour.unit == ""
    superpose.write(tmp_path / "a.png", colour)
    assert superpose.read(tmp_path / "a.png").array.shape == (9, 11, 3)
    with pytest.raises(InputError, match=r"cannot hold colour; write a \.png"):
        superpose.write(tmp_path / "a.nrrd", colour)
    with pytest.raises(InputError, match=r"cannot hold where pixels lie in space; write a \.nrrd"):
        superpose.write(tmp_path / "a.tif", flat)
    with pytest.raises(InputError, match=r"cannot hold a volume; write a \.nrrd"):
        superpose.write(tmp_path / "a.tif", making.pixels())
    with pytest.raises(
        InputError, match=r"no format that superpose writes; use one of \.png.*\.nii\.gz, \.nrrd, \.mha"
    ):
        superpose.write(tmp_path / "a.mhd", making.pixels())


def test_a_volume_of_one_plane_is_a_picture(tmp_path: Path) -> None:
    scan = making.itk_scan()[:, :, 4:5]
    sitk.WriteImage(scan, str(tmp_path / "a.nrrd"))
    with pytest.warns(AssumptionWarning, match="is .*a.nrrd', a volume of one plane; it was taken for a 2D image"):
        image = superpose.read(tmp_path / "a.nrrd")
    assert image.shape == making.SHAPE[1:] and image.spacing == pytest.approx((1.25, 0.75)) and image.origin == (0, 0)
    making.write_series(tmp_path / "series")
    with pytest.warns(AssumptionWarning, match="a volume of one plane"):
        one = superpose.read(tmp_path / "series" / "5_000.dcm")
    np.testing.assert_array_equal(one.array, making.pixels()[0])


def test_a_series_of_volumes_is_read_one_by_one(tmp_path: Path) -> None:
    series = making.pixels((3, *making.SHAPE))
    made = nibabel.Nifti1Image(series.T, making.nibabel_scan().affine)
    for name in ("a.nii", "a.nii.gz"):
        nibabel.save(made, tmp_path / name)
        with pytest.raises(
            InputError, match=r"a series of 3 volumes; choose one with page= \(0 to 2\), or .*read_series"
        ):
            superpose.read(tmp_path / name)
        for k in range(3):
            np.testing.assert_array_equal(superpose.read(tmp_path / name, page=k).array, series[k])
    with pytest.raises(InputError, match="page= is 3, and the file holds 3 images"):
        superpose.read(tmp_path / "a.nii", page=3)
    with pytest.raises(
        InputError, match=r"^image has shape .*, a series of volumes; pass .*slicer\[\.\.\., k\] with k from 0 to 2"
    ):
        superpose.Image.from_nibabel(made)
    assert superpose.Image.from_nibabel(made.slicer[..., 1:2]).shape == making.SHAPE


def test_sform_and_qform_that_differ(tmp_path: Path) -> None:
    made = making.nibabel_scan()
    other = made.affine.copy()
    other[:3, 3] += 5, 0, 0
    made.set_qform(other, 1)
    nibabel.save(made, tmp_path / "a.nii.gz")
    with pytest.warns(
        AssumptionWarning, match="whose sform and qform say places up to 5 mm apart; its sform was taken"
    ):
        check_scan(superpose.read(tmp_path / "a.nii.gz"))
    made.set_sform(None, 0)
    np.testing.assert_allclose(superpose.Image.from_nibabel(made).origin, (42, 17.25, -36.5), atol=1e-5)
    made.set_qform(None, 0)
    with pytest.warns(AssumptionWarning, match="neither a qform nor a sform"):
        assert superpose.Image.from_nibabel(made).spacing == pytest.approx(making.SPACING[::-1])


def test_geometry_that_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    for row, says in (
        ((1, 1, 0, 0), "sheared, or its direction is singular"),
        ((0, 0, 0, 9), r"its spacing is \(0, .*above 0"),
    ):
        made = making.nibabel_scan()
        made.header["srow_x"], made.header["srow_y"], made.header["srow_z"] = row, (0, 1, 0, 0), (0, 0, 1, 0)
        path.write_bytes(made.header.binaryblock + bytes(4) + making.pixels().tobytes())
        with pytest.raises(
            InputError, match=rf"^path is '.*a\.nii', whose grid cannot be used: .*{says}.*superpose\.Image\("
        ):
            superpose.read(path)
    for old, new, says in (
        (b"ElementSpacing = 0.75", b"ElementSpacing = 0.00", "spacing"),
        (b"ElementSpacing = 0.75", b"ElementSpacing = -.75", "spacing"),
        (b"Offset = -31.5", b"Offset = nan  ", "not all finite"),
    ):
        sitk.WriteImage(making.itk_scan(), str(tmp_path / "a.mha"))
        octets = (tmp_path / "a.mha").read_bytes()
        assert old in octets
        (tmp_path / "a.mha").write_bytes(octets.replace(old, new))
        with pytest.raises(InputError, match=f"whose grid cannot be used: .*{says}"):
            superpose.read(tmp_path / "a.mha")


@pytest.mark.parametrize("extension", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_files_cut_off(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"a{extension}"
    superpose.write(path, making.pixels())
    octets = path.read_bytes()
    for part in (0.2, 0.6, 0.97):
        path.write_bytes(octets[: int(part * len(octets))])
        with pytest.raises(InputError, match="which is no complete image file"):
            superpose.read(path)


def test_sizes_are_bounded_before_anything_is_decoded(tmp_path: Path) -> None:
    header = b"NRRD0004\ntype: double\ndimension: 3\nsizes: 1000 1000 900\nencoding: %s\nendian: little\n\n"
    (tmp_path / "a.nrrd").write_bytes(header % b"raw" + bytes(100))
    with pytest.raises(
        InputError, match=r"it is cut off: .* bytes cannot hold the 7200000000 that its header promises"
    ):
        superpose.read(tmp_path / "a.nrrd")
    (tmp_path / "a.nrrd").write_bytes(header % b"gzip" + gzip.compress(bytes(100)))
    with pytest.raises(InputError, match="it is cut off"):
        superpose.read(tmp_path / "a.nrrd")
    making.write_series(tmp_path / "series")
    for extension in (*BY_EXTENSION, "series"):
        path = tmp_path / "series" if extension == "series" else tmp_path / f"b{extension}"
        if extension != "series":
            superpose.write(path, making.pixels())
        with pytest.raises(InputError, match=r"says that it has 3240 pixels, more than the 3239 that are read"):
            superpose.read(path, max_pixels=3239)
        assert superpose.read(path, max_pixels=3240).shape == making.SHAPE


def test_pixels_in_another_file_lie_beside_the_header(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sitk.WriteImage(making.itk_scan(), str(tmp_path / "in" / "a.mhd"))
    header = (tmp_path / "in" / "a.mhd").read_text()
    (tmp_path / "a.mhd").write_text(header.replace("= a.raw", "= in/a.raw"))
    with pytest.raises(InputError, match=r"its pixels are in 'in/a\.raw', which is no file beside it"):
        superpose.read(tmp_path / "a.mhd")
    (tmp_path / "a.mhd").write_text(header.replace("= a.raw", "= LIST"))
    with pytest.raises(InputError, match="there is no such file"):
        superpose.read(tmp_path / "a.mhd")


def test_spaces_of_nrrd(tmp_path: Path) -> None:
    """A header in RAS, as MITK and Slicer may write, and one that names no space."""
    lps = superpose.Image.from_itk(making.itk_scan())
    superpose.write(tmp_path / "a.nrrd", lps)
    octets = (tmp_path / "a.nrrd").read_bytes()
    (tmp_path / "a.nrrd").write_bytes(octets.replace(b"left-posterior", b"right-anterior"))
    turned = superpose.read(tmp_path / "a.nrrd")
    np.testing.assert_allclose(turned.grid.to_physical((3, 4, 5)), lps.grid.to_physical((3, 4, 5)) * (1, -1, -1))
    np.testing.assert_allclose(
        superpose.Image.from_itk(sitk.ReadImage(str(tmp_path / "a.nrrd"))).grid.to_physical((3, 4, 5)),
        turned.grid.to_physical((3, 4, 5)),
    )
    (tmp_path / "a.nrrd").write_bytes(octets.replace(b"space: left-posterior-superior", b"space dimension: 3"))
    with pytest.warns(AssumptionWarning, match="names no space; its axes were taken for left, posterior, superior"):
        check_scan(superpose.read(tmp_path / "a.nrrd"))


def test_units_of_nrrd(tmp_path: Path) -> None:
    superpose.write(tmp_path / "a.nrrd", superpose.Image.from_itk(making.itk_scan()))
    octets = (tmp_path / "a.nrrd").read_bytes()
    wanted = superpose.read(tmp_path / "a.nrrd").grid.index_to_physical
    for unit, scale in (("cm", 10), ("nm", 1e-6), ("micrometers", 1e-3), ("µm", 1e-3), ("Meter", 1e3)):
        new = octets.replace(b'"mm" "mm" "mm"', " ".join([f'"{unit}"'] * 3).encode())
        (tmp_path / "a.nrrd").write_bytes(new)
        found = superpose.read(tmp_path / "a.nrrd").grid.index_to_physical
        np.testing.assert_allclose(found[:3], wanted[:3] * scale, rtol=1e-12)
    (tmp_path / "a.nrrd").write_bytes(octets.replace(b'"mm"', b'"li"'))
    with pytest.warns(AssumptionWarning, match=r"lengths are in 'li', .*taken for millimetres"):
        check_scan(superpose.read(tmp_path / "a.nrrd"))


@pytest.mark.parametrize("local", [True, False])
def test_metaimage_whose_pixels_are_the_last_of_a_file(tmp_path: Path, local: bool) -> None:
    file = "LOCAL" if local else "a.raw"
    head = f"NDims = 3\nDimSize = 18 15 12\nElementType = MET_SHORT\nHeaderSize = -1\nElementDataFile = {file}\n"
    octets = b"some other header" + making.pixels().tobytes()
    (tmp_path / "a.raw").write_bytes(octets)
    (tmp_path / "a.mha").write_bytes(head.encode() + octets * local)
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.mha").array, making.pixels())
    if not local:  # ITK's own reader skips the same
        np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.mha"))), making.pixels())
    (tmp_path / "a.raw").write_bytes(octets[-100:])
    (tmp_path / "a.mha").write_bytes(head.encode() + octets[-100:] * local)
    with pytest.raises(InputError, match="it is cut off"):
        superpose.read(tmp_path / "a.mha")


@pytest.mark.parametrize("extension", [*BY_EXTENSION, ".tif", ".npy"])
def test_wide_floats_are_refused_by_name(tmp_path: Path, extension: str) -> None:
    if np.dtype(np.longdouble).itemsize == 8:
        pytest.skip("they are no wider than doubles here")
    with pytest.raises(InputError, match=r"no format has float128 pixels.*astype\(np\.float64\)"):
        superpose.write(tmp_path / f"a{extension}", np.zeros((5, 6), np.longdouble))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("extension", [".nrrd", ".mha"])
def test_damaged_compressed_pixels_are_known_by_their_checksum(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"a{extension}"
    superpose.write(path, np.zeros((8, 8, 8), np.uint16))
    octets = path.read_bytes()
    begin = octets.index(b"\x78\x5e" if extension == ".mha" else b"\x1f\x8b\x08")
    # Behind gzip's own header, of which nothing is checked.
    for bit in range(8 * (begin + (2 if extension == ".mha" else 10)), 8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            found = superpose.read(path).array
        except InputError:
            continue
        assert not found.any(), f"bit {bit - 8 * begin}"  # bits that fill up a byte say nothing
    for rest in range(1, 9 if extension == ".nrrd" else 5):
        path.write_bytes(octets[:-rest])
        with pytest.raises(InputError, match="it is cut off"):
            superpose.read(path)


def test_more_compressed_pixels_than_are_promised(tmp_path: Path) -> None:
    head = b"NRRD0004\ntype: short\ndimension: 3\nsizes: 18 15 11\nencoding: gzip\nendian: little\n\n"
    (tmp_path / "a.nrrd").write_bytes(head + gzip.compress(making.pixels().tobytes()))
    with pytest.raises(InputError, match="more than the 5940 bytes that its header promises come out of it"):
        superpose.read(tmp_path / "a.nrrd")


@pytest.mark.parametrize("compressed", [True, False])
def test_bytes_and_lines_that_a_nrrd_skips(tmp_path: Path, compressed: bool) -> None:
    data = b"seven\x00\xff" + making.pixels().tobytes()
    body = b"a line\nanother\n" + (gzip.compress(data) if compressed else data)

    def write(skip: int) -> None:
        text = f"type: short\ndimension: 3\nsizes: 18 15 12\nencoding: {'gzip' if compressed else 'raw'}\n"
        text += f"endian: little\nline skip: 2\nbyte skip: {skip}\ndata file: a.raw\n"
        (tmp_path / "a.nhdr").write_text(f"NRRD0004\n{text}")
        (tmp_path / "a.raw").write_bytes(body)

    write(7)
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.nhdr").array, making.pixels())
    # ITK's own reader skips the same.
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.nhdr"))), making.pixels())
    for skip, says in ((8, "it is cut off"), (10**15, "it is cut off"), (-2, "its byte skip is -2")):
        write(skip)
        with pytest.raises(InputError, match=says):
            superpose.read(tmp_path / "a.nhdr")


@pytest.mark.parametrize("compressed", [True, False])
def test_nrrd_and_metaimage_with_numbers_of_the_other_byte_order(tmp_path: Path, compressed: bool) -> None:
    array = making.pixels()
    big = array.astype(">i2").tobytes()
    text = "NRRD0001\r\n# a comment\r\ntype: short\r\ndimension: 3\r\nsizes: 18 15 12\r\nspacings: 0.75 1.25 3\r\n"
    text += f"encoding: {'gz' if compressed else 'raw'}\r\nendian: big\r\n\r\n"
    (tmp_path / "a.nrrd").write_bytes(text.encode() + (gzip.compress(big) if compressed else big))
    with pytest.warns(AssumptionWarning, match="names no space"):
        image = superpose.read(tmp_path / "a.nrrd")
    np.testing.assert_array_equal(image.array, array)
    assert image.spacing == (3, 1.25, 0.75)
    if not compressed:
        head = "NDims = 3\nDimSize = 18 15 12\nElementType = MET_SHORT\nElementByteOrderMSB = True\n"
        (tmp_path / "a.mha").write_bytes(head.encode() + b"ElementDataFile = LOCAL\n" + big)
        np.testing.assert_array_equal(superpose.read(tmp_path / "a.mha").array, array)


def test_several_numbers_a_voxel_are_refused_by_name(tmp_path: Path) -> None:
    vectors = sitk.GetImageFromArray(np.zeros((5, 6, 7, 3), np.float32), isVector=True)
    for extension in (".nrrd", ".mha"):
        sitk.WriteImage(vectors, str(tmp_path / f"a{extension}"))
        with pytest.raises(InputError, match=r"numbers a (voxel|pixel)"):
            superpose.read(tmp_path / f"a{extension}")
    with pytest.raises(InputError, match=r"^image is of 3 numbers a pixel"):
        superpose.Image.from_itk(vectors)
    with pytest.raises(InputError, match=r"^image is <class 'numpy.ndarray'>, which is not a SimpleITK.Image"):
        superpose.Image.from_itk(np.zeros((4, 4)))
    with pytest.raises(InputError, match=r"^image is <class 'numpy.ndarray'>, which is not an image of nibabel's"):
        superpose.Image.from_nibabel(np.zeros((4, 4)))
    with pytest.raises(InputError, match="complex"):
        superpose.Image.from_nibabel(nibabel.Nifti1Image(np.zeros((4, 4, 4), complex), np.eye(4)))


@pytest.mark.parametrize("package", ["nibabel", "SimpleITK"])
def test_a_package_that_is_missing_is_named_with_its_command(
    tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.write_series(tmp_path / "series")
    superpose.write(tmp_path / "a.nii", making.pixels())
    monkeypatch.setitem(__import__("sys").modules, package, None)
    path = tmp_path / ("a.nii" if package == "nibabel" else "series")
    with pytest.raises(MissingPackageError, match=rf'^path needs {package}, .*pip install "superpose\[medical\]"'):
        superpose.read(path)
    for extension in (".nrrd", ".mha"):
        superpose.write(tmp_path / f"a{extension}", making.pixels())
        np.testing.assert_array_equal(superpose.read(tmp_path / f"a{extension}").array, making.pixels())
