"""superpose stack."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

import superpose
from superpose._io.images import read_image, read_pages, write_image, write_pages
from tests.cli.conftest import Run


@pytest.fixture
def frames(folder: Path) -> NDArray[np.uint8]:
    """Six frames that move, as 0.png to 5.png; the one before the last is blank."""
    scene = skimage.data.camera()
    made = np.array([scene[100 - k : 220 - k, 200 + 2 * k : 320 + 2 * k] for k in range(6)])
    made[4] = 7
    for k, frame in enumerate(made):
        write_image(f"{k}.png", frame, "output")
    return made


PATHS = [f"{k}.png" for k in range(6)]


def test_the_mean_and_the_table_are_python_s(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    ended = run("stack", *PATHS, "-o", "mean.tif", "--table", "t.csv", "--reference", "0", "--json")
    assert ended.code == 0
    with pytest.warns(superpose.UnreliableWarning, match="1 of the 6 frames"):
        found = superpose.stack(frames, reference=0, combine="mean")
    assert found.image is not None
    assert np.array_equal(read_image("mean.tif", "mean"), found.image, equal_nan=True)
    document = json.loads(ended.out)
    assert [each["used"] for each in document["frames"]] == [True] * 4 + [False, True]
    assert document["frames"][3]["motion"] == pytest.approx([3, -6], abs=0.02)
    assert document["frames"][4]["matrix"] is None and document["frames"][4]["sigma"] is None
    rows = list(csv.DictReader(Path("t.csv").read_text().splitlines()))
    assert [row["name"] for row in rows] == PATHS and "constant" in rows[4]["why not"]


def test_without_combining_the_frames_are_written(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    ended = run("stack", *PATHS, "-o", "all.tif", "--combine", "none", "--exclude", "1")
    assert ended.code == 0 and ended.out.startswith("4 of 6 frames on global")
    pages = read_pages("all.tif", "all", None, "page=")
    assert [each.dtype for each in pages] == [np.uint8] * 4
    inner = (slice(15, -15), slice(15, -15))
    assert np.abs(pages[0][inner].astype(float) - pages[-1][inner]).mean() < 2


@pytest.mark.parametrize(
    "options, said",
    [
        (["-o", "mean.png"], "cannot hold float32"),
        (["-o", "0.png"], "the same file as the input"),
        (["-o", "m.tif", "--reference", "²"], "known"),
        (["-o", "m.tif", "--reference=--1"], "known"),
        (["-o", "m.tif", "--reference", "9"], "--reference is 9, and there are 6 frames"),
        (["-o", "m.tif", "--combine", "maen"], "did you mean 'mean'"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, run: Run, frames: NDArray[np.uint8], options: list[str], said: str
) -> None:
    ended = run("stack", *PATHS, *options)
    assert ended.code == 2 and said in ended.err
    assert read_image("0.png", "frame").tolist() == frames[0].tolist()


def test_a_file_that_is_missing_or_damaged(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    ended = run("stack", *PATHS, "nowhere.png", "-o", "m.tif", "--quiet")
    assert ended.code == 2 and "nowhere.png" in ended.err and not Path("m.tif").exists()
    Path("0.png").write_bytes(b"no picture")
    ended = run("stack", *PATHS, "-o", "m.tif", "--quiet")
    assert ended.code == 0 and "2 of the 6 frames could not be placed: 0 " in ended.err and not ended.out
    assert read_image("m.tif", "mean").shape == (120, 120)


@pytest.mark.parametrize("how", ["mean", "none"])
def test_without_a_frame_that_is_placed_nothing_is_written(folder: Path, run: Run, how: str) -> None:
    rng = np.random.default_rng(0)
    for path in PATHS:
        write_image(path, rng.integers(0, 255, (60, 60)).astype(np.uint8), "output")
    ended = run("stack", *PATHS, "-o", "m.tif", "--combine", how)
    assert ended.code == 3 and "none of the 6 FRAMES could be placed" in ended.err and not Path("m.tif").exists()


def test_a_folder_is_its_images_by_their_numbers(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    Path("in").mkdir()
    Path("out").mkdir()
    for k, frame in enumerate(frames):
        write_image(f"in/img{k * 4}.png", frame, "output")
    Path("in/notes.txt").write_text("of the day")
    ended = run("stack", "in", "-o", "out/all.tif", "--combine", "none", "--table", "out/t.csv")
    assert ended.code == 0 and "1 files or folders beside the frames" in ended.out
    rows = list(csv.DictReader(Path("out/t.csv").read_text().splitlines()))
    assert [Path(row["name"]).name for row in rows] == [f"img{k * 4}.png" for k in range(6)]
    assert len(read_pages("out/all.tif", "all", None, "page=")) == 5
    for options in (["-o", "in/mean.tif"], ["-o", "out/m.tif", "--plot", "in/p.png"]):
        ended = run("stack", "in", *options)
        assert ended.code == 2 and "in the folder of the FRAMES" in ended.err and len(list(Path("in").iterdir())) == 7


def test_pages_are_written_as_they_are_made(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = skimage.data.camera()
    made = np.array([scene[100 - k % 3 : 220 - k % 3, 200 + k % 4 : 320 + k % 4] for k in range(12)])
    write_pages("in.tif", list(made), "output")
    stay = [superpose.translation((0, 0))] * 12
    result = superpose.stack(made, transforms=stay)
    held, most = 0, 0
    warp = superpose.StackResult._aligned

    class Counted(np.ndarray):
        def __del__(self) -> None:
            nonlocal held
            held -= 1

    def aligned(*given: Any, **named: Any) -> Iterator[Any]:
        nonlocal held, most
        for each in warp(*given, **named):
            held, most = held + 1, max(most, held + 1)
            yield each.view(Counted)

    monkeypatch.setattr(superpose.StackResult, "_aligned", aligned)
    write_pages("out.tif", result.apply_each(made), "output", count=12)
    assert len(read_pages("out.tif", "all", None, "page=")) == 12 and most <= 3


def test_a_disk_that_is_full_half_way(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    write_image("all.tif", frames[0], "output")
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
    try:
        ended = run("stack", *PATHS, "-o", "all.tif", "--combine", "none")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ended.code == 2 and "all.tif' cannot be written" in ended.err.replace(", which", "")
    assert np.array_equal(read_image("all.tif", "earlier"), frames[0])
    assert not [each for each in Path().iterdir() if "draft" in each.name]


def test_frames_as_the_times_of_an_ome_zarr(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    ended = run("stack", *PATHS, "-o", "all.zarr", "--combine", "none", "--quiet")
    assert ended.code == 0
    series = superpose.read_series("all.zarr")
    with pytest.warns(superpose.UnreliableWarning, match="1 of the 6 frames"):
        wanted = [each for each in superpose.stack(frames).apply(frames) if each is not None]
    assert np.array_equal([each.array for each in series], wanted)
    ended = run("stack", *PATHS, "-o", "all.zarr")
    assert ended.code == 2 and "all.zarr" in ended.err and len(superpose.read_series("all.zarr")) == 5
    assert not [each for each in Path().iterdir() if "draft" in each.name]


def test_frames_of_several_dtypes_keep_their_values_in_an_ome_zarr(
    folder: Path, run: Run, frames: NDArray[np.uint8]
) -> None:
    scaled = np.array(frames / 255, np.float32)
    scaled[2, :9] = np.nan
    paths = [*PATHS[:2], "2.tif", *PATHS[3:]]
    write_image("2.tif", scaled[2], "output")
    inner = (slice(20, -20), slice(20, -20))
    assert (
        run("stack", *paths, "-o", "all.zarr", "--combine", "none", "--quiet", "--save-transforms", "s.json").code == 0
    )
    assert run("stack", "apply", "s.json", *paths, "-o", "again.zarr", "--combine", "none", "--quiet").code == 0
    for store in ("all.zarr", "again.zarr"):
        written = [each.array for each in superpose.read_series(store)]
        assert [each.dtype for each in written] == [np.float32] * 5
        assert written[1][inner].mean() == pytest.approx(frames[1][inner].mean(), rel=0.02)
        assert written[2][inner].mean() == pytest.approx(scaled[2][inner].mean(), rel=0.05)
        assert np.isnan(written[2]).any() and not np.isnan(written[2][inner]).any()


def test_a_frame_in_colour_among_grey_ones_is_no_time_of_an_ome_zarr(
    folder: Path, run: Run, frames: NDArray[np.uint8]
) -> None:
    write_image("2.png", np.stack([frames[2]] * 3, -1), "output")
    ended = run("stack", *PATHS, "-o", "all.zarr", "--combine", "none", "--quiet")
    assert ended.code == 2 and "image 2 of --output has pixels of uint8 in (120, 120, 3)" in ended.err
    assert not Path("all.zarr").exists()


def test_when_it_ran_stands_in_a_file_of_its_own(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    assert run("stack", *PATHS[:3], "-o", "mean.tif", "--timing", "took.json").code == 0
    told = json.loads(Path("took.json").read_text())
    assert told["began"] <= told["ended"] and told["frames"] == 3
    assert 0 < told["seconds"] < 3600 and told["peak_memory_bytes"] > 2**24
    octets = Path("mean.tif").read_bytes()
    assert run("stack", *PATHS[:3], "-o", "mean.tif").code == 0
    assert Path("mean.tif").read_bytes() == octets
