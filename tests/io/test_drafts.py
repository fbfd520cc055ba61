"""Drafts take nothing from anyone: links, modes, pipes and devices stay what they are, and dead drafts go."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from superpose._io.atomic import Outputs, check_target, write_atomically
from superpose._io.drafts import Draft
from superpose.errors import InputError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes, links and pipes are POSIX's")


def put(path: str | Path, octets: bytes = b"new") -> None:
    write_atomically(path, lambda stream: stream.write(octets), "output")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_replaced_file_keeps_its_mode_from_the_first_byte_on(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "a"
    target.touch()
    target.chmod(mode)
    seen = []

    def write(stream) -> None:
        (draft,) = set(tmp_path.iterdir()) - {target}
        seen.append(stat.S_IMODE(draft.stat().st_mode))

    write_atomically(target, write, "output")
    assert seen == [mode] and stat.S_IMODE(target.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_the_user_s_mask_gives(tmp_path: Path) -> None:
    put(tmp_path / "a")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path, there: bool) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "t", tmp_path / "link"
    if there:
        target.write_bytes(b"earlier")
    link.symlink_to("real/t")
    put(link)
    assert link.is_symlink() and target.read_bytes() == b"new" and not target.is_symlink()


def test_links_that_go_round_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InputError, match=r"output is .*a', which cannot be written: Too many levels"):
        put(tmp_path / "a")


def test_a_read_only_file_is_refused_for_root_too(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"earlier")
    target.chmod(0o444)
    with pytest.raises(InputError, match=r"output is .*a', which cannot be written: it is read-only"):
        put(target)
    assert target.read_bytes() == b"earlier"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    put(pipe, b"x" * 300_000)
    reader.join(30)
    assert read == [b"x" * 300_000]
    assert pipe.is_fifo()


def test_devices_are_written_to() -> None:
    put("/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(InputError, match="output is '/dev/full', which cannot be written: No space left"):
        put("/dev/full")


@pytest.mark.parametrize("name", ["n" * 251 + ".png", "." + "s" * 254, "é" * 127, os.fsdecode(b"caf\xe9" + b"x" * 251)])
def test_names_of_255_bytes_and_names_that_are_no_utf_8(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    put(tmp_path / name, b"again")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(name, b"again")]


@pytest.mark.parametrize("name", ["n" * 256, "a\0b"])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"output is .*, which cannot be written: .*(too long|null byte)"):
        check_target(tmp_path / name, "output")


def test_a_draft_left_behind_goes_and_one_in_work_stays(tmp_path: Path) -> None:
    code = "import os, sys, pathlib; from superpose._io.drafts import Draft; draft = Draft(pathlib.Path(sys.argv[1])); "
    subprocess.run([sys.executable, "-c", code + "os.kill(os.getpid(), 9)", str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    with subprocess.Popen(
        [sys.executable, "-c", code + "print(flush=True); input()", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        (working,) = set(tmp_path.iterdir())
        assert working != left
        put(tmp_path / "a")
        assert set(tmp_path.iterdir()) == {working, tmp_path / "a"}
        other.communicate(b"\n")
    put(tmp_path / "a")
    assert set(tmp_path.iterdir()) == {tmp_path / "a"}


def test_what_only_looks_like_a_draft_stays(tmp_path: Path) -> None:
    (tmp_path / ".superpose-mine.draft").write_bytes(b"a user's")
    (tmp_path / ".superpose-0123456789abcdef.draft").symlink_to("elsewhere")
    (tmp_path / ".superpose-fedcba9876543210.draft").mkdir()
    put(tmp_path / "a")
    assert len(list(tmp_path.iterdir())) == 4


def test_a_draft_taken_away_before_it_was_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from superpose._io import locks

    taken = []
    lock = locks.lock

    def late(number: int) -> bool:
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
        return lock(number)

    monkeypatch.setattr(locks, "lock", late)
    draft = Draft(tmp_path)
    assert list(tmp_path.iterdir()) == [draft.path] != taken
    draft.remove()


def drafted(folder: Path, *names: str) -> Outputs:
    outputs = Outputs()
    for name in names:
        outputs.write(folder / name, lambda stream, name=name: stream.write(name.encode()), f"--{name}")
    return outputs


def test_outputs_take_their_places_together_or_not_at_all(tmp_path: Path) -> None:
    with drafted(tmp_path, "a", "b"):
        assert not {"a", "b"} & {each.name for each in tmp_path.iterdir()}
    assert list(tmp_path.iterdir()) == []
    with drafted(tmp_path, "a", "b") as outputs:
        outputs.put_in_place()
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"a": b"a", "b": b"b"}


def test_a_rename_that_fails_names_what_is_in_place(tmp_path: Path) -> None:
    with drafted(tmp_path, "a", "b", "c") as outputs:
        (tmp_path / "b").mkdir()
        with pytest.raises(InputError, match=r"--b is .*b', which cannot be written: .*; already in place: '.*a'; rep"):
            outputs.put_in_place()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b"]
