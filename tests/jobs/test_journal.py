"""The state of a job: what is done is never done again, and a state that cannot be trusted is never used."""

from __future__ import annotations

import errno
import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from superpose._jobs.journal import Journal, Key, _array, _number, _record
from superpose._jobs.network import Link
from superpose._jobs.running import Runner
from superpose.errors import InputError, UnreliableError

JOB = {"transform": "rigid", "frames": [1, 2, 3]}


class PowerCut(RuntimeError):
    """The end of a job, half way."""

    def __str__(self) -> str:
        return "in the middle"


def left(path: Path, results: dict[Key, Any], error: Exception) -> None:
    """Leave results of a job that ends with an error."""

    def work() -> None:
        with Journal(path) as journal:
            journal.begin(JOB)
            for key, result in results.items():
                journal.put(key, result)
            raise error

    with pytest.raises(type(error), match=str(error)[:9]):
        work()


class Counted:
    """A task that says how often it was done."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.done: list[int] = []
        self.fails_at = fails_at

    def __call__(self, item: int) -> tuple[float, Any]:
        if item == self.fails_at:
            raise PowerCut
        self.done.append(item)
        return item / 3, np.array([item, np.nan])


def stopped(path: Path, at: int | None, job: dict[str, Any] = JOB) -> tuple[Counted, list[Any]]:
    """Return a task done for eight items twice over, and its results; stopped before the item `at` of the second."""
    first, second = Counted(), Counted(at)
    results: list[Any] = []
    with Journal(path) as journal:
        journal.begin(job)
        run = Runner(1, journal)
        results += run.map("one", first, range(8))
        results += run.map("two", second, range(8))
    first.done += [10 + each for each in second.done]
    return first, results


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state of a job that was stopped when eleven of sixteen results were there."""
    path = tmp_path / "run.state"
    with pytest.raises(PowerCut, match="in the middle"):
        stopped(path, 3)
    assert path.exists()
    return path


def test_what_is_done_is_not_done_again_and_the_file_goes_at_the_end(state: Path, tmp_path: Path) -> None:
    task, results = stopped(state, None)
    assert task.done == [13, 14, 15, 16, 17]
    assert not state.exists()
    _, at_once = stopped(tmp_path / "other", None)
    assert repr(results) == repr(at_once)


def test_a_record_that_was_cut_off_anywhere_is_dropped(state: Path) -> None:
    whole = state.read_bytes()
    done = []
    for end in range(0, len(whole), 7):
        state.write_bytes(whole[:end])
        task, results = stopped(state, None)
        assert len(results) == 16
        done.append(len(task.done))
    assert done == sorted(done, reverse=True) and done[0] == 16 and done[-1] == 6


