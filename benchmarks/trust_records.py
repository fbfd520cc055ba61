"""Registrations of the calibration's pairs, written down one a line, so that a run that was cut off goes on.

A record holds all that odds are fitted to and tables are made of. Several processes write files of their own, each a
part of the pairs, and all files of a folder are read together.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np

import superpose
from benchmarks.peer_trust import SCORES, scored
from benchmarks.trust_kinds import SHARE, TRUE, UNRELATED, draw
from benchmarks.trust_pairs import TrustPair
from superpose._verify.confidence import calibration
from superpose.metrics import METRICS

Key = tuple[str, int, int]
Record = dict[str, Any]
Work = Callable[[tuple[Key, int]], Record]

# What of the package moves no answer.
APART = ("_report", "_jobs", "_io", "cli")
# What refuses a pose that its evidence alone speaks for.
GATES = frozenset(("misfit", "free-direction", "undetermined", "not-exact-enough"))


def ending(metric: str) -> str:
    """Return by what the engine's pose ends, of what `calibration.json` tells apart."""
    return "squared" if METRICS[metric].compares_intensities else "orientation"


def expected(found: superpose.Registration) -> float:
    """Return the error that the sandwich alone expects: what was made of it by the shipped calibration is undone."""
    fitted = calibration().spread[ending(found.metric)]
    return float(np.sqrt(max(found.uncertainty**2 - fitted.floor**2, 0.0)) / fitted.factor)


