"""FITS files, as astropy writes them, and as it reads ours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS, WCSCOMPARE_ANCILLARY

import superpose
from superpose.cli.main import main
from superpose.errors import InputError, MissingPackageError

DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
COUNTS = np.random.default_rng(1).integers(0, 60000, (40, 53), np.uint16)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_are_kept_and_rows_are_as_astropy_has_them(tmp_path: Path, dtype: str) -> None:
    array = (COUNTS % 100).astype(dtype)
    superpose.write(tmp_path / "ours.fits", array)
    np.testing.assert_array_equal(fits.getdata(tmp_path / "ours.fits"), array)
    fits.PrimaryHDU(array).writeto(tmp_path / "theirs.fits")
    for name in ("ours", "theirs"):
        image = superpose.read(tmp_path / f"{name}.fits")
        assert image.array.dtype == np.dtype(dtype) and image.array.flags.c_contiguous and not image.spaced
        np.testing.assert_array_equal(image.array, array)
    first = (tmp_path / "ours.fits").read_bytes()
    superpose.write(tmp_path / "ours.fits", array)
    assert (tmp_path / "ours.fits").read_bytes() == first


def test_numbers_with_a_scale_and_missing_ones(tmp_path: Path) -> None:
    scaled = fits.PrimaryHDU(COUNTS.astype("f4"))
    scaled.scale("int16", bscale=2.0, bzero=30000)
    scaled.writeto(tmp_path / "scaled.fits")
    assert np.abs(superpose.read(tmp_path / "scaled.fits").array - COUNTS).max() <= 1
    values = COUNTS % 50
    for dtype, raw in (("i2", 7), ("u2", 7 - 2**15)):
        made = fits.PrimaryHDU(values.astype(dtype))
        made.header["BLANK"] = raw
        made.writeto(tmp_path / f"{dtype}.fits")
        seen = superpose.read(tmp_path / f"{dtype}.fits").array
        np.testing.assert_array_equal(seen, np.where(values == 7, np.nan, values))
    missing = np.where(values == 7, np.nan, values).astype("f4")
    superpose.write(tmp_path / "nan.fits", missing)
    np.testing.assert_array_equal(superpose.read(tmp_path / "nan.fits").array, missing)


@pytest.mark.parametrize("how", ["RICE_1", "GZIP_2", "HCOMPRESS_1"])
def test_compressed(tmp_path: Path, how: str) -> None:
    values = COUNTS.astype("i4")
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(values, compression_type=how)]).writeto(tmp_path / "a.fits.fz")
    fits.PrimaryHDU(values).writeto(tmp_path / "a.fits.gz")
    for path in tmp_path.iterdir():
        np.testing.assert_array_equal(superpose.read(path).array, values)


def test_several_images(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=np.zeros(3))])
    parts = [fits.PrimaryHDU(), fits.ImageHDU(COUNTS, name="SCI"), table, fits.ImageHDU(COUNTS + 1.0, name="ERR")]
    fits.HDUList(parts).writeto(tmp_path / "a.fits")
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.fits").array, COUNTS)
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.fits", page=1).array, COUNTS + 1.0)
    with pytest.raises(InputError, match="page= is 2, and the file holds 2 images"):
        superpose.read(tmp_path / "a.fits", page=2)
    cube = COUNTS.reshape(2, 1, 20, 53)
    fits.PrimaryHDU(cube).writeto(tmp_path / "cube.fits")
    with pytest.raises(InputError, match=r"holds 2 images; choose one with page= \(0 to 1\)"):
        superpose.read(tmp_path / "cube.fits")
    np.testing.assert_array_equal(superpose.read(tmp_path / "cube.fits", page=1).array, cube[1, 0])
    fits.PrimaryHDU(cube[:1]).writeto(tmp_path / "radio.fits")
    np.testing.assert_array_equal(superpose.read(tmp_path / "radio.fits").array, cube[0, 0])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "table.fits")
    with pytest.raises(InputError, match="it holds no image"):
        superpose.read(tmp_path / "table.fits")


def test_files_cut_off_and_headers_that_promise_too_much(tmp_path: Path) -> None:
    for name in ("a.fits", "a.fits.gz"):
        fits.PrimaryHDU(COUNTS).writeto(tmp_path / name)
        octets = (tmp_path / name).read_bytes()
        for part in (0.1, 0.6, 0.8):
            (tmp_path / name).write_bytes(octets[: int(part * len(octets))])
            with pytest.raises(InputError, match="which is no complete image file"):
                superpose.read(tmp_path / name)
        (tmp_path / name).write_bytes(octets)
        with pytest.raises(InputError, match="says that it has 2120 pixels, more than the 2119 that are read"):
            superpose.read(tmp_path / name, max_pixels=2119)
    octets = (tmp_path / "a.fits").read_bytes()
    assert b"NAXIS1  =                   53" in octets
    octets = octets.replace(b"NAXIS1  =                   53", b"NAXIS1  =             10000000")
    (tmp_path / "a.fits").write_bytes(octets)
    with pytest.raises(InputError, match="it is cut off"):
        superpose.read(tmp_path / "a.fits")


def test_what_a_fits_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    for image, says in (
        (np.zeros((8, 9, 3), np.uint8), r"colour; write a \.tif"),
        (np.zeros((8, 9), bool), r"bool pixels; write a \.png"),
        (np.zeros((8, 9, 7), np.uint8), r"a volume; write a \.nrrd"),
        (superpose.Image(np.zeros((8, 9)), (2, 2)), r"where pixels lie in space; write a \.nrrd"),
    ):
        with pytest.raises(InputError, match=f"a format that cannot hold {says}"):
            superpose.write(path, image)


def test_without_astropy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    superpose.write(tmp_path / "a.fits", COUNTS)
    monkeypatch.setitem(__import__("sys").modules, "astropy.io.fits", None)
    says = r'^a FITS file needs astropy, which is not installed; install it: pip install "superpose\[astro\]"'
    with pytest.raises(MissingPackageError, match=says):
        superpose.read(tmp_path / "a.fits")
    with pytest.raises(MissingPackageError, match=says):
        superpose.write(tmp_path / "b.fits", COUNTS)


def pointing(ra: float, dec: float, turn: float, centre: tuple[float, float]) -> WCS:
    """Return a gnomonic projection of 0.2 seconds of arc a pixel."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [ra, dec], centre
    wcs.wcs.cd = 0.2 / 3600 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return wcs


