"""Workers of a job: the same bits as in this process, and clear words where they cannot work."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import superpose
from superpose._io.images import write_image
from superpose._jobs import workers
from superpose._jobs.schedulers import workers_of
from superpose._jobs.settings import WorkerSettings
from superpose._jobs.workers import Workers, fitting, perform
from superpose.errors import InputError
from tests.jobs.test_stack import drift


@dataclass(frozen=True)
class Times:
    """A task."""

    by: float
    about: object = None

    def __call__(self, item: int) -> float:
        if item == 13:
            raise InputError("no-such-file", argument="frames", value="'13.png'")
        return self.by * item


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as made:
        yield made


class Client:
    """As much of a dask client as is asked for, with workers that answer as told."""

    def __init__(self, executor: Executor, answers: dict[str, Any], threads: int = 2) -> None:
        self.executor, self.answers, self.threads = executor, answers, threads

    def get_executor(self, **_: Any) -> Executor:
        return self.executor

    def wait_for_workers(self, *_: Any, **__: Any) -> None:
        if not self.answers:
            raise TimeoutError

    def run(self, *_: Any, **__: Any) -> dict[str, Any]:
        return self.answers

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.answers, self.threads)


# --- tasks ------------------------------------------------------------------------------------------------------
def test_results_come_in_order_and_nothing_is_left(pool: Executor, tmp_path: Path) -> None:
    made = Workers(pool, tmp_path, lambda: 2, "'pool'")
    assert list(made.each(Times(0.1), range(9))) == [0.1 * k for k in range(9)]
    assert list(tmp_path.iterdir()) == []


def test_what_tasks_share_is_written_once(pool: Executor, tmp_path: Path) -> None:
    made, shared = Workers(pool, tmp_path, lambda: 2, "'pool'"), np.zeros(2**16)
    made.share(shared)
    (first,) = tmp_path.iterdir()
    results = made.each(Times(0.1, shared), range(9))
    next(results)
    sizes = sorted(each.stat().st_size for each in tmp_path.iterdir())
    assert sizes[0] < 1000 and sizes[1] == first.stat().st_size > 2**19
    results.close()


def test_an_error_in_a_task_is_the_job_s(pool: Executor, tmp_path: Path) -> None:
    made = Workers(pool, tmp_path, lambda: 2, "'pool'")
    with pytest.raises(InputError, match=r"there is no such file|no such file"):
        list(made.each(Times(0.1), range(20)))
    assert list(tmp_path.iterdir()) == []


def test_no_more_is_under_way_than_keeps_workers_busy(tmp_path: Path) -> None:
    submitted = []

    class Counting(ThreadPoolExecutor):
        def submit(self, *given: Any) -> Any:  # type: ignore[override]
            submitted.append(given)
            return super().submit(*given)

    with Counting(2) as pool:
        results = Workers(pool, tmp_path, lambda: 2, "'pool'").each(Times(1.0), range(100, 200))
        next(results)
        assert len(submitted) == 2 * WorkerSettings().ahead
        results.close()
        submitted.clear()
        results = Workers(pool, tmp_path, lambda: 2, "'pool'").each(Times(1.0), range(100, 200), 2**27)
        next(results)
        assert len(submitted) == 2
        results.close()
    assert all(len(repr(given)) < 1000 for given in submitted)


@pytest.mark.parametrize("count, octets, fits", [(12, 0, 12), (12, 2**20, 12), (12, 2**26, 4), (12, 2**40, 1)])
def test_how_many_results_wait(count: int, octets: int, fits: int) -> None:
    assert fitting(count, octets) == fits


def test_pixels_in_memory_are_sent_only_if_they_are_few(pool: Executor, tmp_path: Path) -> None:
    made = Workers(pool, tmp_path, lambda: 2, "'pool'", WorkerSettings(most_bytes=2**20))
    with pytest.raises(InputError, match=r"frames take 8 MB in memory.*save them, and pass the paths"):
        made.share(np.zeros(2**20))


# --- what can be wrong ------------------------------------------------------------------------------------------
def test_a_worker_of_another_version(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"another superpose than this one, 0\.0: superpose {superpose.__version__}"):
        perform("0.0", str(tmp_path / "a.task"), 0)


def test_a_worker_that_does_not_see_the_task(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read '.*a\.task': No such file.*by the same path"):
        perform(superpose.__version__, str(tmp_path / "a.task"), 0)


@pytest.mark.parametrize(
    "answers, said",
    [
        ({}, r"no worker for 10 s"),
        ({"tcp://a": (superpose.__version__, True), "tcp://b": ("0.0", True)}, r"superpose 0\.0 \(tcp://b\)"),
        ({"tcp://a": ModuleNotFoundError("No module named 'superpose'")}, r"No module named 'superpose'"),
        ({"tcp://a": (superpose.__version__, False)}, r"worker tcp://a has no such folder"),
    ],
)
def test_workers_that_cannot_work(pool: Executor, answers: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said), workers_of(Client(pool, answers), None):
        pass


def test_workers_that_all_go_are_waited_for_and_given_up(tmp_path: Path) -> None:
    ready = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(ready.wait)
        made = Workers(pool, tmp_path, lambda: 0, "'pool'", WorkerSettings(asked_every=0.02, patience=0.1))
        with pytest.raises(InputError, match="no worker for 0 s"):
            list(made.each(Times(0.1), range(9)))
        ready.set()


def test_an_executor_that_is_shut_down(tmp_path: Path) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(InputError, match=r"ended or lost its workers.*cannot schedule.*with state= it goes on"):
        list(Workers(pool, tmp_path, lambda: 1, "'pool'").each(Times(0.1), range(9)))


@pytest.mark.parametrize("given", [7, True, object, ["tcp://a:1"], {}])
def test_what_is_no_scheduler(given: object) -> None:
    with pytest.raises(InputError, match=r"scheduler is .*pass the address of a dask scheduler"):
        superpose.stack(np.zeros((2, 32, 32)), scheduler=given)


def test_a_folder_that_a_killed_job_left_is_used_again(pool: Executor, tmp_path: Path) -> None:
    left = tmp_path / "run.state.tasks"
    left.mkdir()
    (left / "0.task").write_bytes(b"")
    with workers_of(pool, tmp_path / "run.state") as made:
        assert made is not None and made.folder == left and list(left.iterdir()) == []
    assert not left.exists()


# --- stacks -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Six frames that drift, in files."""
    import skimage.data

    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("series")
    for k in range(6):
        frame = skimage.data.camera()[200 + k : 264 + k, 200 - 2 * k : 264 - 2 * k] + rng.normal(0, 4, (64, 64))
        write_image(folder / f"{k}.png", np.clip(frame, 0, 255).astype(np.uint8), "output")
    return [str(folder / f"{k}.png") for k in range(6)]


