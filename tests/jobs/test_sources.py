"""Where frames come from: each is read when it is asked for."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image as Pictures

import superpose
from superpose._io import scratch
from superpose._jobs.frames import Checked, frames_of
from superpose._jobs.sources import kept_of
from superpose.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 60000, (12, 20, 24), np.uint16)


def _folder(at: Path) -> Path:
    at.mkdir()
    for k, frame in enumerate(PIXELS):
        superpose.write(at / f"img{k}.tif", frame)
    (at / ".hidden").touch()
    return at


def _made(kind: str, at: Path) -> Any:
    """Return the frames in one of the forms that users have them in."""
    if kind == "folder":
        return _folder(at / "frames")
    if kind == "paths":
        return sorted(_folder(at / "frames").glob("*.tif"), key=lambda each: int(each.stem[3:]))
    if kind == "paths of an iterator":
        return iter(_made("paths", at))
    if kind == "pages":
        tifffile.imwrite(at / "pages.tif", PIXELS, photometric="minisblack")
        return at / "pages.tif"
    if kind == "one file in a folder":
        _made("pages", at)
        return at
    if kind == "series":
        return superpose.read_series(_made("pages", at))
    if kind == "npy":
        np.save(at / "a.npy", PIXELS)
        return str(at / "a.npy")
    if kind == "memmap":
        return np.load(_made("npy", at), mmap_mode="r")
    if kind in ("zarr", "zarr's path"):
        zarr = pytest.importorskip("zarr")
        made = zarr.create_array(
            str(at / "a.zarr"), shape=PIXELS.shape, dtype=PIXELS.dtype, chunks=(1, *PIXELS.shape[1:])
        )
        made[...] = PIXELS
        return made if kind == "zarr" else at / "a.zarr"
    if kind == "dask":
        dask = pytest.importorskip("dask.array")
        return dask.from_array(PIXELS, chunks=(2, 10, 24))
    if kind == "generator":
        return (frame for frame in PIXELS)
    if kind == "gif":
        pictures = [Pictures.fromarray((frame >> 8).astype(np.uint8)) for frame in PIXELS]
        pictures[0].save(at / "a.gif", save_all=True, append_images=pictures[1:])
        return at / "a.gif"
    return {"array": PIXELS, "list": list(PIXELS)}[kind]


FILES = [
    "folder",
    "paths",
    "paths of an iterator",
    "pages",
    "one file in a folder",
    "series",
    "npy",
    "zarr",
    "zarr's path",
]
KINDS = [*FILES, "memmap", "dask", "generator", "array", "list"]


@pytest.mark.parametrize("kind", KINDS)
def test_frames_in_any_form_are_the_same(tmp_path: Path, kind: str) -> None:
    frames = frames_of(_made(kind, tmp_path), None)
    assert len(frames) == 12 and not frames.notes
    for k in (11, 0, 10, 2, 2):
        np.testing.assert_array_equal(frames[k], PIXELS[k])
        assert isinstance(frames[k], np.ndarray) and frames[k].dtype == np.uint16
    assert len({frames.name(k) for k in range(12)}) == 12


@pytest.mark.parametrize("kind", FILES)
def test_what_is_files_travels_without_pixels(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frames = frames_of(_made(kind, Path().absolute() if kind == "zarr" else Path()), None)
    frames[3]
    sent = pickle.dumps(frames)
    assert len(sent) < 4000
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = pickle.loads(sent)
    np.testing.assert_array_equal(again[3], PIXELS[3])


def test_a_film_has_all_of_its_frames(tmp_path: Path) -> None:
    assert len(frames_of(_made("gif", tmp_path), None)) == 12


def test_what_is_no_image_in_a_folder_is_said_and_a_damaged_one_is_a_frame(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "frames")
    (folder / "notes.txt").write_text("of the day")
    (folder / "img7.tif").write_bytes(b"")
    (folder / "img2.tif").rename(folder / "img2")
    (folder / "more").mkdir()
    frames = frames_of(folder, None)
    assert [Path(frames.name(k)).name for k in (1, 2, 3, 11)] == ["img1.tif", "img2", "img3.tif", "img11.tif"]
    assert frames.notes[0].startswith("2 files or folders beside the frames are no images")
    assert "more, notes.txt" in frames.notes[0]
    with pytest.raises(InputError, match="it is empty"):
        frames[7]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"frames is .*, a folder without an image in it"):
        superpose.stack(tmp_path)


def test_what_comes_out_of_an_iterator_is_kept_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    # Readers may fill one buffer again and again.
    def readings() -> Iterator[Any]:
        buffer = np.empty(PIXELS.shape[1:], np.uint16)
        for frame in PIXELS[:4]:
            buffer[...] = frame
            yield buffer
        yield superpose.Image(PIXELS[4], spacing=(2, 3), mask=PIXELS[4] > 99)
        yield Pictures.fromarray(PIXELS[5])
        yield object()

    monkeypatch.setattr(scratch, "_HELD", 2000)  # most of it goes to the disk
    frames = frames_of(readings(), None)
    assert len(frames) == 7
    for k in (5, 0, 3):
        np.testing.assert_array_equal(frames[k], PIXELS[k])
    np.testing.assert_array_equal(np.ma.getmaskarray(frames[4]), PIXELS[4] <= 99)
    assert {k: grid.spacing for k, grid in frames.grids.items()} == {4: (2.0, 3.0)}
    with pytest.raises(InputError, match=r"frame 6|dtype object"):
        Checked(frames, frozenset(range(6)), 0).grey(6)
    with pytest.raises(InputError, match="7 images out of an iterator, which no other process can read"):
        pickle.dumps(frames)


def test_a_full_disk_behind_an_iterator(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("superpose._jobs.sources.Spool._put", full)
    with pytest.raises(InputError, match=r"frames do not fit in memory, and .*: No space left on device"):
        frames_of(iter(PIXELS), None)
    with pytest.raises(InputError, match=r"it needs 1e\+09 GB there"):
        scratch.scratch_file(10**18)


@pytest.mark.parametrize("kind", ["pages", "npy", "folder", "zarr", "generator"])
def test_memory_does_not_grow_with_frames(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "_HELD", 2000)
    large: NDArray[np.uint16] = np.broadcast_to(PIXELS[:, :1, :1], (12, 400, 500)).copy()
    monkeypatch.setattr("tests.jobs.test_sources.PIXELS", large)
    given = _made(kind, tmp_path)
    frames_of(large[:1], None)[0]
    gc.collect()
    tracemalloc.start()
    frames = frames_of(given, None)
    for k in range(12):
        assert frames[k].shape == (400, 500)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5 * large[0].nbytes


def test_a_frame_that_raises_is_named() -> None:
    class Torn:
        shape, dtype = (3, 40, 40), np.dtype(np.uint8)

        def __len__(self) -> int:
            return 3

        def __getitem__(self, number: int) -> Any:
            raise RuntimeError("the chunk is damaged")

    with pytest.raises(InputError, match=r"frame 2 raised RuntimeError.*damaged"):
        frames_of(Torn(), None)[2]
    with pytest.raises(InputError, match="3 frames and none that can be compared"):
        superpose.stack(Torn())


def test_paths_of_an_iterator_stay_paths() -> None:
    assert kept_of(iter(["a", Path("b")])) == ["a", Path("b")]


def test_what_is_odd_about_frames_is_said(tmp_path: Path) -> None:
    fits = pytest.importorskip("astropy.io.fits")
    for k, second in enumerate((1, 2, 9, 3, 4)):
        tifffile.imwrite(tmp_path / f"{k}.tif", PIXELS[k], datetime=f"2024:05:01 10:00:0{second}")
        made = fits.PrimaryHDU(PIXELS[k])
        made.header["DATE-OBS"] = f"2024-05-01T10:00:0{second}.25"
        made.writeto(tmp_path / f"{k}.fits")
    for kind in ("tif", "fits"):
        said = Checked(frames_of([tmp_path / f"{k}.{kind}" for k in range(5)], None), frozenset(), 0).notes
        assert len(said) == 1 and "1 of the frames were taken before the one before them: 3 (" in said[0]
    assert not Checked(frames_of(sorted(tmp_path.glob("[012].tif")), None), frozenset(), 0).notes
    mixed = [PIXELS[0], PIXELS[1].astype(float), PIXELS[0]]
    said = Checked(frames_of(mixed, None), frozenset(), 0).notes
    assert "0 and 2" in said[0] and "several dtypes: uint16 (frame 0), float64 (frame 1)" in said[1]


def test_a_damaged_page_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, PIXELS, photometric="minisblack", compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        at = file.pages[3].dataoffsets[0]  # type: ignore[union-attr]
    octets = bytearray(path.read_bytes())
    octets[at : at + 8] = b"damaged!"
    path.write_bytes(octets)
    checked = Checked(frames_of(path, None), frozenset(), 0)
    assert list(checked.why) == [3] and f"{path} page 3 is {str(path)!r}, which is" in checked.why[3]
    np.testing.assert_array_equal(checked.grey(4), PIXELS[4])


def test_of_a_tiff_that_is_cut_off_the_whole_pages_are_used(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "whole.tif") as writer:
        for each in PIXELS:
            writer.write(each, contiguous=False)
    octets = (tmp_path / "whole.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(octets[: len(octets) * 6 // 10])
    frames = frames_of(tmp_path / "cut.tif", None)
    assert 6 <= len(frames) <= 8 and "cut off after" in frames.notes[0] and "[cut-off-file]" in frames.notes[0]
    for k in range(6):
        np.testing.assert_array_equal(frames[k], PIXELS[k])
    with pytest.warns(superpose.errors.AssumptionWarning, match="cut off after"):
        superpose.read_series(tmp_path / "cut.tif")
    with pytest.raises(InputError, match="cut off"):
        superpose.read(tmp_path / "cut.tif")


def test_an_iterator_that_raises_is_named_with_the_frame() -> None:
    def broken() -> Iterator[Any]:
        yield from PIXELS[:4]
        raise OSError("the disk is gone")

    with pytest.raises(InputError, match=r"frame 4 raised OSError.*callable-raised") as caught:
        frames_of(broken(), None)
    assert isinstance(caught.value.__cause__, OSError)
