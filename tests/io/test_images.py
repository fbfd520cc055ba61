"""Image files: what is written is read back the same, by us and by others; what is damaged is refused."""

from __future__ import annotations

import io
import re
import struct
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.io
import tifffile
from numpy.typing import DTypeLike
from PIL import Image, ImageOps

from superpose._io.images import check_output, read_image, read_pages, write_image, write_pages
from superpose.errors import InputError

ROWS, COLUMNS = 37, 53  # odd, and not a multiple of eight: rows of bits and of blocks end inside a unit


def ramp(dtype: DTypeLike, shape: tuple[int, ...]) -> np.ndarray:
    """Values over the dtype's whole range, no two rows, columns or channels alike."""
    noise = np.random.default_rng(3).random(shape)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return noise > 0.4
    if kind.kind == "f":
        return (noise * 3e4 - 1e4).astype(kind)
    info = np.iinfo(kind)
    values = (noise * (float(info.max) - float(info.min)) + float(info.min)).astype(kind)
    values.flat[:2] = info.min, info.max
    return values


GREY, RGB, RGBA = (ROWS, COLUMNS), (ROWS, COLUMNS, 3), (ROWS, COLUMNS, 4)
EXACT = [
    *[(".png", dtype, shape) for dtype in ("u1", "u2") for shape in (GREY, RGB, RGBA)],
    (".png", "?", GREY),
    (".tif", "?", GREY),
    *[
        (extension, dtype, shape)
        for extension in (".tif", ".TIFF")
        for dtype in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "f2", "f4", "f8")
        for shape in (GREY, RGB, RGBA)
    ],
]


@pytest.mark.parametrize("extension, dtype, shape", EXACT)
def test_every_dtype_comes_back_the_same(tmp_path: Path, extension: str, dtype: str, shape: tuple[int, ...]) -> None:
    image = ramp(dtype, shape)
    write_image(tmp_path / f"a{extension}", image, "output")
    back = read_image(tmp_path / f"a{extension}", "fixed")
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{extension}"]


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("shape", [GREY, RGB, RGBA])
@pytest.mark.parametrize("extension", [".png", ".tif"])
def test_opencv_and_we_read_each_other(tmp_path: Path, extension: str, dtype: str, shape: tuple[int, ...]) -> None:
    image, path = ramp(dtype, shape), tmp_path / f"a{extension}"
    if (extension, dtype, shape) == (".tif", "u1", RGBA):
        image[..., 3] = 255  # OpenCV multiplies the colours by it
    swap = {2: (...,), 3: (..., [2, 1, 0, 3][: shape[-1]])}[len(shape)]
    write_image(path, image, "output")
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[swap], image)
    path.unlink()
    assert cv2.imwrite(str(path), image[swap])
    np.testing.assert_array_equal(read_image(path, "fixed"), image)


@pytest.mark.parametrize("name, array", [("a.png", ramp("u2", GREY)), ("a.tif", ramp("f4", RGB))])
def test_scikit_image_reads_what_we_write(tmp_path: Path, name: str, array: np.ndarray) -> None:
    write_image(tmp_path / name, array, "output")
    np.testing.assert_array_equal(skimage.io.imread(tmp_path / name), array)


def test_missing_pixels_stay_missing_in_a_float_tiff(tmp_path: Path) -> None:
    image = ramp("f4", GREY)
    image[3:7, 5] = np.nan
    write_image(tmp_path / "a.tif", image, "output")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", "fixed"), image)


@pytest.mark.parametrize("shape", [GREY, RGB])
def test_a_jpeg_comes_back_within_its_loss(
    tmp_path: Path, shape: tuple[int, ...], camera: np.ndarray, astronaut: np.ndarray
) -> None:
    image = camera if len(shape) == 2 else astronaut
    write_image(tmp_path / "a.jpg", image, "output")
    back = read_image(tmp_path / "a.jpg", "fixed")
    assert back.dtype == np.uint8
    assert back.shape == image.shape
    assert np.abs(back.astype(int) - image).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension, compression", [(".jpg", ""), (".tif", ""), (".tif", "tiff_lzw")])