@pytest.fixture(scope="module")
def local(series: list[str]) -> superpose.StackResult:
    return superpose.stack(series, transform="rigid", reference="previous")


def same(one: superpose.StackResult, other: superpose.StackResult) -> bool:
    matrices = [[each and each.matrix.tobytes() for each in found.transforms] for found in (one, other)]
    return repr(one.table) == repr(other.table) and matrices[0] == matrices[1]


@pytest.mark.slow
def test_threads_and_an_executor_make_no_difference(
    series: list[str], local: superpose.StackResult, pool: Executor, tmp_path: Path
) -> None:
    state = tmp_path / "run.state"
    found = superpose.stack(series, transform="rigid", reference="previous", scheduler=pool, state=state)
    assert same(found, local) and list(tmp_path.iterdir()) == []
    assert same(superpose.stack(series, transform="rigid", reference="previous", threads=2), local)


@pytest.mark.slow
def test_shifts_have_the_same_bits_too(pool: Executor, tmp_path: Path) -> None:
    frames, _ = drift(70, side=48)
    here = superpose.stack(frames)
    assert sum(each.used for each in here.table) > 60
    assert same(superpose.stack(frames, scheduler=pool, state=tmp_path / "run.state"), here)
    assert same(superpose.stack(frames, threads=3), here)


def test_frames_are_found_from_another_folder(
    series: list[str], local: superpose.StackResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: Executor
) -> None:
    monkeypatch.chdir(Path(series[0]).parent)
    load = workers._held.__wrapped__

    def elsewhere(path: str) -> Any:
        monkeypatch.chdir(tmp_path)
        return load(path)

    monkeypatch.setattr(workers, "_held", elsewhere)
    names = [Path(each).name for each in series]
    found = superpose.stack(names, transform="rigid", reference="previous", scheduler=pool)
    assert [each.name for each in found.table] == names
    assert all((a.matrix == b.matrix).all() for a, b in zip(found.transforms, local.transforms, strict=True))  # type: ignore[union-attr]


# --- dask -------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_scheduler_that_is_down(series: list[str]) -> None:
    pytest.importorskip("distributed")
    started = time.monotonic()
    for address in ("tcp://127.0.0.1:9", "nonsense", "foo://a:1", ""):
        with pytest.raises(InputError, match=f"scheduler is '{address}', and no dask scheduler answers there"):
            superpose.stack(series, scheduler=address)
    assert time.monotonic() - started < 10


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_a_dask_worker_that_is_killed_costs_time_only(
    series: list[str], local: superpose.StackResult, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    state = tmp_path / "run.state"
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=50) as cluster:
        with distributed.Client(cluster) as client:
            found = superpose.stack(series, transform="rigid", reference="previous", scheduler=client)
            assert same(found, local)
            processes = client.run(os.getpid)
        assert len(processes) == 2

        def kill() -> None:
            while not (state.exists() and state.stat().st_size > 1000):
                time.sleep(0.001)
            os.kill(next(iter(processes.values())), signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        address = cluster.scheduler_address
        found = superpose.stack(series * 2, transform="rigid", reference="previous", scheduler=address, state=state)
        killer.join(0)
        assert not killer.is_alive()
    again = superpose.stack(series * 2, transform="rigid", reference="previous")
    assert same(found, again) and list(tmp_path.iterdir()) == []
