"""What jobs tell in rows: as CSV, as JSON, and in a warning's words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from superpose._checks import checked_path
from superpose._io.atomic import write_text

# So many are named in a sentence.
_NAMED = 5


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
    """Return the first of what was left out, and why, and how many more there are."""
    which = "; ".join(f"{each} ({why})" for each, why in reasons[:_NAMED])
    return which + (f"; and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else "")