def test_orientation_is_applied_as_viewers_do(
    tmp_path: Path, extension: str, compression: str, orientation: int
) -> None:
    stored = np.zeros((16, 24), np.uint8)
    stored[:8, :8], stored[:8, 16:] = 250, 120
    path, picture = tmp_path / f"a{extension}", Image.fromarray(stored)
    exif = picture.getexif()
    exif[0x0112] = orientation
    if extension == ".jpg":
        picture.save(path, exif=exif, quality=100)
    elif compression:
        picture.save(path, compression=compression, tiffinfo={274: orientation})
    else:
        tifffile.imwrite(path, stored, extratags=[(274, 3, 1, orientation, True)])
    expected = np.asarray(ImageOps.exif_transpose(picture))
    found = read_image(path, "fixed")
    np.testing.assert_allclose(found, expected, atol=2, rtol=0)
    assert found.flags.c_contiguous


def test_a_camera_that_writes_nonsense_beside_the_picture_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(ramp("u1", GREY)).save(path, exif=b"Exif\0\0MM\0*\0\0\0\xff")
    assert read_image(path, "fixed").shape == GREY


@pytest.mark.parametrize("mode, shape", [("P", RGB), ("LA", RGBA), ("1", GREY), ("CMYK", RGB)])
def test_palettes_grey_with_alpha_bits_and_cmyk(tmp_path: Path, mode: str, shape: tuple[int, ...]) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    picture = Image.fromarray(ramp("u1", RGB)).convert(mode)
    picture.save(path)
    image = read_image(path, "fixed")
    assert image.shape == shape
    assert image.dtype == (bool if mode == "1" else np.uint8)
    if mode != "CMYK":
        expected = picture.convert({"P": "RGB", "LA": "RGBA", "1": "1"}[mode])
        np.testing.assert_array_equal(image, np.asarray(expected))


def test_a_transparent_colour_becomes_alpha(tmp_path: Path) -> None:
    picture = Image.fromarray(ramp("u1", GREY)).convert("P")
    picture.save(tmp_path / "a.png", transparency=5)
    image = read_image(tmp_path / "a.png", "fixed")
    assert image.shape == RGBA
    np.testing.assert_array_equal(image[..., 3] == 0, np.asarray(picture) == 5)


def test_grey_and_alpha_of_16_bits(tmp_path: Path) -> None:
    import zlib

    pair = ramp("u2", (ROWS, COLUMNS, 2))
    rows = np.concatenate([np.zeros((ROWS, 1), "u1"), pair.astype(">u2").view("u1").reshape(ROWS, -1)], 1)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", COLUMNS, ROWS, 16, 4, 0, 0, 0))
    packed = zlib.compress(rows.tobytes())
    # In one piece, or in several of which one is empty, as the format allows.
    for pieces in ((packed,), (packed[:50], b"", packed[50:51], packed[51:])):
        body = b"".join(chunk(b"IDAT", piece) for piece in pieces)
        (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b""))
        image = read_image(tmp_path / "a.png", "fixed")
        np.testing.assert_array_equal(image, pair[..., [0, 0, 0, 1]])


def test_white_is_zero_in_some_tiffs(tmp_path: Path) -> None:
    image = ramp("u1", GREY)
    tifffile.imwrite(tmp_path / "a.tif", 255 - image, photometric="miniswhite")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", "fixed"), image)


@pytest.mark.parametrize("settings", [{"byteorder": ">"}, {"planarconfig": "separate"}, {"tile": (16, 16)}])
def test_layouts_of_tiff(tmp_path: Path, settings: dict[str, object]) -> None:
    image = ramp("u2", RGB)
    stored = np.moveaxis(image, -1, 0) if "planarconfig" in settings else image
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", **settings)
    back = read_image(tmp_path / "a.tif", "fixed")
    np.testing.assert_array_equal(back, image)
    assert back.dtype.isnative
    assert back.flags.c_contiguous


@pytest.mark.parametrize("image", [ramp("u1", RGB), ramp("u1", GREY), ramp("u2", GREY)])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits"])
def test_usual_compressions_of_tiff(tmp_path: Path, image: np.ndarray, compression: str) -> None:
    Image.fromarray(image).save(tmp_path / "a.tif", compression=compression)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", "fixed"), image)