def exposure(wcs: WCS, stars: np.ndarray, shape: tuple[int, int], seed: int) -> fits.PrimaryHDU:
    rng = np.random.default_rng(seed)
    flux = np.random.default_rng(5).lognormal(6, 1, len(stars))
    rows, columns = np.indices(shape)
    image = 100 + rng.normal(0, 5, shape)
    for (x, y), each in zip(wcs.all_world2pix(stars, 0), flux, strict=True):
        image += each * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * 1.8**2))
    header = wcs.to_header()
    header["OBJECT"] = "not for the other image"
    return fits.PrimaryHDU(image.astype("f4"), header)


@pytest.fixture(scope="module")
def two_exposures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray, WCS]:
    """A folder with a field of stars twice, turned and shifted, the stars' places on the sky, and where moving lies."""
    folder = tmp_path_factory.mktemp("stars")
    stars = np.stack([[150.0], [2.0]], -1) + np.random.default_rng(7).uniform(-0.006, 0.006, (90, 2))
    places = pointing(150.0, 2.0, 0.0, (90.0, 80.0)), pointing(150.0007, 2.0004, np.deg2rad(9), (100.0, 95.0))
    exposure(places[0], stars, (160, 180), 1).writeto(folder / "fixed.fits")
    exposure(places[1], stars, (190, 185), 2).writeto(folder / "moving.fits")
    return folder, stars, places[1]


def same_sky(header: fits.Header, other: fits.Header) -> bool:
    """Return whether pixels lie in the same places; when they were taken is another matter."""
    return bool(WCS(header).wcs.compare(WCS(other).wcs, WCSCOMPARE_ANCILLARY))


def on_sky(wcs: WCS, points: np.ndarray, stars: np.ndarray) -> float:
    """Return how far apart, at the most, places on the sky are, in seconds of arc; points are (row, column)."""
    apart = (wcs.all_pix2world(points[:, ::-1], 0) - stars) * 3600 * (np.cos(np.deg2rad(2)), 1)
    return float(np.sqrt((apart**2).sum(1)).max())


