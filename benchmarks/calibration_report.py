"""What a calibration's records say, in words and tables, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.fitting import OTHERWISE, confidences, exact, label
from benchmarks.peer_trust import SCORES
from benchmarks.trust_kinds import FAMILIES, TRUE, UNRELATED
from benchmarks.trust_records import GATES, Record, ending

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 1.0)
# The normal distribution's 97.5th percentile, and what of it lies within one and two deviations.
Z, WITHIN = 1.959964, (68.27, 95.45)
# A false accept that is farther off than that, and states less than that, in pixels, is an untruth.
FAR, STATED = 5.0, 1.0


def wilson(count: int, of: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a share of which `count` in `of` were seen, after Wilson."""
    if of == 0:
        return 0.0, 1.0
    share, wide = count / of, Z * Z / of
    middle = (share + wide / 2) / (1 + wide)
    half = Z / (1 + wide) * np.sqrt(share * (1 - share) / of + wide / (4 * of))
    return (0.0 if count == 0 else float(middle - half)), (1.0 if count == of else float(middle + half))


def share(count: int, of: int) -> str:
    """Return a share in words, with its interval."""
    low, high = wilson(count, of)
    return f"{count} of {of} ({100 * count / max(of, 1):.2f} %, {100 * low:.2f} to {100 * high:.2f})"


@dataclass(frozen=True, eq=False)
class Judged:
    """Records, and what is true of each: as arrays of flags.

    Attributes
    ----------
    right, wrong : ndarray of bool
        What of them is right, and wrong or unrelated; neither, where nobody can say.
    asked : ndarray of bool
        Whether a right answer ought to be called reliable: not if its own error exceeds the tolerance.
    accepted : ndarray of bool
    """

    rows: list[Record]
    right: Flags
    wrong: Flags
    asked: Flags
    accepted: Flags

    @classmethod
    def by(cls, rows: list[Record], document: dict[str, Any]) -> Judged:
        """Judge records by a calibration's document, and by what refuses a pose whatever its evidence."""
        labels = np.array([label(row) for row in rows])
        held = np.array([not row["capped"] and not GATES.intersection(row["warnings"]) for row in rows], bool)
        own = np.array(["not-exact-enough" in row["warnings"] for row in rows], bool)
        answerable = np.array([row["answerable"] for row in rows], bool)
        sure = confidences(rows, document) >= document["threshold"] if rows else np.zeros(0, bool)
        return cls(rows, labels == 1, labels == 0, answerable & ~own, held & sure)

    def of(self, wanted: Callable[[Record], bool]) -> Judged:
        """Return those wanted."""
        here = np.array([wanted(row) for row in self.rows], bool)
        rows = [row for row, each in zip(self.rows, here, strict=True) if each]
        return Judged(rows, self.right[here], self.wrong[here], self.asked[here], self.accepted[here])

    @property
    def false_accepts(self) -> list[Record]:
        return self._where(self.accepted & self.wrong)

    @property
    def false_rejects(self) -> list[Record]:
        return self._where(self.right & self.asked & ~self.accepted)

    @property
    def untruths(self) -> list[Record]:
        """False accepts that are far off and state little error."""
        return [
            row
            for row in self.false_accepts
            if (row["error"] is None or row["error"] > FAR) and (row["uncertainty"] or 0.0) < STATED
        ]

    def _where(self, flags: Flags) -> list[Record]:
        return [row for row, each in zip(self.rows, flags, strict=True) if each]

    def covered(self, document: dict[str, Any]) -> Floats:
        """Return which part of each pair's errors lies within one and two stated errors, (pairs, 2).

        Of accepted and right ones whose truth is exact.
        """
        parts = []
        for row in exact(self._where(self.accepted & self.right)):
            fit = document["uncertainty"][ending(row["metric"])]
            ratio = np.abs(row["gaps"]) * np.sqrt(2) / np.hypot(fit["factor"] * row["sigma"], fit["floor"])
            parts.append([(ratio <= 1).mean(), (ratio <= 2).mean()])
        return np.array(parts).reshape(-1, 2)


def coverage(parts: Floats) -> list[str]:
    """Return the shares within one and two stated errors; intervals are by pairs, for a pair's corners err together."""
    if len(parts) < 2:
        return ["-", "-"]
    means, errors = 100 * parts.mean(0), 100 * Z * parts.std(0, ddof=1) / np.sqrt(len(parts))
    return [f"{mean:.0f} ± {error:.0f}" for mean, error in zip(means, errors, strict=True)]


HEAD = (
    "pairs",
    "right",
    "right, and refused",
    "for its own error",
    "within 1 stated error, %",
    "within 2, %",
    "wrong",
    "wrong, and accepted",
    f"off > {FAR:.0f} px, stated < {STATED:.0f}",
)


def row_of(judged: Judged, document: dict[str, Any]) -> list[str]:
    """Return a table's cells about some records."""
    asked = judged.right & judged.asked
    own = judged.right & ~judged.asked & ~judged.accepted & np.array([r["answerable"] for r in judged.rows], bool)
    return [
        str(len(judged.rows)),
        str(int(judged.right.sum())),
        f"{len(judged.false_rejects)} of {int(asked.sum())}",
        str(int(own.sum())),
        *coverage(judged.covered(document)),
        str(int(judged.wrong.sum())),
        str(len(judged.false_accepts)),
        str(len(judged.untruths)),
    ]


