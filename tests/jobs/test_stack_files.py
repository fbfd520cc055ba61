"""Results of stacks in files, and frames with channels."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose.errors import InputError, UnreliableWarning
from tests.jobs.test_stack import drift


@pytest.fixture(scope="module")
def frames() -> NDArray[np.uint16]:
    made = drift(7, side=96)[0]
    made[2] = 5
    return made


@pytest.fixture(scope="module")
def found(frames: NDArray[np.uint16]) -> superpose.StackResult:
    with pytest.warns(UnreliableWarning, match="1 of the 7 frames"):
        return superpose.stack(frames, canvas="union", combine="mean")


def test_what_is_read_back_is_the_same_bits(
    tmp_path: Path, frames: NDArray[np.uint16], found: superpose.StackResult
) -> None:
    found.save(tmp_path / "s.json")
    loaded = superpose.load_stack(tmp_path / "s.json")
    assert loaded.transforms == found.transforms and loaded.to_csv() == found.to_csv() and repr(loaded) == repr(found)
    for name in ("grid", "frame_grid", "canvas", "reference", "warnings", "versions"):
        assert getattr(loaded, name) == getattr(found, name)
    assert found.versions["superpose"] == superpose.__version__
    assert [each.sigma for each in loaded.table if each.used] == [each.sigma for each in found.table if each.used]
    assert loaded.image is None and loaded.coverage is None
    combined = loaded.combine(frames)
    assert np.array_equal(combined.image, found.image, equal_nan=True)  # type: ignore[arg-type]
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "s.json").read_bytes()
    assert pickle.loads(pickle.dumps(found)).transforms == found.transforms


def changed(document: Any, *path: Any, to: Any) -> bytes:
    copy = json.loads(json.dumps(document))
    inner = copy
    for each in path[:-1]:
        inner = inner[each]
    inner[path[-1]] = to
    return json.dumps(copy).encode()


@pytest.mark.parametrize(
    "path, to, said",
    [
        (["format"], "superpose registration", "the alignment of two images, which superpose.load reads"),
        (["format"], None, "it is not marked as one"),
        (["version"], 99, "its version is 99, and this superpose reads 1"),
        (["version"], "1", "version is '1', and must be a whole number"),
        (["canvas"], "all", "canvas is 'all', and must be one of fixed, union"),
        (["grid"], 5, "grid is 5, and must be an object"),
        (["grid", "shape"], [4], "grid.shape"),
        (["frames"], {}, "frames is {}, and must be a list"),
        (["frames", 0], 7, r"frames\[0\] is 7, and must be an object"),
        (["frames", 1, "frame"], 4, r"frames\[1\].frame is 4, and must be 1"),
        (["frames", 1, "matrix"], [[1, 0], [0, 1]], "matrix"),
        (["frames", 1, "matrix"], None, r"frames\[1\].used and frames\[1\].matrix contradict each other"),
        (["frames", 1, "matrix"], [[2, 0, 0], [0, 1, 0], [0, 0, 1]], "translation"),
        (["frames", 1, "motion"], [1.0], r"frames\[1\].motion has 1 numbers, and must have 2"),
        (["frames", 1, "motion"], [1.0, None], r"motion\[1\] is None, and must be a number"),
        (["frames"], [], r"frames is \[\], and must have one or more"),
        (["frames", 1, "matrix"], [[0, 0, 0], [0, 1, 0], [0, 0, 1]], "matrix"),
        (["frame_grid", "shape"], [90, 96], "canvas is 'fixed', and grid and frame_grid contradict each other"),
        (["grid", "shape"], [60000, 60000], r"grid.shape is \[60000, 60000\], and grid and frame_grid contradict"),
        (["grid", "spacing"], [2.0, 1.0], "grid and frame_grid contradict each other"),
        (["frames", 1, "confidence"], 3, "confidence is 3, and must be a number from 0 to 1"),
        (["frames", 2, "why_not"], 3, "why_not is 3, and must be a text"),
    ],
)
def test_what_is_no_result_is_refused_by_what_is_wrong(
    tmp_path: Path, found: superpose.StackResult, path: list[Any], to: Any, said: str
) -> None:
    found.save(tmp_path / "s.json")
    document = json.loads((tmp_path / "s.json").read_text())
    document["canvas"] = "fixed" if path[0] == "frame_grid" else "union"
    (tmp_path / "s.json").write_bytes(changed(document, *path, to=to))
    with pytest.raises(InputError, match=said):
        superpose.load_stack(tmp_path / "s.json")


@pytest.mark.parametrize("octets", [b"", b"[]", b"{", b"\xff\xfe\x00", b'{"format": NaN}', b"[" * 100_000])
def test_garbled_files_are_errors_of_ours(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "s.json").write_bytes(octets)
    with pytest.raises(InputError, match=r"path is .*which is no result of a stack saved by superpose"):
        superpose.load_stack(tmp_path / "s.json")


def test_the_two_kinds_of_files_are_told_apart(tmp_path: Path, found: superpose.StackResult) -> None:
    found.save(tmp_path / "s.json")
    with pytest.raises(InputError, match=r"superpose\.load_stack reads it"):
        superpose.load(tmp_path / "s.json")
    with pytest.raises(InputError, match="there is no such file"):
        superpose.load_stack(tmp_path / "none.json")
    with pytest.raises(InputError, match="its folder"):
        found.save(tmp_path / "none" / "s.json")


# --- channels -----------------------------------------------------------------------------------------------
def test_one_channel_decides_and_all_go_along(frames: NDArray[np.uint16], found: superpose.StackResult) -> None:
    noise = np.random.default_rng(1).poisson(9, frames.shape).astype(np.uint16)
    several = np.stack([noise, noise[::-1], frames, noise, noise], -1)
    with pytest.warns(UnreliableWarning, match="1 of the 7 frames"):
        result = superpose.stack(list(several), channel=2, combine="mean")
    assert result.transforms == found.transforms
    assert result.image is not None and result.image.shape == (96, 96, 5)
    with pytest.warns(UnreliableWarning, match="1 of the 7 frames"):
        assert superpose.stack(list(several), channel=-3).transforms == found.transforms
    # Grey frames have one.
    with pytest.warns(UnreliableWarning, match="1 of the 7 frames"):
        assert superpose.stack(frames, channel=0).transforms == found.transforms
    (first, *_) = found.apply(list(several))
    assert first is not None and first.dtype == np.uint16 and first.shape == (*found.grid.shape, 5)
    for wrong, said in ((5, "channel is 5, and frame 0 has 5 channels"), ("a", "channel is 'a'"), (True, "is True")):
        with pytest.raises(InputError, match=said):
            superpose.stack(list(several), channel=wrong)  # type: ignore[arg-type]


def test_mean_is_another_word_for_global(frames: NDArray[np.uint16], found: superpose.StackResult) -> None:
    with pytest.warns(UnreliableWarning, match="1 of the 7 frames"):
        result = superpose.stack(frames, reference="mean")
    assert (result.reference, result.transforms) == ("global", found.transforms)


def test_what_can_be_read_is_laid_on_each_other(
    tmp_path: Path, frames: NDArray[np.uint16], found: superpose.StackResult
) -> None:
    paths = [tmp_path / f"{number}.tif" for number in range(7)]
    for path, each in zip(paths, frames, strict=True):
        superpose.write(path, each)
    paths[0].write_bytes(b"II*")
    paths[4].unlink()
    with pytest.warns(UnreliableWarning, match=r"2 of the 7 frames cannot be read, and were left out: 0 \(.*; 4 \("):
        laid = found.apply(paths)
    assert [each is None for each in laid] == [number in (0, 2, 4) for number in range(7)]
    for how in ("mean", "median", "sigma-clip"):
        with pytest.warns(UnreliableWarning, match="frames-unreadable"):
            assert found.combine(paths, how).coverage.max() == 4
    for path in paths:
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"0\.tif"):
        found.apply(paths)
