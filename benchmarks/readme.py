"""``python -m benchmarks.readme bench-output/results.json docs/benchmarks.md``: put the benchmark's table there.

Several files of results may be named, if they are of one seed and day. What stands between
``<!-- benchmark -->`` and ``<!-- /benchmark -->`` is replaced.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.cases import SETS
from benchmarks.running import Summary

BEGIN, END = "<!-- benchmark -->", "<!-- /benchmark -->"
# The sets that every method runs on, and how they are headed.
COMPARED = {
    "one-wide": "one modality, ±180°, ±20 %",
    "one-narrow": "one modality, ±10°, ±5 %",
    "several": "several modalities, ±180°, ±20 %",
}


def cell(row: Summary) -> str:
    """Return success, median error and median time of one method on one set."""
    found = f"{100 * row.found:.{0 if row.found in (0, 1) else 1}f} %"
    return f"{found}, {row.median_error:.3f} px, {row.median_seconds:.2f} s" if row.found else found


def compared(rows: list[Summary]) -> str:
    """Return methods by sets, superpose first."""
    sets = [name for name in COMPARED if any(row.set == name for row in rows)]
    lines = [["method", *(COMPARED[name] for name in sets)], ["---"] * (1 + len(sets))]
    for method in dict.fromkeys(row.method for row in rows):
        cells = {row.set: cell(row) for row in rows if row.method == method}
        if any(name in cells for name in sets):
            lines.append(
                [f"**{method}**" if method == "superpose" else method, *(cells.get(name, "") for name in sets)]
            )
    return _markdown(lines)


def alone(rows: list[Summary], about: dict[str, str]) -> str:
    """Return superpose on the sets that are not in the first table."""
    lines = [["set", "found", "median, 95th percentile, px", "median time, s"], ["---", "---:", "---:", "---:"]]
    for row in rows:
        if row.method == "superpose" and row.set not in COMPARED:
            errors = f"{row.median_error:.3f}, {row.p95_error:.3f}" if row.found else "-"
            name = about.get(row.set, f"real pairs, {row.set}: found is an error below 5 px")
            found = f"{100 * row.found:.{0 if row.found in (0, 1) else 1}f} % of {row.cases}"
            lines.append([name, found, errors, f"{row.median_seconds:.2f}"])
    return _markdown(lines) if len(lines) > 2 else ""


def _markdown(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def section(document: dict[str, Any]) -> str:
    """Return what goes between the markers."""
    rows = [Summary(**row) for row in document["table"]]
    about = {name: SETS[name].about for name in SETS} | document["about"]
    most = max(row.cases for row in rows if row.method == "superpose")
    peers = [row.cases for row in rows if row.method != "superpose"]
    counts = f"superpose on up to {most} pairs of a set" + (f", the others on up to {max(peers)}" if peers else "")
    said = (
        f"Measured on {document['date']} with superpose {document['version']} on {document['cpus']} CPUs, seed "
        f"{document['seed']}, {counts}. 512 x 512 photographs that come with scikit-image, noise variance 1e-3. Found: "
        "the mean error over the central half is below 1 px. Errors are those of the pairs found, median; times are "
        "medians of all. `make bench-full` makes this table, plots and more in `bench-output/`."
    )
    return "\n\n".join(part for part in (said, compared(rows), alone(rows, about)) if part)


def replaced(text: str, new: str, first: str = BEGIN, last: str = END) -> str:
    """Return a page with the text between its markers replaced.

    Raises
    ------
    ValueError
        If it does not have both markers, in order.
    """
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"no {first} ... {last} on the page")
    return f"{before}{first}\n\n{new}\n\n{last}{after}"


def main(arguments: list[str]) -> int:
    """Rewrite the page."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    *results, page = map(Path, arguments)
    document = joined([json.loads(each.read_text()) for each in results])
    page.write_text(replaced(page.read_text(), section(document)))
    return 0


def joined(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Return several runs' results as one.

    Raises
    ------
    ValueError
        If they are not of one seed, version and day.
    """
    for name in ("seed", "version", "date", "cpus"):
        if len({each[name] for each in documents}) > 1:
            raise ValueError(f"results of different {name}: {[each[name] for each in documents]}")
    about = {key: value for each in documents for key, value in each["about"].items()}
    return documents[0] | {"about": about, "table": [row for each in documents for row in each["table"]]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