@pytest.mark.parametrize("shape", [GREY, RGB, RGBA])
def test_16_bit_lzw_as_opencv_writes_it(tmp_path: Path, shape: tuple[int, ...]) -> None:
    image, path = ramp("u2", shape), tmp_path / "a.tif"
    swapped = image if len(shape) == 2 else image[..., [2, 1, 0, 3][: shape[-1]]]
    assert cv2.imwrite(str(path), swapped, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.LZW
    np.testing.assert_array_equal(read_image(path, "fixed"), image)


@pytest.mark.skipif(find_spec("imagecodecs") is not None, reason="superpose[codecs] is installed")
@pytest.mark.parametrize("compression", ["LERC", "JPEGXL"])
def test_a_compression_nobody_here_decodes_is_refused(tmp_path: Path, compression: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp("u1", GREY))
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        file.pages[0].tags["Compression"].overwrite(int(tifffile.COMPRESSION[compression]))
    with pytest.raises(InputError, match=rf"fixed is .*{compression} at uint8 .*superpose\[codecs\]\"") as got:
        read_image(tmp_path / "a.tif", "fixed")
    assert got.value.code == "needs-codecs"


def test_colours_that_are_not_rgb_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp("u1", RGB), photometric="cielab")
    with pytest.raises(InputError, match=r"fixed is .*a TIFF of CIELAB colours"):
        read_image(tmp_path / "a.tif", "fixed")


# --- several images in one file -----------------------------------------------------------------------------
def test_pages(tmp_path: Path) -> None:
    pages = [ramp("u2", GREY), ramp("u2", GREY)[::-1].copy(), ramp("u2", (9, 11))]
    path = tmp_path / "a.tif"
    write_pages(path, pages, "output")
    assert [tifffile.imread(path, key=k).shape for k in range(3)] == [GREY, GREY, (9, 11)]
    for index, page in enumerate(pages):
        np.testing.assert_array_equal(read_image(path, "fixed", index), page)
    for read, page in zip(read_pages(path, "fixed", None, "--page"), pages, strict=True):
        np.testing.assert_array_equal(read, page)
    np.testing.assert_array_equal(read_pages(path, "fixed", 1, "--page")[0], pages[1])


def test_a_file_of_several_images_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_pages(path, [ramp("u1", GREY)] * 3, "output")
    with pytest.raises(InputError, match=r"moving is .*3 images; choose one with --moving-page \(0 to 2\)"):
        read_image(path, "moving", option="--moving-page")
    for page in (3, -1):
        with pytest.raises(InputError, match=rf"--page is {page}, .*3 images.* from 0 to 2"):
            read_image(path, "moving", page, "--page")
    write_image(tmp_path / "a.png", ramp("u1", GREY), "output")
    with pytest.raises(InputError, match=r"--page is 1, .*1 images"):
        read_image(tmp_path / "a.png", "moving", 1, "--page")


def test_thumbnails_do_not_count(tmp_path: Path) -> None:
    image = ramp("u1", GREY)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(image[::4, ::4], subfiletype=1)
        file.write(image)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", "fixed"), image)


# --- what cannot be read ------------------------------------------------------------------------------------
def encoded(name: str, image: np.ndarray, folder: Path) -> bytes:
    write_image(folder / name, image, "output")
    return (folder / name).read_bytes()


def outcome(path: Path) -> tuple[str, np.ndarray | None]:
    try:
        return "", read_image(path, "fixed")
    except InputError as error:
        return str(error), None


CUT = [
    *[("a.png", dtype, shape) for dtype in ("u1", "u2") for shape in (GREY, RGB)],
    *[("a.jpg", "u1", shape) for shape in (GREY, RGB)],
    *[("a.tif", dtype, shape) for dtype in ("u1", "f4") for shape in (GREY, RGB)],
]


