"""What jobs tell in rows: as CSV, as JSON, and in a warning's words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from superpose._checks import checked_path
from superpose._io.atomic import write_text
from superpose.errors import LONGEST_VALUE

# So many are named in a sentence.
_NAMED = 5
# What the number of the others takes, and the most that one reason does where there are several.
_TAIL, _LONGEST = 20, 120


def in_cell(value: float) -> str:
    """Return a number as a table has it, empty where there is none."""
    return f"{value:.6g}" if np.isfinite(value) else ""


def in_json(value: float) -> float | None:
    """Return a number as JSON has it, None where there is none."""
    return float(value) if np.isfinite(value) else None


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]], path: str | Path | None) -> str:
    """Return a table as CSV, and write it to a file if a path is given, whole or not at all."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    text = out.getvalue()
    if path is not None:
        write_text(checked_path("path", path), text, "path")
    return text


def reasons_in_words(reasons: Sequence[tuple[object, str]]) -> str:
    """Return the first of what was left out, and why, and how many more there are: what has one reason together.

    No more than a message says without being shortened.
    """
    groups: dict[str, list[object]] = {}
    for each, why in reasons[:_NAMED]:
        groups.setdefault(_short(why), []).append(each)
    said, count = "", 0
    for why, those in groups.items():
        more = f"{'; ' if said else ''}{', '.join(map(str, those))} ({why})"
        if said and len(said) + len(more) > LONGEST_VALUE - _TAIL:
            break
        said, count = said + more, count + len(those)
    return said + (f"; and {len(reasons) - count} more" if len(reasons) > count else "")


def _short(reason: str) -> str:
    """Return a reason without what to do about it, which a table has."""
    said = reason.partition("; ")[0]
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
