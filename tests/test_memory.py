"""An alignment that does not fit into memory is refused before it takes any."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import superpose
from superpose import InputError
from superpose._memory import MODELS, Room, _of_cgroup, available, in_words
from superpose.cli.main import main
from tests.volumes.phantom import volume


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        (5_000_000, 5e6),
        ("8 GB", 8e9),
        ("8GB", 8e9),
        ("1.5 GiB", 1.5 * 2**30),
        (" 500 mb ", 5e8),
        ("1e3", None),
        ("12", 12.0),
    ],
)
def test_sizes_of_memory(limit: int | str, size: float | None) -> None:
    if size is None:
        with pytest.raises(
            InputError, match="memory_limit is '1e3', which is no size of memory; pass a number of bytes"
        ):
            Room.of(limit)
    else:
        assert Room.of(limit).limit == size


@pytest.mark.parametrize("limit", [0, -5, True, 3.5, "much", "8 GX", "1e3", b"8 GB", np.nan, ""])
def test_what_is_no_size(limit: object) -> None:
    with pytest.raises(InputError, match=r"memory_limit is .*pass a number of bytes, or such as '8 GB'"):
        Room.of(limit)


def test_the_machine_has_some_left() -> None:
    assert 1e6 < available() < 1e16 and Room.of().limit <= 1.01 * max(available(), 1)


def test_a_cgroup_has_what_it_may_give_back(tmp_path: Path) -> None:
    assert _of_cgroup(tmp_path) == np.inf
    for name, content in (("memory.max", "1000000\n"), ("memory.current", "900000\n"), ("memory.stat", "anon 5\n")):
        (tmp_path / name).write_text(content)
    assert _of_cgroup(tmp_path) == 100_000
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 50000\nactive_file 3\n")
    assert _of_cgroup(tmp_path) == 150_003
    (tmp_path / "memory.max").write_text("max\n")
    assert _of_cgroup(tmp_path) == np.inf


def group(folder: Path, names: tuple[str, str], most: int | str, used: int, stat: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{most}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(stat)


def test_the_narrowest_of_nested_limits_counts(tmp_path: Path) -> None:
    names, root, own = ("memory.max", "memory.current"), tmp_path / "cgroup", tmp_path / "own"
    own.write_text("0::/slice/job/step\n")
    group(root / "slice", names, 900_000, 200_000, "inactive_file 7\n")
    group(root / "slice" / "job", names, 500_000, 300_000, "inactive_file 50000\n")
    group(root / "slice" / "job" / "step", names, "max", 1, "")
    assert _of_cgroup(root, own) == 250_000
    # Of a container, which sees its own group only.
    own.write_text("0::/outside/of/it\n")
    group(root, names, 70_000, 10_000, "active_file 5\n")
    assert _of_cgroup(root, own) == 60_005


def test_limits_of_the_first_version_are_read(tmp_path: Path) -> None:
    names, root, own = ("memory.limit_in_bytes", "memory.usage_in_bytes"), tmp_path / "cgroup", tmp_path / "own"
    own.write_text("12:cpu,cpuacct:/elsewhere\n5:memory:/user/job\n0::/unified\n")
    group(root / "memory", names, 2**63 - 4096, 10_000, "")
    group(root / "memory" / "user" / "job", names, 500_000, 300_000, "inactive_file 1\ntotal_inactive_file 20000\n")
    assert _of_cgroup(root, own) == 220_000
    assert _of_cgroup(tmp_path / "none", tmp_path / "nothing") == np.inf


class Unread:
    """An image that must not be read."""

    shape, dtype, ndim = (1_000_000, 1000), np.dtype(np.uint16), 2

    def __getitem__(self, box: object) -> None:
        raise AssertionError(box)


def test_what_does_not_fit_is_refused_at_once() -> None:
    image = np.zeros((3000, 3000), np.float32)
    image[::2] = 1.0
    before = time.process_time()
    with pytest.raises(
        InputError, match=r"register needs about 4\d\d MB, and 350 MB is the limit .*; pass work_at='2px'"
    ):
        superpose.register(image, image, memory_limit="350 MB")
    # Of what cannot even be held, work_at= would be no advice; and what is read when it is asked for is not read.
    with pytest.raises(InputError, match=r"register needs about 289 MB to hold both .*superpose.register_large"):
        superpose.register(image, image, memory_limit="200 MB")
    with pytest.raises(InputError, match=r"register needs about 31.0 GB to hold both .*superpose.register_large"):
        superpose.register(*[Unread()] * 2, memory_limit="8 GB")
    assert time.process_time() - before < 2.0


def test_long_pixels_are_counted_as_the_squares_that_they_become() -> None:
    image = superpose.Image(np.random.default_rng(0).random((60, 3000)), spacing=(50.0, 1.0))
    before = time.process_time()
    with pytest.raises(InputError, match=r"register needs about 4\d\d MB, and 350 MB is the limit"):
        superpose.register(image, image, memory_limit="350 MB")
    assert time.process_time() - before < 1.0


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.slow
def test_what_a_metric_needs_is_asked_before_its_finest_level(ndim: int) -> None:
    fixed, moving = volume(), volume(scan=1)
    pair = [
        np.asarray(each.array) if ndim == 3 else np.kron(np.asarray(each.array)[20], np.ones((3, 3)))
        for each in (fixed, moving)
    ]
    count = sum(each.size for each in pair)
    needed = {kind: MODELS[ndim].needed(count, count, kind) for kind in ("squared", "orientation")}
    between = int(sum(needed.values()) / 2)
    options = {"memory_limit": between, "threads": 1, "on_unreliable": "ignore"}
    assert superpose.register(*pair, metric="ncc", **options).metric == "ncc"
    with pytest.raises(InputError, match=f"needs about {in_words(needed['orientation'])}, and {in_words(between)} is"):
        superpose.register(*pair, metric="orientation", **options)
    small = superpose.register(*pair, metric="orientation", work_at="2px", **options)
    assert small.metric == "orientation"


def test_the_command_line_has_a_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "image.npy"
    np.save(path, np.random.default_rng(0).normal(size=(200, 200)))
    assert main(["align", str(path), str(path), "-o", str(tmp_path / "out.npy"), "--memory-limit", "11.5MB"]) == 2
    said = capsys.readouterr().err
    assert "11.5 MB is the limit (--memory-limit; unless given, what is free); pass --work-at to" in said