@cache
def stamp() -> str:
    """Return a hash of all source that moves answers, or draws pairs: records of two stamps are of different code."""
    package, here = Path(superpose.__file__).parent, Path(__file__).parent
    files = [path for path in package.rglob("*") if path.suffix in (".py", ".json")]
    files = [path for path in files if path.relative_to(package).parts[0] not in APART]
    native = here.parent / "src" / "native"
    files += [path for path in native.rglob("*") if path.is_file()]
    files += [*here.glob("trust_*.py"), *here.glob("kinds/*.py")]
    files += [here / f"{name}.py" for name in ("cases", "hard", "peer_trust", "photographs", "planar", "real")]
    digest = hashlib.sha256()
    for path in sorted(set(files), key=lambda each: each.as_posix()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def registered(task: tuple[Key, int]) -> Record:
    """Register one pair; return what calibration needs to know of it. What is raised is a refusal, written down."""
    (kind, number, half), seed = task
    pair = draw(kind, seed, number, half)
    about = {
        "family": pair.family,
        "sources": list(pair.sources),
        "answerable": pair.answerable,
        "alignable": pair.alignable,
        "several": len(pair.motions) > 1,
        "side": float(np.sqrt(np.prod(pair.fixed.shape))),
        "limit": pair.limit,
    }
    # A real pair's truth is good to the limit that its answer is held to: it is asked for no better than that.
    tolerance = pair.limit if kind == "real" else None
    how: dict[str, Any] = {"transform": pair.family, "tolerance": tolerance, "on_unreliable": "ignore", "threads": 1}
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = superpose.register(pair.fixed, pair.moving, **how)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other pairs are to be run
        return about | {"failure": f"{type(error).__name__}: {error}"[:200]}
    return about | _answer(pair, found) | {"seconds": round(time.process_time() - began, 3)}


def _answer(pair: TrustPair, found: superpose.Registration) -> Record:
    """Return what a record says of an answer."""
    matrix, sigma = np.array(found.transform.matrix), expected(found)
    gaps = None if pair.truth is None else pair.gaps(matrix)
    codes = [each.rsplit("[", 1)[-1][:-1] for each in found.warnings]
    odds, shipped = calibration().confidence(found.evidence), calibration().threshold
    # Refused by something that the odds do not know: the mirrored image fits better, or another motion may be meant.
    capped = found.confidence < odds - 1e-9 or (odds >= shipped and "unreliable" in codes)
    return {
        "failure": "",
        "matrix": matrix.tolist(),
        "metric": found.metric,
        "overlap": found.overlap,
        "error": _finite(pair.error(matrix)) if pair.alignable else None,
        "exact": bool(pair.exact and gaps is not None and np.isfinite(gaps).all()),
        "gaps": None if gaps is None or not np.isfinite(gaps).all() else gaps.tolist(),
        "sigma": _finite(sigma),
        "uncertainty": _finite(found.uncertainty),
        "confidence": found.confidence,
        "reliable": bool(found.reliable),
        "capped": bool(capped),
        "evidence": {name: float(np.nan_to_num(value)) for name, value in found.evidence.items()},
        "warnings": codes,
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def by_peers(task: tuple[Key, int]) -> Record:
    """Let each peer align one pair; return its error and its own number by name."""
    (kind, number, half), seed = task
    pair = draw(kind, seed, number, half)
    return {"limit": pair.limit, "alignable": pair.alignable, "peers": {name: scored(name, pair) for name in SCORES}}


def keys(true: int, unrelated: int) -> list[Key]:
    """Return the pairs of a calibration, kinds and halves taking turns, so that it may be stopped anywhere.

    Parameters
    ----------
    true, unrelated : int
        At least so many pairs a half that can be aligned, and that cannot.
    """
    drawn = []
    for kinds, wanted in ((TRUE, true), (UNRELATED, unrelated)):
        shares = sum(SHARE.get(kind, 1) for kind in kinds)
        for kind in kinds:
            count = -(-wanted // shares) * SHARE.get(kind, 1)
            drawn += [((n + 0.5) / count, (kind, n, half)) for n in range(count) for half in (0, 1)]
    return [key for _, key in sorted(drawn, key=lambda each: each[0])]


def part_of(all_keys: list[Key], part: int, parts: int) -> list[Key]:
    """Return every so many pairs: parts are disjoint, and each has all kinds and both halves."""
    order = list(dict.fromkeys((*TRUE, *UNRELATED)))
    return [key for key in all_keys if (key[1] + order.index(key[0]) + key[2]) % parts == part]


def read(folder: Path, name: str, mix: bool = False) -> dict[Key, Record]:
    """Return all whole records of a folder's files ``name.*.jsonl``; what was cut off is none.

    Raises
    ------
    ValueError
        If they are of other code than this (unless `mix`).
    """
    done: dict[Key, Record] = {}
    for path in sorted(folder.glob(f"{name}.*.jsonl")):
        for line in path.read_bytes().split(b"\n")[:-1]:
            each = json.loads(line)
            if each["stamp"] != stamp() and not mix:
                raise ValueError(
                    f"{path} has records of other code ({each['stamp']}, not {stamp()}): name another folder, or --mix"
                )
            done.setdefault((each["kind"], each["number"], each["half"]), each)
    return done


@contextmanager
def _appending(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of records for this process alone, without the line that a killed one left unfinished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{path} is being written by another process: name another --part") from None
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        yield file


def collect(
    folder: Path,
    name: str,
    work: Work,
    seed: int,
    wanted: Iterable[Key],
    jobs: int = 1,
    part: str = "0of1",
    mix: bool = False,
    minutes: float = np.inf,
) -> None:
    """Append a record of each wanted pair that no file of the folder has yet, as soon as it is known.

    Parameters
    ----------
    folder, name, part
        Records go to ``name.part.jsonl`` in the folder.
    work : callable
        Returns a pair's record.
    seed : int
        Of all pairs.
    wanted : iterable of Key
        In this order.
    jobs : int
        Processes.
    mix : bool
        Whether records of other code count as done.
    minutes : float
        No pair is begun later than this.
    """
    until = time.monotonic() + 60 * minutes
    with _appending(folder / f"{name}.{part}.jsonl") as file, ProcessPoolExecutor(jobs) as pool:
        done = read(folder, name, mix)
        left = iter([key for key in wanted if key not in done])
        running: dict[Future[Record], Key] = {}
        while True:
            while len(running) < 2 * jobs and time.monotonic() < until and (key := next(left, None)) is not None:
                running[pool.submit(work, (key, seed))] = key
            if not running:
                return
            for each in wait(running, return_when=FIRST_COMPLETED).done:
                kind, number, half = running.pop(each)
                whole = {"kind": kind, "number": number, "half": half, "seed": seed, "stamp": stamp()} | each.result()
                # One write of a whole line: it is there, or cut off and thrown away, or not.
                file.write(json.dumps(whole, allow_nan=False).encode() + b"\n")
                file.flush()
