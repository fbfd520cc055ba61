"""Files as people have them, each kind read as its own library shows it, and none taken for damaged that is not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from superpose._io.images import BY_EXTENSION, FORMATS, others, read_image, read_pages, write_image
from superpose.errors import InputError

GREY, RGB, RGBA = (37, 53), (37, 53, 3), (37, 53, 4)


def picture(shape: tuple[int, ...], dtype: str = "u1") -> np.ndarray:
    values = np.random.default_rng(5).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    values.flat[:2] = 0, np.iinfo(dtype).max
    return values


def as_read(path: Path, **named: Any) -> np.ndarray:
    image = read_image(path, "fixed", **named)
    assert image.flags.c_contiguous and image.dtype.isnative
    return image


WRITTEN = [
    *[(".bmp", "u1", shape) for shape in (GREY, RGB)],
    *[(".webp", "u1", shape) for shape in (RGB, RGBA)],
    *[(extension, "u1", shape) for extension in (".jp2", ".j2k") for shape in (GREY, RGB, RGBA)],
    *[(".npy", dtype, shape) for dtype in ("u1", "u2", "i4", "u8") for shape in (GREY, RGB, RGBA)],
]


@pytest.mark.parametrize("extension, dtype, shape", WRITTEN)
def test_what_is_written_comes_back_the_same(
    tmp_path: Path, extension: str, dtype: str, shape: tuple[int, ...]
) -> None:
    image = picture(shape, dtype)
    write_image(tmp_path / f"a{extension}", image, "output")
    np.testing.assert_array_equal(as_read(tmp_path / f"a{extension}"), image)
    if extension == ".npy":
        np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), image)
    else:
        with Image.open(tmp_path / f"a{extension}") as seen:
            np.testing.assert_array_equal(np.asarray(seen), image)


@pytest.mark.parametrize("extension", BY_EXTENSION)
@pytest.mark.parametrize("dtype", ["?", "u1", "u2", "i2", "f4"])
@pytest.mark.parametrize("shape", [GREY, RGB, RGBA])
def test_every_format_keeps_an_image_or_says_what_it_lacks(
    tmp_path: Path, extension: str, dtype: str, shape: tuple[int, ...]
) -> None:
    image = picture(shape) > 99 if dtype == "?" else picture(shape).astype(dtype)
    try:
        write_image(tmp_path / f"a{extension}", image, "output")
    except InputError:
        with pytest.raises(InputError, match="a format that cannot hold"):
            write_image(tmp_path / f"a{extension}", image, "output")
        return
    back = as_read(tmp_path / f"a{extension}")
    assert (back.shape, back.dtype) == (image.shape, image.dtype)
    if extension not in (".jpg", ".jpeg"):
        np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize("mode, shape", [("1", GREY), ("P", RGB), ("RGB", RGB), ("L", GREY)])
def test_bmp_of_others(tmp_path: Path, mode: str, shape: tuple[int, ...]) -> None:
    made = Image.fromarray(picture(RGB)).convert(mode)
    made.save(tmp_path / "a.bmp")
    expected = np.asarray(made.convert("RGB") if mode == "P" else made)
    np.testing.assert_array_equal(as_read(tmp_path / "a.bmp"), expected)


def test_an_animation_s_first_picture_unless_another_is_asked_for(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.roll(picture(GREY) // 64 * 64, k, 0)) for k in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    for page in (None, 0, 2):
        image = as_read(tmp_path / "a.gif", page=page)
        grey = image[..., 0] if image.ndim == 3 else image
        np.testing.assert_array_equal(grey, np.asarray(frames[page or 0]))
    assert len(read_pages(tmp_path / "a.gif", "image", None, "--page")) == 1
    with pytest.raises(InputError, match=r"--page is 3, .*3 images"):
        read_image(tmp_path / "a.gif", "fixed", 3, "--page")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", [".png", ".webp", "16"])
def test_exif_orientation(tmp_path: Path, extension: str, orientation: int) -> None:
    path = tmp_path / ("a.png" if extension == "16" else f"a{extension}")
    made = Image.fromarray(picture(GREY, "u2") if extension == "16" else picture(RGB))
    exif = made.getexif()
    exif[0x0112] = orientation
    made.save(path, exif=exif, **({"lossless": True} if extension == ".webp" else {}))
    with Image.open(path) as seen:
        expected = np.asarray(ImageOps.exif_transpose(seen))
    np.testing.assert_array_equal(as_read(path), expected)


@pytest.mark.parametrize("bits", [9, 12, 16])
def test_jpeg_2000_of_more_than_8_bits_is_neither_scaled_nor_cut(tmp_path: Path, bits: int) -> None:
    image = picture(GREY, "u2") >> (16 - bits)
    made = Image.fromarray(image)
    # Its decoder makes the samples as large as its own 16 bits allow, and its encoder writes 16.
    made.save(tmp_path / "a.jp2", irreversible=False)
    np.testing.assert_array_equal(as_read(tmp_path / "a.jp2"), image)


def test_jpeg_2000_in_colour_of_16_bits_is_refused_not_cut_to_8(tmp_path: Path) -> None:
    octets = cv2.imencode(".jp2", picture(RGB, "u2"))[1]
    (tmp_path / "a.jp2").write_bytes(octets.tobytes())
    with pytest.raises(InputError, match="colours have more or less than 8 bits"):
        read_image(tmp_path / "a.jp2", "fixed")


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate"])
@pytest.mark.parametrize("colours", ["CMYK", "P", "YCbCr"])
def test_cmyk_and_palettes_and_ycbcr_in_tiff(tmp_path: Path, colours: str, compression: str) -> None:
    made = Image.fromarray(picture(RGB))
    image = made.quantize(64) if colours == "P" else made.convert(colours)
    image.save(tmp_path / "a.tif", compression=compression)
    # libtiff and Pillow round YCbCr each in its own way.
    expected = np.asarray(image.convert("RGB"))
    np.testing.assert_allclose(as_read(tmp_path / "a.tif"), expected, rtol=0, atol=int(colours == "YCbCr"))


def test_a_palette_of_16_bits(tmp_path: Path) -> None:
    table, index = picture((3, 256), "u2"), picture(GREY)
    tifffile.imwrite(tmp_path / "a.tif", index, photometric="palette", colormap=table)
    np.testing.assert_array_equal(as_read(tmp_path / "a.tif"), np.moveaxis(table[:, index], 0, -1))


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "zstd", "tiff_adobe_deflate", "packbits", "group4"])
def test_compressions_of_tiff(tmp_path: Path, compression: str) -> None:
    made = Image.fromarray(cv2.GaussianBlur(picture(RGB), (0, 0), 3))
    made = made.convert("1") if compression == "group4" else made
    try:
        made.save(tmp_path / "a.tif", compression=compression, **({"quality": 95} if compression == "jpeg" else {}))
    except (RuntimeError, OSError):
        pytest.fail(f"this Pillow cannot write {compression}")
    with Image.open(tmp_path / "a.tif") as seen:
        np.testing.assert_array_equal(as_read(tmp_path / "a.tif"), np.asarray(seen))


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["?", ">u2", "<f8", "f2", "i1"])
def test_npy(tmp_path: Path, dtype: str, order: Any, version: tuple[int, int]) -> None:
    image = np.array(picture(RGB) > 99 if dtype == "?" else picture(RGB) // 3, dtype, order=order)
    with (tmp_path / "a.npy").open("wb") as stream:
        np.lib.format.write_array(stream, image, version)
    np.testing.assert_array_equal(as_read(tmp_path / "a.npy"), image)


@pytest.mark.parametrize(
    "array, says",
    [
        (np.zeros((3, 3), "c8"), "a .npy file of dtype complex64, which is not read yet"),
        (np.array([[None]]), "a .npy file of dtype object, which is not read yet"),
        (np.zeros(5), r"a .npy file of shape \(5,\)"),
        (np.zeros((3, 4, 5)), r"a .npy file of shape \(3, 4, 5\)"),
    ],
)
def test_npy_that_is_no_picture(tmp_path: Path, array: np.ndarray, says: str) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=says):
        read_image(tmp_path / "a.npy", "fixed")


def test_npy_cut_off(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", picture(GREY))
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-1])
    with pytest.raises(InputError, match="it is cut off: it has 1960 of 1961 bytes"):
        read_image(tmp_path / "a.npy", "fixed")


@pytest.mark.parametrize("at, start, name", others._STARTS)
def test_a_known_kind_that_is_not_read_is_called_by_its_name(tmp_path: Path, at: int, start: bytes, name: str) -> None:
    (tmp_path / "a").write_bytes(bytes(at) + start + bytes(500))
    with pytest.raises(
        InputError, match=r"fixed is .*a', an? .*, which is not read yet; save it as a TIFF, PNG or \.npy"
    ):
        read_image(tmp_path / "a", "fixed")


@pytest.mark.parametrize(
    "octets, says",
    [
        (b"<?xml version='1.0'?>\n<svg/>", "an SVG drawing, which is not read yet"),
        (b"version https://git-lfs.github.com/spec/v1\n", r"it is a pointer of Git LFS, .*\(git lfs pull\)"),
        (b"\n<!DOCTYPE HTML>", "it is a page of the web"),
        (b"\0\5\x16\7" + bytes(80), "it holds a Mac's notes on the picture beside it"),
        (b"1,2,3", r"it begins with b'1,2,3'"),
        (b"", "it is empty"),
    ],
)
def test_what_lies_in_the_place_of_pictures(tmp_path: Path, octets: bytes, says: str) -> None:
    (tmp_path / "a.png").write_bytes(octets)
    with pytest.raises(InputError, match=says):
        read_image(tmp_path / "a.png", "fixed")


def test_what_a_decoder_stumbles_over_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(picture(RGB)).save(path, compression="tiff_lzw")
    octets = bytearray(path.read_bytes())
    octets[300:340] = b"\xff" * 40
    path.write_bytes(octets)
    with pytest.raises(InputError, match="no complete image file: its compressed pixels are damaged; check"):
        read_image(path, "fixed")

    def stumble(_stream: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("superpose._io.images.tiff.load", stumble)
    with pytest.raises(InputError, match="no complete image file: what its header says makes no picture; check"):
        read_image(path, "fixed")


def test_tiffs_that_are_whole_are_not_called_damaged(tmp_path: Path) -> None:
    lab, complex_, raw = (tmp_path / name for name in ("lab.tif", "complex.tif", "raw.dng"))
    Image.fromarray(picture(RGB)).convert("LAB").save(lab)
    tifffile.imwrite(complex_, picture(GREY).astype("c8"))
    with tifffile.TiffWriter(raw) as file:
        file.write(picture(GREY)[::4, ::4], subfiletype=1, subifds=1)
        file.write(
            picture(GREY).astype("u2"), photometric=32803, extratags=[(33421, 3, 2, (2, 2)), (33422, 1, 4, b"\0\1\1\2")]
        )
    for path, says in ((lab, "a TIFF of CIELAB colours"), (complex_, "a TIFF of complex"), (raw, "cameras' raw files")):
        with pytest.raises(InputError, match=rf"{says}.*which is not read yet"):
            read_image(path, "fixed")


def test_no_file_is_of_two_formats(tmp_path: Path) -> None:
    for kind in FORMATS:
        if kind.NAME == "GIF":
            stream = io.BytesIO()
            Image.fromarray(picture(GREY)).save(stream, "GIF")
            octets = stream.getvalue()
        else:
            path = tmp_path / f"a{kind.EXTENSIONS[0]}"
            write_image(path, picture(GREY if kind.NAME == "FITS" else RGB), "output")
            octets = path.read_bytes()
        assert [each.NAME for each in FORMATS if each.recognises(octets[: others.LONGEST])] == [kind.NAME]
        assert others.name_of(octets) is None


@pytest.mark.parametrize(
    "tag", ["ImageWidth", "ImageLength", "BitsPerSample", "SamplesPerPixel", "RowsPerStrip", "TileWidth", "TileLength"]
)
def test_a_header_of_zeros_is_no_traceback(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64), "u1"), tile=(32, 32) if tag.startswith("Tile") else None)
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags[tag].overwrite(0)
    if tag == "RowsPerStrip":  # all of them, as other readers have it
        assert read_image(path, "fixed").shape == (64, 64)
        return
    with pytest.raises(InputError, match=r"fixed is .*no complete image file: (its|what its) header says") as got:
        read_image(path, "fixed")
    assert got.value.code == "not-an-image-file"