def test_a_star_keeps_its_place_on_the_sky(two_exposures: tuple[Path, np.ndarray, WCS], tmp_path: Path) -> None:
    folder, stars, of_moving = two_exposures
    result = superpose.register(folder / "fixed.fits", folder / "moving.fits")
    assert result.reliable
    superpose.write(tmp_path / "out.fits", result.warp(), like=folder / "fixed.fits")
    header = fits.getheader(tmp_path / "out.fits")
    written = WCS(header)
    assert same_sky(header, fits.getheader(folder / "fixed.fits")) and "OBJECT" not in header
    in_moving = of_moving.all_world2pix(stars, 0)[:, ::-1]
    in_out = result.to_fixed(in_moving)
    inside = ((in_out > 6) & (in_out < np.array(result.fixed_grid.shape) - 7)).all(1)
    assert inside.sum() > 30
    assert on_sky(written, in_out[inside], stars[inside]) < 0.01  # a twentieth of a pixel
    # In moving's own coordinates they would lie elsewhere: the test can fail.
    assert on_sky(written, in_moving[inside], stars[inside]) > 1
    # The pixels agree: the brightest one of the aligned image that is alone lies where the sky says.
    image = fits.getdata(tmp_path / "out.fits")
    row, column = np.unravel_index(np.nanargmax(image), image.shape)
    nearest = np.sqrt(((in_out - (row, column)) ** 2).sum(1)).min()
    assert nearest < 1.5


def test_on_the_command_line(two_exposures: tuple[Path, np.ndarray, WCS], tmp_path: Path) -> None:
    folder, *_ = two_exposures
    fixed, moving, out = str(folder / "fixed.fits"), str(folder / "moving.fits"), str(tmp_path / "out.fits")
    pose, again = str(tmp_path / "pose.json"), str(tmp_path / "again.fits")
    assert main(["align", fixed, moving, "-o", out, "--save-transform", pose, "--quiet"]) == 0
    assert main(["apply", pose, moving, "--like", fixed, "-o", again, "--quiet"]) == 0
    for path in (out, again):
        assert same_sky(fits.getheader(path), fits.getheader(fixed))
    np.testing.assert_array_equal(fits.getdata(out), fits.getdata(again))


def test_distortions_are_kept_and_other_axes_are_not(tmp_path: Path) -> None:
    cube = fits.PrimaryHDU(np.zeros((2, *COUNTS.shape), "f4"))
    for key, value in {
        "WCSAXES": 3,
        "CTYPE1": "RA---TAN-SIP",
        "CTYPE2": "DEC--TAN-SIP",
        "CTYPE3": "FREQ",
        "CRPIX3": 1.0,
        "CD1_1": -1e-4,
        "CD2_2": 1e-4,
        "CD3_3": 1e6,
        "A_ORDER": 2,
        "B_ORDER": 2,
        "A_2_0": 1e-5,
        "RADESYS": "FK5",
        "EQUINOX": 2000.0,
    }.items():
        cube.header[key] = value
    cube.writeto(tmp_path / "cube.fits")
    superpose.write(tmp_path / "a.fits", COUNTS, like=superpose.read(tmp_path / "cube.fits", page=0))
    assert "CTYPE1" not in fits.getheader(tmp_path / "a.fits")  # an array's place in a file is not known
    fits.PrimaryHDU(cube.data[0], cube.header).writeto(tmp_path / "flat.fits")
    superpose.write(tmp_path / "a.fits", COUNTS, like=tmp_path / "flat.fits")
    header = fits.getheader(tmp_path / "a.fits")
    assert header["A_2_0"] == 1e-5 and header["CTYPE1"] == "RA---TAN-SIP" and header["WCSAXES"] == 2
    assert not {"CTYPE3", "CRPIX3", "CD3_3"} & set(header)


def test_like_says_where_pixels_lie(tmp_path: Path) -> None:
    placed = superpose.Image(np.zeros((5, 6, 7)), (3, 2, 1), (4, 5, 6), unit="µm")
    superpose.write(tmp_path / "a.nrrd", np.ones((5, 6, 7)), like=placed)
    assert superpose.read(tmp_path / "a.nrrd").spacing == pytest.approx((3e-3, 2e-3, 1e-3))
    superpose.write(tmp_path / "b.nrrd", np.ones((5, 6, 7)), like=tmp_path / "a.nrrd")
    assert superpose.read(tmp_path / "b.nrrd").grid == superpose.read(tmp_path / "a.nrrd").grid
    with pytest.raises(InputError, match="like has the shape 5 x 6 x 7, and the image 5 x 6 x 8"):
        superpose.write(tmp_path / "c.nrrd", np.ones((5, 6, 8)), like=placed)


def test_info_tells_of_a_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    superpose.write(tmp_path / "a.fits", COUNTS)
    assert main(["info", str(tmp_path / "a.fits"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [40, 53]