def tables(judged: Judged, document: dict[str, Any]) -> str:
    """Return tables by kind and by family, in Markdown."""
    parts = []
    for heading, field, names in (("kind", "kind", (*TRUE, *UNRELATED)), ("family", "family", FAMILIES)):
        lines = [[heading, *HEAD], ["---", *["---:"] * len(HEAD)]]
        lines += [[name, *row_of(judged.of(lambda r, n=name, f=field: r[f] == n), document)] for name in names]
        lines.append(["all", *row_of(judged, document)])
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def rates(judged: Judged, document: dict[str, Any]) -> str:
    """Return what counts, in words."""
    one, two = coverage(judged.covered(document))
    found = sum(bool(r["alignable"] and r["answerable"]) for r in judged.rows)
    right = int((judged.right & np.array([r["answerable"] for r in judged.rows], bool)).sum())
    return "\n".join(
        (
            f"  found {share(right, found)}",
            f"  false accepts {share(len(judged.false_accepts), int(judged.wrong.sum()))}, "
            f"off by more than {FAR:.0f} px with a stated error below {STATED:.0f}: {len(judged.untruths)}",
            f"  false rejects {share(len(judged.false_rejects), int((judged.right & judged.asked).sum()))}",
            f"  errors within one and two stated ones: {one} % ({WITHIN[0]:.0f}), {two} % ({WITHIN[1]:.0f})",
        )
    )


def reliability(judged: Judged, document: dict[str, Any]) -> str:
    """Return, by confidence, how many are right: of what the odds alone decide."""
    judged = judged.of(lambda row: row["kind"] not in OTHERWISE)
    lines = ["  confidence       pairs   mean   right"]
    given = np.minimum(confidences(judged.rows, document), [row["confidence"] for row in judged.rows])
    for low, high in pairwise(BINS):
        inside = (given >= low) & ((given < high) | (high == 1.0)) & (judged.right | judged.wrong)
        if inside.any():
            mean, part = given[inside].mean(), judged.right[inside].mean()
            lines.append(f"  {low:5.3f} to {high:5.3f} {inside.sum():6} {mean:7.3f} {part:7.3f}")
    return "\n".join(lines)


def named(judged: Judged) -> str:
    """Return each false accept and false reject, one a line."""
    lines = []
    for what, rows in (("accepted, wrong", judged.false_accepts), ("right, refused", judged.false_rejects)):
        for row in rows:
            error, stated = (np.inf if row[name] is None else row[name] for name in ("error", "uncertainty"))
            lines.append(
                f"  {what}: {row['kind']}/{row['number']}/{row['half']} {row['family']} {'+'.join(row['sources'])}, "
                f"error {error:.2f}, stated {stated:.2f}, confidence {row['confidence']:.3f}, "
                f"{' '.join(row['warnings'])}"
            )
    return "\n".join(lines)


def surprise(rows: list[Record], first: dict[str, Any], second: dict[str, Any]) -> tuple[float, float]:
    """Return by how much less probable the first document holds what is true than the second, in nats a pair.

    And how uncertain that is (95 %).
    """
    rows = [row for row in rows if row["kind"] not in OTHERWISE and not row["capped"]]
    labels = np.array([label(row) for row in rows])
    use = ~np.isnan(labels)
    costs = []
    for document in (first, second):
        given = np.clip(confidences(rows, document), 1e-6, 1 - 1e-6)[use]
        costs.append(-np.where(labels[use] == 1, np.log(given), np.log(1 - given)))
    gap = costs[0] - costs[1]
    return float(gap.mean()), float(Z * gap.std() / np.sqrt(max(len(gap), 1)))


def peer(name: str, rows: list[Record], tuned: int, told: int) -> str:
    """Return how a peer's own number does, with its best threshold on one half, on the other."""

    def judged(half: int) -> tuple[Floats, Floats]:
        some = [row for row in rows if row["half"] == half and row["peers"][name]["found"]]
        labels = [label({**row, "error": row["peers"][name]["error"]}) for row in some]
        return np.array(labels), np.array([row["peers"][name]["score"] for row in some])

    right, score = judged(tuned)
    levels = np.unique(score)
    if not len(levels) or not (right == 0).any() or not (right == 1).any():
        return f"  {name}: too few answers"
    costs = [(score[right == 0] >= at).mean() + (score[right == 1] < at).mean() for at in levels]
    best = float(levels[int(np.argmin(costs))])
    right, score = judged(told)
    accepted, total = score >= best, sum(row["half"] == told and row["alignable"] for row in rows)
    good, bad = right == 1, right == 0
    return (
        f"  {name} >= {best:.4g}: found {int(good.sum())} of {total}, "
        f"false accepts {share(int((accepted & bad).sum()), int(bad.sum()))}, "
        f"false rejects {share(int((~accepted & good).sum()), int(good.sum()))}"
    )


def peers(rows: list[Record], tuned: int, told: int) -> str:
    """Return how the peers' own numbers do."""
    lines = [peer(name, rows, tuned, told) for name in SCORES]
    return "\n".join(["peers, each with its best threshold on the one half, on the other:", *lines])
