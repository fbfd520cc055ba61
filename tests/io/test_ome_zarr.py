"""OME-Zarr of every version, in stores of both of Zarr's, and nothing of it read before it is asked for."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import superpose
from superpose._opened import opened
from superpose.cli.main import main
from superpose.errors import InputError, MissingPackageError

VOLUME = np.random.default_rng(1).integers(0, 60000, (6, 32, 40), np.uint16)
SPACE = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
TIME, CHANNEL = {"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"}


def write_store(path: Path, array: np.ndarray, axes: list[Any] | None, version: str = "0.4", **more: Any) -> Path:
    """Write an array and its half as OME describes them: of 1.5 x 0.25 x 0.2 along (z, y, x), from (7, 0, 3) on."""
    ndim, form = array.ndim, 3 if version == "0.5" else 2
    group = zarr.open_group(path, mode="w", zarr_format=form)
    scale, start = [1.0] * (ndim - 3) + [1.5, 0.25, 0.2], [0.0] * (ndim - 3) + [7.0, 0.0, 3.0]
    scale, start = scale[-ndim:], start[-ndim:]
    datasets = []
    for level, step in enumerate((1, 2)):
        pixels = array[..., ::step, ::step]
        made = group.create_array(
            str(level), shape=pixels.shape, dtype=pixels.dtype, chunks=(*(1,) * (ndim - 2), 16, 16)
        )
        made[...] = pixels
        steps = [1.0] * (ndim - 2) + [step, step]
        changes = [{"type": "scale", "scale": np.multiply(scale, steps).tolist()}]
        changes.append({"type": "translation", "translation": start})
        datasets.append({"path": str(level)} | ({"coordinateTransformations": changes} if axes else {}))
    said: dict[str, Any] = {"multiscales": [{"version": version, "datasets": datasets} | more]}
    if axes:
        said["multiscales"][0]["axes"] = axes
    group.attrs.update({"ome": {"version": version} | said} if form == 3 else said)
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_volume_of_either_version(tmp_path: Path, version: str) -> None:
    path = write_store(tmp_path / "a.ome.zarr", VOLUME, SPACE, version)
    image = superpose.read(path)
    assert repr(image) == (
        "<Image: 6 planes x 32 rows x 40 columns, 1.5 x 0.25 x 0.2 µm, axes (plane, row, column), uint16>"
    )
    np.testing.assert_array_equal(image.array, VOLUME)
    assert image.origin == (7, 0, 3) and image.array.flags.c_contiguous
    half = superpose.read(path, level=1)
    np.testing.assert_array_equal(half.array, VOLUME[:, ::2, ::2])
    np.testing.assert_allclose(half.grid.to_physical((2, 3, 4)), image.grid.to_physical((2, 6, 8)))
    np.testing.assert_allclose(image.to_itk().GetSpacing(), (0.2e-3, 0.25e-3, 1.5e-3))
    with pytest.raises(InputError, match="level= is 2, and the file has 2 levels; pass a number from 0 to 1"):
        superpose.read(path, level=2)
    with pytest.raises(InputError, match="channel= is 1, and the file has 1 channel"):
        superpose.read(path, channel=1)


def test_pixels_are_read_when_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_store(tmp_path / "a.ome.zarr", np.stack([VOLUME, VOLUME + 1]), [CHANNEL, *SPACE])
    read: list[Any] = []
    get = zarr.Array.__getitem__
    monkeypatch.setattr(zarr.Array, "__getitem__", lambda array, index: read.append(index) or get(array, index))
    image = superpose.read(path, channel=1)
    assert (image.shape, image.grid.shape, str(image)[:7]) == (VOLUME.shape, VOLUME.shape, "<Image:")
    again = pickle.loads(pickle.dumps(image))
    assert not hasattr(image, "pixels") and read == []
    np.testing.assert_array_equal(image.array, VOLUME + 1)
    assert image.array is image.array and len(read) == 1
    np.testing.assert_array_equal(np.asarray(again), VOLUME + 1)
    masked = superpose.Image(image.array, image.spacing, mask=VOLUME > 99)
    assert masked.grid.spacing == image.grid.spacing
    gone = superpose.read(path, channel=0)
    (path / "0").rename(path / "moved")
    with pytest.raises(InputError, match=r"^path is '.*a\.ome\.zarr', which is no complete image file"):
        _ = gone.array
    (path / "moved").rename(path / "0")
    np.testing.assert_array_equal(gone.array, VOLUME)


def test_other_axes_are_chosen_by_name(tmp_path: Path) -> None:
    film = np.arange(2 * 3, dtype=np.uint16)[:, None, None, None].reshape(2, 3, 1, 1, 1) + VOLUME // 2
    path = write_store(tmp_path / "a.ome.zarr", film, [TIME, CHANNEL, *SPACE])
    with pytest.raises(InputError, match=r"whose axis c has 3 elements; choose one with channel= \(0 to 2\)"):
        superpose.read(path)
    with pytest.raises(InputError, match=r"whose axis t has 2 elements; choose one with page= \(0 to 1\)"):
        superpose.read(path, channel=1)
    with pytest.raises(InputError, match="channel= is 3, and the file has 3 elements along its axis c"):
        superpose.read(path, channel=3)
    np.testing.assert_array_equal(superpose.read(path, channel=2, page=1).array, film[1, 2])
    series = superpose.read_series(path, channel=1, level=1)
    np.testing.assert_array_equal([image.array for image in series], film[:, 1, :, ::2, ::2])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(series))[1].array, film[1, 1, :, ::2, ::2])
    other = write_store(tmp_path / "b.ome.zarr", film[:, 0], [{"name": "angle"}, *SPACE])
    with pytest.raises(InputError, match="an axis angle of 2 elements that is neither space nor time"):
        superpose.read(other)
    superpose.write(tmp_path / "a.png", VOLUME[0])
    with pytest.raises(InputError, match=r"level= is 0, and '.*a\.png' is no OME-Zarr"):
        superpose.read(tmp_path / "a.png", level=0)


@pytest.mark.parametrize("axes", [None, list("tczyx"), [TIME, CHANNEL, *SPACE]])
def test_pictures_and_versions_without_axes(tmp_path: Path, axes: list[Any] | None) -> None:
    path = write_store(tmp_path / "a.ome.zarr", VOLUME[None, None, :1], axes)
    image = superpose.read(path)
    np.testing.assert_array_equal(image.array, VOLUME[0])
    assert image.spacing == ((0.25, 0.2) if axes else (1, 1)) and image.unit == (
        "µm" if axes and axes[0] == TIME else ""
    )


@pytest.mark.parametrize(
    "units, spacing, unit",
    [
        (("nanometer", "micrometer", "micrometer"), (1.5e-3, 0.25, 0.2), "µm"),
        (("millimeter",) * 3, (1.5, 0.25, 0.2), "mm"),
        (("parsec",) * 3, (1.5, 0.25, 0.2), "parsec"),
        (("", "", ""), (1.5, 0.25, 0.2), ""),
    ],
)
def test_units(tmp_path: Path, units: tuple[str, ...], spacing: tuple[float, ...], unit: str) -> None:
    axes = [
        {"name": name, "type": "space"} | ({"unit": each} if each else {})
        for name, each in zip("zyx", units, strict=True)
    ]
    image = superpose.read(write_store(tmp_path / "a.ome.zarr", VOLUME, axes))
    np.testing.assert_allclose(image.spacing, spacing)
    assert image.unit == unit
    mixed = [
        {"name": name, "type": "space", "unit": each} for name, each in zip("zyx", ("ell", "um", "um"), strict=True)
    ]
    with pytest.raises(InputError, match="its axes are in ell, um, um, of which it is not known"):
        superpose.read(write_store(tmp_path / "b.ome.zarr", VOLUME, mixed))


@pytest.mark.parametrize("names", ["xyz", "yxz", "zxy", "xtyzc", "xy", "xyt"])
def test_axes_in_another_order_are_planes_rows_columns(tmp_path: Path, names: str) -> None:
    """As channels, time and space are in the file, each by its name."""
    whole = VOLUME[None, None] if "z" in names else VOLUME[None, None, 0]
    called = "tczyx" if "z" in names else "tcyx"
    gone = tuple(k for k, name in enumerate(called) if name not in names)
    kept = "".join(name for name in called if name in names)
    array = whole.squeeze(gone).transpose([kept.index(name) for name in names])
    path = tmp_path / "a.ome.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", shape=array.shape, dtype=array.dtype)[...] = array
    # Along z in another unit, whose factor has to go with its axis.
    units = {"z": "nanometer", "y": "micrometer", "x": "micrometer"}
    steps, starts = {"z": 1500.0, "y": 0.25, "x": 0.2}, {"z": 7000.0, "x": 3.0}
    changes = [
        {"type": "scale", "scale": [steps.get(name, 1.0) for name in names]},
        {"type": "translation", "translation": [starts.get(name, 0.0) for name in names]},
    ]
    kinds = {"t": "time", "c": "channel"}
    axes = [{"name": n, "type": kinds.get(n, "space")} | ({"unit": units[n]} if n in units else {}) for n in names]
    datasets = [{"path": "0", "coordinateTransformations": changes}]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    image = superpose.read(path)
    np.testing.assert_array_equal(image.array, VOLUME if "z" in names else VOLUME[0])
    np.testing.assert_allclose(image.spacing, (1.5, 0.25, 0.2)[-image.grid.ndim :])
    np.testing.assert_allclose(image.origin, (7, 0, 3)[-image.grid.ndim :])
    assert image.unit == "µm" and image.array.flags.c_contiguous and image.array.shape == image.grid.shape


def test_what_holds_for_all_levels_comes_after_what_holds_for_one(tmp_path: Path) -> None:
    both = [{"type": "scale", "scale": [2.0, 2.0, 2.0]}, {"type": "translation", "translation": [1.0, 0.0, 0.0]}]
    image = superpose.read(write_store(tmp_path / "a.ome.zarr", VOLUME, SPACE, coordinateTransformations=both))
    assert image.spacing == (3.0, 0.5, 0.4) and image.origin == (15.0, 0.0, 6.0)


def test_as_bio_formats_lays_it_out(tmp_path: Path) -> None:
    zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2).attrs["bioformats2raw.layout"] = 3
    write_store(tmp_path / "a.zarr" / "0", VOLUME, SPACE)
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.zarr").array, VOLUME)
    write_store(tmp_path / "a.zarr" / "1", VOLUME + 1, SPACE)
    with pytest.raises(InputError, match=r"an OME-Zarr of several images: name the folder of one of them, 0 or 1"):
        superpose.read(tmp_path / "a.zarr")
    np.testing.assert_array_equal(superpose.read(tmp_path / "a.zarr" / "1").array, VOLUME + 1)


def damage(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def damaged(path: Path) -> None:
        said = json.loads((path / ".zattrs").read_text())
        change(said["multiscales"][0])
        (path / ".zattrs").write_text(json.dumps(said))

    return damaged


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda path: (path / ".zattrs").write_text("{}"), "in which OME describes no image"),
        (lambda path: (path / ".zattrs").write_text("{"), "no complete image file"),
        (damage(lambda said: said["axes"].pop()), "it has 3 axes and names 2"),
        (damage(lambda said: said["datasets"][0].update(path="../../b")), "no complete image file"),
        (damage(lambda said: said["datasets"][0]["coordinateTransformations"][0].update(scale=[1, 2])), "not one of 3"),
        (damage(lambda said: said["datasets"][0]["coordinateTransformations"][0].update(scale=[0, 1, 1])), "spacing"),
        (damage(lambda said: said.pop("datasets")), "no complete image file"),
        (damage(lambda said: said["datasets"].clear()), "OME names no level of it"),
    ],
)
def test_damaged_descriptions(tmp_path: Path, change: Callable[[Path], object], says: str) -> None:
    path = write_store(tmp_path / "a.ome.zarr", VOLUME, SPACE)
    change(path)
    with pytest.raises(InputError, match=says):
        superpose.read(path)


def test_bounds_and_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_store(tmp_path / "a.ome.zarr", VOLUME, SPACE)
    with pytest.raises(InputError, match="says that it has 7680 pixels, more than the 7679 that are read"):
        superpose.read(path, max_pixels=7679)
    with pytest.raises(InputError, match="it is no group of Zarr's: name the folder that holds the whole image"):
        superpose.read(path / "0")
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)
    with pytest.raises(MissingPackageError, match=r'^an OME-Zarr needs zarr, .*pip install "superpose\[microscopy\]"'):
        superpose.read(path)


def test_chunks_that_would_fill_the_memory(tmp_path: Path) -> None:
    path = write_store(tmp_path / "a.ome.zarr", VOLUME, SPACE)
    said = json.loads((path / "0" / ".zarray").read_text())
    (path / "0" / ".zarray").write_text(json.dumps(said | {"chunks": [1, 100_000, 100_000]}))
    with pytest.raises(InputError, match="far larger than the image"):
        superpose.read(path)


def test_info_and_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_store(tmp_path / "a.ome.zarr", VOLUME, SPACE)
    assert main(["info", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["spacing"] == [1.5, 0.25, 0.2] and told["unit"] == "µm" and told["range"][1] == int(VOLUME.max())
    # Functions that take a path see the same.
    assert opened(path, "fixed").grid == superpose.read(path).grid


def test_options_are_called_as_who_asks_knows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_store(tmp_path / "a.ome.zarr", np.stack([VOLUME, VOLUME[::-1]]), [CHANNEL, *SPACE])
    with pytest.raises(InputError, match=r"^fixed is .* choose one with superpose\.read\(path, channel=\) \(0 to 1\)"):
        superpose.register(path, VOLUME)
    out = str(tmp_path / "out.nrrd")
    assert main(["align", str(path), str(path), "-o", out]) == 2
    assert "choose one with --fixed-channel (0 to 1)" in capsys.readouterr().err
    assert main(["info", str(path), "--channel", "1", "--level", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [6, 16, 20]
    assert main(["info", str(path), "--channel", "2"]) == 2
    assert "--channel is 2, and the file has 2 elements along its axis c" in capsys.readouterr().err
    superpose.write(tmp_path / "a.png", VOLUME[0])
    assert main(["align", str(tmp_path / "a.png"), str(path), "-o", out, "--fixed-level", "1"]) == 2
    assert "--fixed-level is 1, and '" in capsys.readouterr().err


def test_every_verb_that_reads_one_chooses_a_channel_and_a_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(write_store(tmp_path / "a.ome.zarr", np.stack([VOLUME, VOLUME[::-1]]), [CHANNEL, *SPACE]))
    pose, out, curve = (str(tmp_path / name) for name in ("pose.tfm", "out.nrrd", "curve.png"))
    superpose.transforms.write(pose, superpose.translation((0, 0, 0)))
    apply = ["apply", pose, store, "-o", out, "--like", store]
    draw = ["landscape", store, store, "-o", curve, "--json"]
    for verb, option in ((apply, "--like-channel"), (draw, "--fixed-channel")):
        assert main(verb) == 2
        assert f"choose one with {option} (0 to 1)" in capsys.readouterr().err
    assert main([*apply, "--like-channel", "0", "--like-level", "1"]) == 2
    assert "choose one with --channel (0 to 1)" in capsys.readouterr().err
    assert main([*apply, "--like-channel", "0", "--like-level", "1", "--channel", "1", "--order", "0"]) == 0
    found = superpose.read(out)
    np.testing.assert_array_equal(found.array, VOLUME[::-1, ::2, ::2])
    np.testing.assert_allclose(found.spacing, (1.5e-3, 0.5e-3, 0.4e-3))
    assert main([*apply, "--like-channel", "0", "--channel", "1", "--level", "2"]) == 2
    assert "--level is 2, and the file has 2 levels" in capsys.readouterr().err
    channels = ["--fixed-channel", "0", "--moving-channel", "1"]
    assert main([*draw, *channels, "--fixed-level", "1", "--moving-level", "1", "--over", "-1", "1", "3"]) == 0
    capsys.readouterr()
    superpose.write(tmp_path / "a.png", VOLUME[0])
    assert (
        main(["apply", pose, str(tmp_path / "a.png"), "-o", out, "--like", store, "--like-channel=0", "--level=0"]) == 2
    )
    assert "--level is 0, and '" in capsys.readouterr().err


@pytest.mark.parametrize("dtype", ["u1", "i2", ">u2", "f4", "?", "f2"])
def test_what_is_written_comes_back(tmp_path: Path, dtype: str) -> None:
    array = (VOLUME % 100).astype(dtype)
    for name, image in (
        ("volume", superpose.Image(array, (1.5, 0.25, 0.2), (7, 0, -3), unit="um")),
        ("flat", superpose.Image(array[0], (0.25, 0.2), unit="parsec")),
        ("bare", superpose.Image(array)),
    ):
        superpose.write(tmp_path / f"{name}.ome.zarr", image)
        back = superpose.read(tmp_path / f"{name}.ome.zarr")
        assert back.grid == image.grid and back.unit == {"um": "µm"}.get(image.unit, image.unit)
        assert back.array.dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(back.array, image.array)
    said = json.loads((tmp_path / "volume.ome.zarr" / ".zattrs").read_text())["multiscales"][0]
    assert said["version"] == "0.4" and said["axes"][0] == {"name": "z", "type": "space", "unit": "micrometer"}
    assert {path.name for path in tmp_path.iterdir()} == {"volume.ome.zarr", "flat.ome.zarr", "bare.ome.zarr"}


def test_what_is_not_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zarr"
    for image, says in (
        (np.zeros((8, 9, 3), np.uint8), r"colour; write a \.tif"),
        (superpose.Image(np.zeros((8, 9)), direction=((0, 1), (1, 0))), r"axes that are turned; write a \.nrrd"),
    ):
        with pytest.raises(InputError, match=f"a format that cannot hold {says}"):
            superpose.write(path, image)
    superpose.write(path, VOLUME)
    with pytest.raises(InputError, match="a Zarr that is there already"):
        superpose.write(path, VOLUME + 1)
    np.testing.assert_array_equal(superpose.read(path).array, VOLUME)
    with pytest.raises(InputError, match=r"its folder .* does not exist"):
        superpose.write(tmp_path / "none" / "a.zarr", VOLUME)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Array, "__setitem__", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        superpose.write(tmp_path / "b.zarr", VOLUME)
    assert [each.name for each in tmp_path.iterdir()] == ["a.zarr"]