@pytest.mark.parametrize("name, dtype, shape", CUT)
def test_a_file_cut_off_anywhere_is_an_error_never_half_a_picture(
    tmp_path: Path, name: str, dtype: str, shape: tuple[int, ...]
) -> None:
    whole = encoded(name, ramp(dtype, shape), tmp_path)
    # The last octets of a PNG or JPEG only say that it ends: without them the picture is whole.
    spare = {"a.png": 20, "a.jpg": 2, "a.tif": 0}[name]
    image, path = read_image(tmp_path / name, "fixed"), tmp_path / "cut"
    for length in [
        *range(40),
        *range(40, len(whole), len(whole) // 60),
        *range(len(whole) - 24, len(whole)),
    ]:
        path.write_bytes(whole[:length])
        said, back = outcome(path)
        if back is None:
            assert re.match(r"fixed is '.*cut', which is no complete image file: \S", said)
        else:
            assert length >= len(whole) - spare
            np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize("compression", [None, "zlib", "tiff_lzw"])
def test_a_compressed_or_plain_tiff_cut_off(tmp_path: Path, compression: str | None) -> None:
    stream = io.BytesIO()
    if compression == "tiff_lzw":
        Image.fromarray(ramp("u1", GREY)).save(stream, "TIFF", compression=compression)
    else:
        tifffile.imwrite(stream, ramp("u1", GREY), compression=compression, rowsperstrip=8)
    whole, path = stream.getvalue(), tmp_path / "cut.tif"
    for part in (0.2, 0.5, 0.8):
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(InputError, match=r"fixed is .*no complete image file"):
            read_image(path, "fixed")


@pytest.mark.parametrize("name, dtype, shape", CUT)
def test_wrong_octets_raise_nothing_but_our_own_error(
    tmp_path: Path, name: str, dtype: str, shape: tuple[int, ...]
) -> None:
    whole = np.frombuffer(encoded(name, ramp(dtype, shape), tmp_path), np.uint8)
    rng, path, refused = np.random.default_rng(0), tmp_path / "bad", 0
    for trial in range(150):
        octets = whole.copy()
        # Headers are where damage has the widest choice of consequences.
        where = rng.integers(0, min(len(octets), 200 if trial % 2 else len(octets)), 3)
        octets[where] = rng.integers(0, 256, 3)
        path.write_bytes(octets.tobytes())
        said, _ = outcome(path)
        refused += bool(said)
        assert not said or said.startswith("fixed is ")
    assert refused > 0


@pytest.mark.parametrize(
    "content, reason",
    [(b"", "it is empty"), (b"GIF89a" + b"\0" * 40, "image not found"), (b"hello\n", "b'hello")],
)
def test_no_image_at_all(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=rf"moving is .*a\.png', which is no complete image file.*{reason}"):
        read_image(tmp_path / "a.png", "moving")


def test_the_content_counts_not_the_name(tmp_path: Path) -> None:
    image = ramp("u2", GREY)
    write_image(tmp_path / "a.png", image, "output")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg", "fixed"), image)


def test_missing_file_folder_and_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fixed is '.*none\.png', and there is no such file"):
        read_image(tmp_path / "none.png", "fixed")
    with pytest.raises(InputError, match=r"fixed is .*, which is a folder"):
        read_image(tmp_path, "fixed")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(InputError, match=r"fixed is .*a\.png', which cannot be read: Not a directory"):
        read_image(tmp_path / "file" / "a.png", "fixed")


# --- what cannot be written ---------------------------------------------------------------------------------
REFUSED = [
    ("a.jpg", "u2", GREY, "uint16 pixels; write a .png"),
    ("a.jpg", "f4", GREY, "float32 pixels; write a .tif"),
    ("a.jpeg", "u1", RGBA, "transparency; write a .png"),
    ("a.jpg", "?", GREY, "bool pixels; write a .png"),
    ("a.png", "f4", GREY, "float32 pixels; write a .tif"),
    ("a.png", "u4", GREY, "uint32 pixels; write a .tif"),
    ("a.png", "i2", GREY, "int16 pixels; write a .tif"),
]


@pytest.mark.parametrize("name, dtype, shape, what", REFUSED)
def test_what_a_format_cannot_hold_is_never_converted_silently(
    tmp_path: Path, name: str, dtype: str, shape: tuple[int, ...], what: str
) -> None:
    with pytest.raises(InputError, match=f"output is .*{name}', a format that cannot hold {what}"):
        write_image(tmp_path / name, ramp(dtype, shape), "output")
    assert list(tmp_path.iterdir()) == []


def test_only_tiff_holds_several_pages(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"output is .*cannot hold 2 pages; write a \.tif"):
        write_pages(tmp_path / "a.png", [ramp("u1", GREY)] * 2, "output")


@pytest.mark.parametrize("name", ["a.gif", "a", "a.png.gz"])
def test_unknown_extension(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"output is .*use one of \.png, \.jpg, \.jpeg, \.tif, \.tiff"):
        check_output(tmp_path / name, "output", np.dtype("u1"), GREY)


def test_missing_folder_and_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"output is .*a\.png', and its folder '.*none' does not exist"):
        check_output(tmp_path / "none" / "a.png", "output", np.dtype("u1"), GREY)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(InputError, match=r"output is .*b\.png', which is a folder"):
        check_output(tmp_path / "b.png", "output", np.dtype("u1"), GREY)