def test_what_follows_a_damaged_record_is_dropped(state: Path) -> None:
    octets = bytearray(state.read_bytes())
    octets[len(octets) // 2] ^= 1
    state.write_bytes(octets)
    task, _ = stopped(state, None)
    assert 5 < len(task.done) < 16


@pytest.mark.parametrize(
    "change, said",
    [
        ({"transform": "affine"}, "transform was 'rigid', and is 'affine'"),
        ({"frames": [1, 2]}, "it had 3 frames, and now there are 2"),
        ({"frames": [1, 5, 7]}, "frame 1 and 1 more has changed since"),
        ({"superpose": "0"}, "superpose was '.*', and is '0'"),
    ],
)
def test_another_job_is_refused(state: Path, change: dict[str, Any], said: str) -> None:
    before = state.read_bytes()
    with pytest.raises(InputError, match=f"left by a job that differs from this one: {said}.*restart=True"):
        stopped(state, None, JOB | change)
    assert state.read_bytes() == before
    with Journal(state, restart=True) as journal:
        journal.begin(JOB | change)
        task = Counted()
        list(Runner(1, journal).map("one", task, range(8)))
    assert len(task.done) == 8


def test_two_jobs_on_one_state(tmp_path: Path) -> None:
    path = tmp_path / "run.state"
    with Journal(path), pytest.raises(InputError, match="which a job that runs now is writing"):
        Journal(path)
    Journal(path).__exit__(None, None, None)


@pytest.mark.parametrize("content", [b"a user's notes", b"superpose state 2\n" + bytes(99)])
def test_other_files_are_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    for restart in (False, True):
        with pytest.raises(InputError, match="no state of a job"):
            Journal(path, restart)
    assert path.read_bytes() == content


def test_a_state_runs_no_code_of_others(state: Path) -> None:
    ran: Path = state.with_name("ran")

    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (ran,)

    # A job of the same name leaves it.
    left(state, {(9, "evil", 0): Evil()}, PowerCut())
    with pytest.raises(InputError, match="no state of a job"):
        stopped(state, None)
    assert not ran.exists() and state.exists()


class Made:
    """Pickled as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


VOID = Made(np.dtype, ("V8", False, True), (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0))


@pytest.mark.parametrize(
    "evil",
    [
        Made(np.ndarray, ((1,), np.dtype("O"), b"AAAAAAAA")),
        Made(np.ndarray, ((4,), np.dtype("u1"), bytearray(8), 0, (100000,))),
        Made(np.ndarray, ((1,), VOID, b"AAAAAAAA")),
        Made(type(np.float64(0)), (1.0,)),
        VOID,
        Made(_array, ("O", (1,), b"AAAAAAAA")),
        Made(_array, ("O,u1", (1,), b"AAAAAAAAA")),
        Made(_array, ("(2,)u1", (1,), b"AA")),
        Made(_array, ("u1", (10**15,), b"A")),
        Made(_array, ("u1", (-1, -1), b"A")),
        Made(_array, ("u1", (0, -1), b"")),
        Made(_number, ("O", b"AAAAAAAA")),
        Made(_number, ("f8", b"")),
        Made(_array, (Path("u1"), (1,), b"A")),
        Made(_record, (b"",)),
    ],
)
def test_a_forged_state_makes_no_objects_of_octets(tmp_path: Path, evil: Any) -> None:
    path = tmp_path / "run.state"
    left(path, {(0, "x", 0): 1}, PowerCut())
    with path.open("ab") as stream:
        stream.write(_record(pickle.dumps(((0, "x", 1), evil), 5)))
    with Journal(path) as journal:
        with pytest.raises(InputError, match="no state of a job"):
            journal.begin(JOB)
        journal._worth = False


def test_results_may_be_what_tasks_return(tmp_path: Path) -> None:
    path = tmp_path / "run.state"
    link = Link(1, 2, np.eye(3), np.eye(2), 0.5)
    given = [link, np.float32(0.1), (1, "a", None, True), [np.arange(6.0).reshape(2, 3)[:, ::2]], np.float64("nan")]
    given += [np.zeros((0, 3), ">i2"), np.array(1 + 2j), np.bool_(True), np.arange(6.0).reshape(2, 3).T]
    left(path, {(0, "x", k): each for k, each in enumerate(given)}, PowerCut())
    with Journal(path) as journal:
        journal.begin(JOB)
        again = [journal[0, "x", k] for k in range(len(given))]
    assert isinstance(again[0], Link) and again[0].turned == 0.5 and (again[0].pose == np.eye(3)).all()
    assert again[1:3] == given[1:3] and isinstance(again[1], np.float32)
    assert (again[3][0] == given[3][0]).all() and again[3][0].flags.writeable
    assert np.isnan(again[4]) and (again[5].shape, again[5].dtype) == ((0, 3), np.dtype(">i2"))
    assert again[6] == given[6] and again[6].shape == () and again[7] is np.True_
    assert (again[8] == given[8]).all() and again[8].flags.fnc and again[8].flags.owndata


def test_an_answer_ends_a_job_and_an_error_before_the_first_result_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.state"
    left(path, {(0, "x", 0): 1}, UnreliableError("no-frame-placed", argument="frames", value=2, reason="blank"))
    assert not path.exists()
    left(path, {}, PowerCut())
    assert not path.exists()
    left(path, {(0, "x", 0): 1}, PowerCut())
    assert path.exists()


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.FileIO):
        """Writes half of what it is given, and then nothing."""

        def write(self, octets: Any) -> int:
            if len(octets) < 20:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(octets[: len(octets) // 2])

    path = tmp_path / "run.state"
    with Journal(path) as journal:
        journal.begin(JOB)
        journal.put((0, "x", 0), 1)
        with Full(os.dup(journal._number), "r+") as full, monkeypatch.context() as patched:
            patched.setattr(journal, "_file", full)
            with pytest.raises(InputError, match=r"state is '.*run\.state', which cannot be written: No space left"):
                journal.put((0, "x", 1), 2)
        path.with_name("copy").write_bytes(path.read_bytes())
    with Journal(path.with_name("copy")) as journal:
        journal.begin(JOB)
        assert (0, "x", 0) in journal and (0, "x", 1) not in journal


def test_images_are_made_again_and_kept_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "run.state"
    with Journal(path) as journal:
        journal.begin(JOB)
        before = path.stat().st_size
        list(Runner(1, journal).map("sums", Counted(), range(8), octets=100))
        assert path.stat().st_size == before


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_order_and_no_more_than_asked_for_is_done(threads: int) -> None:
    task = Counted()
    results = Runner(threads).map("one", task, range(40))
    assert [next(results)[0] for _ in range(5)] == [k / 3 for k in range(5)]
    assert len(task.done) <= 5 + 4 * threads
