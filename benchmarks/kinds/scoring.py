"""Register pairs, and sum up how often what is sure is wrong and what is right is refused."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import superpose
from benchmarks.kinds.pair import Pair

# Pixels off, and stated errors off, from which on a sure answer is an untruth.
WRONG, SIGMAS, LEAST = 5.0, 5.0, 0.1
# A listed basin is a motion's own when it comes so near (pixels); it is left before the last refinement.
LISTED = 3.0


@dataclass(frozen=True)
class Record:
    """What came out for one pair; `error` and `tolerance` are in pixels, `seconds` of CPU time."""

    kind: str
    number: int
    name: str
    answerable: bool
    misfit: bool
    has_answer: bool
    tolerance: float
    error: float
    uncertainty: float
    reliable: bool
    confidence: float
    metric: str
    poses: int
    listed: float | None
    codes: tuple[str, ...]
    failure: str
    seconds: float

    @property
    def sure_and_wrong(self) -> bool:
        """Sure of what is farther off than 5 px; of what no answer is right for, at all."""
        return self.reliable and not self.error <= WRONG

    @property
    def beyond_tolerance(self) -> bool:
        return self.reliable and not self.error <= self.tolerance

    @property
    def understated(self) -> bool:
        """Sure, and off by more than five stated errors, of a pair that an answer fits."""
        fits = self.has_answer and not self.misfit
        return fits and self.reliable and self.error > max(LEAST, SIGMAS * self.uncertainty)

    @property
    def right(self) -> bool:
        return self.error <= self.tolerance

    @property
    def undecided(self) -> bool:
        """Sure of one motion where another could as well be the scene's."""
        return self.reliable and self.poses > 1

    @property
    def said_so(self) -> bool:
        return self.right and self.reliable


def scored(pair: Pair, threads: int) -> Record:
    """Register a pair; what is raised is a refusal, written down."""
    began = time.process_time()
    found, failure = None, ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = superpose.register(
                pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore", threads=threads
            )
    except Exception as error:  # noqa: BLE001 - whatever it is, the other pairs are to be run
        failure = f"{type(error).__name__}: {error}"[:200]
    seconds = time.process_time() - began
    error = np.inf if found is None else pair.error(np.array(found.transform.matrix))
    motions = (*pair.right, *pair.others)
    listed = None
    if found is not None and len(motions) > 1:
        poses = [np.array(each.transform.matrix) for each in (found, *found.basins)]
        listed = float(np.mean([min(each.error(pose) for pose in poses) < LISTED for each in motions]))
    return Record(
        pair.kind,
        pair.number,
        pair.name,
        pair.answerable,
        pair.misfit,
        bool(pair.right),
        pair.tolerance,
        error,
        np.nan if found is None else float(found.uncertainty),
        found is not None and bool(found.reliable),
        np.nan if found is None else found.confidence,
        "" if found is None else found.metric,
        len(pair.right),
        listed,
        () if found is None else tuple(each.rsplit("[", 1)[-1][:-1] for each in found.warnings),
        failure,
        seconds,
    )


HEAD = (
    "kind",
    "pairs",
    "answerable",
    f"sure and wrong by > {WRONG:.0f} px",
    "sure beyond tolerance",
    f"sure and off by > {SIGMAS:.0f} stated errors",
    "right and reliable",
    "right, refused",
    "several motions, all listed",
    "median error of the right, px",
    "median CPU time, s",
)


def row(kind: str, records: Sequence[Record]) -> tuple[str, ...]:
    """Return one kind's line of the table; right and reliable, or refused, of those that have an answer."""
    asked = [r for r in records if r.answerable]
    right = [r.error for r in asked if r.right]
    several = [r for r in records if r.listed is not None]
    share = f"{sum(r.said_so for r in asked)} ({100 * np.mean([r.said_so for r in asked]):.0f} %)" if asked else "-"
    return (
        kind,
        str(len(records)),
        str(len(asked)),
        str(sum(r.sure_and_wrong for r in records)),
        str(sum(r.beyond_tolerance for r in records)),
        str(sum(r.understated for r in records)),
        share,
        str(sum(r.right and not r.reliable for r in asked)) if asked else "-",
        f"{sum(r.listed == 1 for r in several)} of {len(several)}" if several else "-",
        f"{np.median(right):.4f}" if right else "-",
        f"{np.median([r.seconds for r in records]):.2f}",
    )


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as a Markdown table."""
    lines = [HEAD, ("---", *("---:",) * (len(HEAD) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def complaints(record: Record) -> str:
    """Return what is amiss with a record, in words; empty where nothing is."""
    found = [record.failure] if record.failure else []
    if record.sure_and_wrong:
        found.append("SURE AND WRONG")
    elif record.beyond_tolerance:
        found.append("sure beyond tolerance")
    if record.understated and not record.sure_and_wrong:
        found.append("understated")
    if record.undecided:
        found.append("sure of one of two motions")
    if record.answerable and not record.said_so:
        found.append("right, refused" if record.right else "not found")
    return "; ".join(found)


def line(record: Record) -> str:
    """Return a record as a line."""
    said = f"error {record.error:.3f}, stated {record.uncertainty:.3g}, confidence {record.confidence:.3f}"
    listed = "" if record.listed is None else f", {100 * record.listed:.0f} % of motions listed"
    return f"{record.name}: {said}, {record.metric}{listed} [{' '.join(record.codes)}]"
