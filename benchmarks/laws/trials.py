"""Trials of the laws, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.cases import SETS
from benchmarks.hard import HARD
from benchmarks.laws.changes import CHANGES
from benchmarks.laws.subjects import GROUPS, Answer, Subject, answer, little_overlap, subject

FAMILIES = ("translation", "rigid", "similarity", "affine", "homography")
# Two answers may lie this many times the larger stated error apart.
SIGMAS = 3.0
# A narrower family's error that exceeds what it may be by less is chance's (pixels).
CHANCE = 0.1
# Kinds whose pairs have no pose, or more than one, that is right.
SEVERAL_POSES = ("misfit", "undetermined", "two-motions")
# How often a pair may be drawn anew before it is of the family asked for.
DRAWS = 1000


@dataclass(frozen=True)
class Seen:
    """A pair's answer, and the one to the same pair seen otherwise; distances in pixels of fixed."""

    law: str
    name: str
    reliable: tuple[bool, bool]
    errors: tuple[float, float]
    limit: float
    distance: float
    uncertainty: float
    failure: str

    @property
    def sure(self) -> bool:
        return all(self.reliable)

    @property
    def apart(self) -> bool:
        """Whether both are sure, and further apart than their errors allow."""
        return self.sure and not self.distance <= SIGMAS * self.uncertainty

    @property
    def became_wrong(self) -> bool:
        """Whether what was refused as it was is sure and wrong now, or the other way round."""
        return self.reliable[0] != self.reliable[1] and not self.errors[self.reliable.index(True)] <= self.limit

    @property
    def line(self) -> str:
        sure = "/".join("sure" if each else "refused" for each in self.reliable)
        numbers = f"{self.distance:.3g} px apart at a stated {self.uncertainty:.3g}"
        errors = f"errors {self.errors[0]:.3g} and {self.errors[1]:.3g}"
        return f"{self.law} {self.name}: {numbers}, {sure}, {errors} {self.failure}"


def seen(law: str, pair: Subject, rng: np.random.Generator) -> Seen:
    """Register a pair as it is and as it becomes."""
    changed = CHANGES[law](rng, pair.fixed, pair.moving)
    before = answer(pair.fixed, pair.moving, pair.family, pair.options)
    after = changed.undone(answer(changed.fixed, changed.moving, pair.family, pair.options))
    return Seen(
        law,
        pair.name,
        (before.reliable, after.reliable),
        (_error(pair, before), _error(pair, after)),
        pair.limit,
        before.distance(after, pair.fixed.shape),
        max(before.uncertainty, after.uncertainty),
        before.failure or after.failure,
    )


def _error(pair: Subject, found: Answer) -> float:
    return np.inf if found.matrix is None else pair.error(found.matrix)


@dataclass(frozen=True)
class Nested:
    """A family's answer (first), and the next wider one's, to a pair whose truth lies in the narrower."""

    family: str
    name: str
    errors: tuple[float, float]
    uncertainty: float
    limit: float

    @property
    def lost(self) -> bool:
        """Whether only the wider family finds it."""
        return self.errors[1] <= self.limit < self.errors[0]

    @property
    def excess(self) -> float:
        """How far the narrower family's error exceeds the wider one's and its own stated error."""
        if not self.errors[1] <= self.limit:
            return 0.0
        return max(0.0, self.errors[0] - self.errors[1] - self.uncertainty)

    @property
    def line(self) -> str:
        wider = FAMILIES[FAMILIES.index(self.family) + 1]
        errors = f"error {self.errors[0]:.3g} px at a stated {self.uncertainty:.3g}, by {wider} {self.errors[1]:.3g}"
        return f"{self.family} {self.name}: {errors}"


def nested(pair: Subject) -> Nested:
    """Register a pair by its family and by the next wider one."""
    wider = FAMILIES[FAMILIES.index(pair.family) + 1]
    found = [answer(pair.fixed, pair.moving, family, pair.options) for family in (pair.family, wider)]
    errors = _error(pair, found[0]), _error(pair, found[1])
    return Nested(pair.family, pair.name, errors, found[0].uncertainty, pair.limit)


def nesting_subject(seed: int, trial: int) -> Subject:
    """Return a pair of a family that has a wider one, each family in turn, drawn until its truth is one pose."""
    family = FAMILIES[trial % (len(FAMILIES) - 1)]
    if family == FAMILIES[0] and trial // (len(FAMILIES) - 1) % 3 == 0:
        return little_overlap(seed, trial)
    rng = np.random.default_rng([seed, trial])
    places = [("kinds", name) for name in GROUPS["kinds"] if name not in SEVERAL_POSES]
    for group, sets in (("cases", SETS), ("hard", HARD)):
        places += [(group, n) for n in GROUPS[group] if sets[n].family == family and not sets[n].allow_flip]
    for again in range(DRAWS):
        found = subject(*places[rng.integers(len(places))], seed, DRAWS * trial + again)
        if found.family == family:
            break
    return found


def seen_table(trials: Sequence[Seen]) -> str:
    """Return how often each law of seeing holds, as a Markdown table."""
    head = ("seen", "trials", "both sure", f"apart by > {SIGMAS:.0f} stated errors", "sure one way only", "and wrong")
    rows = [head, ("---", *("---:",) * (len(head) - 1))]
    for law in [*CHANGES, "all"]:
        own = [t for t in trials if law in (t.law, "all")]
        if own:
            sure, apart = sum(t.sure for t in own), sum(t.apart for t in own)
            share = f"{apart} ({100 * apart / max(sure, 1):.1f} %)"
            changed = [t for t in own if t.reliable[0] != t.reliable[1]]
            rows.append(
                (law, str(len(own)), str(sure), share, str(len(changed)), str(sum(t.became_wrong for t in own)))
            )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def nested_table(trials: Sequence[Nested]) -> str:
    """Return how often a narrower family does worse than the next wider one, as a Markdown table."""
    head = ("family", "trials", "found by the wider", "and not by it", "error larger than allowed", f"by > {CHANCE} px")
    rows = [head, ("---", *("---:",) * (len(head) - 1))]
    for family in FAMILIES[:-1]:
        own = [t for t in trials if t.family == family]
        if own:
            found, lost = sum(t.errors[1] <= t.limit for t in own), sum(t.lost for t in own)
            worse = sum(t.excess > 0 for t in own), sum(t.excess > CHANCE for t in own)
            rows.append((family, str(len(own)), str(found), str(lost), str(worse[0]), str(worse[1])))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
