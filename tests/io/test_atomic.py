"""An earlier output stays whole until the new one is, whatever happens."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

import superpose
from superpose._io.atomic import write_atomically
from superpose._io.images import write_image
from superpose.errors import InputError


def test_a_full_disk_leaves_the_earlier_file_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"earlier")

    def write(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(InputError, match=r"output is .*a\.png', which cannot be written: No space left"):
        write_atomically(target, write, "output")
    assert target.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_stopping_half_way_leaves_the_earlier_file_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"earlier")

    def write(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise KeyboardInterrupt("by the user")

    with pytest.raises(KeyboardInterrupt, match="by the user"):
        write_atomically(target, write, "output")
    assert target.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name, dtype", [("a.png", "u1"), ("a.png", "u2"), ("a.jpg", "u1"), ("a.tif", "f4")])
def test_a_really_full_disk(tmp_path: Path, name: str, dtype: str) -> None:
    """A file size limit stops each format's writer inside its own code, as a full disk does."""
    resource = pytest.importorskip("resource")
    import signal

    target = tmp_path / name
    target.write_bytes(b"earlier")
    image = (np.random.default_rng(0).random((400, 500)) * 250).astype(dtype)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
        with pytest.raises(InputError, match=rf"output is .*{name}', which cannot be written: "):
            write_image(target, image, "output")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert target.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_a_read_only_folder_is_noticed_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests may run as root, whom no permission stops: the question to the system is what is answered here.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match=r"output is .*a\.png', which cannot be written: .* is read-only"):
        write_image(tmp_path / "a.png", np.zeros((5, 5), np.uint8), "output")


def test_saving_a_registration_is_atomic_too(tmp_path: Path, camera: np.ndarray) -> None:
    found = superpose.register(camera[::8, ::8], camera[::8, ::8], transform="translation", levels=1)
    with pytest.raises(InputError, match=r"path is .*t\.json', and its folder .* does not exist"):
        found.save(tmp_path / "none" / "t.json")
    found.save(tmp_path / "t.json")
    assert superpose.load(tmp_path / "t.json").transform == found.transform
    assert [path.name for path in tmp_path.iterdir()] == ["t.json"]


def test_a_link_that_leads_nowhere_names_the_folder_that_is_missing(tmp_path: Path) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path / "nowhere" / "x.png")
    with pytest.raises(InputError, match="nowhere' does not exist"):
        write_atomically(link, lambda stream: None, "path")
