"""``python -m benchmarks.calibration``: how far `confidence` and `uncertainty` can be trusted.

Pairs that can be aligned and pairs that cannot are registered, one record a pair; the same command goes on where it
stopped. Photographs are dealt into two halves: what is fitted to one is told of the other. Halves of real pairs say
what errors are where no truth is exact. Beside it stands what a user of a peer would go by, with its best threshold.

python -m benchmarks.calibration --true 150 --unrelated 100
python -m benchmarks.calibration --part 0/2 --only-run & python -m benchmarks.calibration --part 1/2 --only-run
python -m benchmarks.calibration --only-report --readme README.md
python -m benchmarks.calibration --peers --write -o calibration-output
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

import superpose
from benchmarks import calibration_report as told
from benchmarks import halves
from benchmarks.calibration_report import Judged
from benchmarks.fitting import WITHIN, confidences, coverage, fitted, label, spread
from benchmarks.readme import replaced
from benchmarks.trust_records import Record, by_peers, collect, ending, keys, part_of, read, registered, stamp

SEED = 2026
# Pairs of each half that can be aligned, and that cannot: more than 125 of each kind.
TRUE, UNRELATED = 2268, 1700
TUNED, HELD_OUT = 0, 1
# The installed package's own, which in a checkout is src/: the tests of the wheel have no other.
CALIBRATION = Path(superpose.__file__).parent / "_verify" / "calibration.json"
MARKS = ("<!-- calibration -->", "<!-- /calibration -->")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--true", type=int, default=TRUE, help="pairs a half that can be aligned, at least")
    parser.add_argument("--unrelated", type=int, default=UNRELATED, help="pairs a half that cannot, at least")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--part", default="0/1", help="which part of the pairs to run: 0/2 and 1/2 are disjoint")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minutes", type=float, default=np.inf, help="begin no pair later than this")
    parser.add_argument("--mix", action="store_true", help="read records of other code as well")
    parser.add_argument("--peers", action="store_true", help="run the peers, too")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--only-run", action="store_true", help="write records, and report nothing")
    what.add_argument("--only-report", action="store_true", help="report what records there are")
    parser.add_argument("--odds", action="store_true", help="fit the odds only, and keep what uncertainty is made of")
    parser.add_argument("--write", action="store_true", help="write what is fitted into the package")
    parser.add_argument("--readme", type=Path, help="a file to put the table into, between its markers")
    parser.add_argument("-o", "--out", type=Path, default=Path("calibration-output"))
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run, fit, report."""
    chosen = _options(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    part, parts = map(int, chosen.part.split("/"))
    wanted = keys(chosen.true, chosen.unrelated)
    names = {f"pairs-{chosen.seed}": registered} | ({f"peers-{chosen.seed}": by_peers} if chosen.peers else {})
    for name, work in names.items() if not chosen.only_report else ():
        mine, own = part_of(wanted, part, parts), f"{part}of{parts}"
        collect(chosen.out, name, work, chosen.seed, mine, chosen.jobs, own, chosen.mix, chosen.minutes)
    if chosen.only_run:
        return 0
    rows, by_them = (
        list(read(chosen.out, f"{name}-{chosen.seed}", chosen.mix).values()) for name in ("pairs", "peers")
    )
    _report(chosen, rows, by_them)
    return 0


def _report(chosen: argparse.Namespace, rows: list[Record], by_them: list[Record]) -> None:
    """Fit, print and write down what the records say."""
    failed, answers = [row for row in rows if row["failure"]], [row for row in rows if not row["failure"]]
    first, second = ([row for row in answers if row["half"] == half] for half in (TUNED, HELD_OUT))
    shipped = json.loads(CALIBRATION.read_text())
    apart = _halves(chosen)
    document = fitted(first, apart)
    document["about"] = f"fitted by python -m benchmarks.calibration: seed {chosen.seed}, {len(first)} pairs"
    if chosen.odds:
        document["uncertainty"] = shipped["uncertainty"]
    text = report(first, second, shipped, document, fitted(second, apart))
    text += "\n" + "\n".join(_coverages("halves of real pairs", apart, shipped))
    text += "".join(f"\nfailed: {row['kind']}/{row['number']}/{row['half']} {row['failure']}" for row in failed)
    peers = told.peers(by_them, TUNED, HELD_OUT) if by_them else ""
    print(text + "\n" + peers)
    (chosen.out / "report.txt").write_text(f"{text}\n{peers}\n")
    (chosen.out / "calibration.json").write_text(json.dumps(document, indent=1) + "\n")
    draw(chosen.out / "reliability.png", second, shipped)
    words = section(Judged.by(answers, shipped), Judged.by(second, shipped), shipped, peers, chosen.seed)
    (chosen.out / "table.md").write_text(words + "\n")
    if chosen.readme:
        chosen.readme.write_text(replaced(chosen.readme.read_text(), words, *MARKS))
    if chosen.write:
        CALIBRATION.write_text(json.dumps(document, indent=1) + "\n")


def _halves(chosen: argparse.Namespace) -> list[Record]:
    """Return the records of halves of real pairs, made once for each state of the code."""
    path = chosen.out / f"halves-{stamp()}.json"
    if not path.exists():
        path.write_text(json.dumps(halves.records(chosen.jobs)))
    return list(json.loads(path.read_text()))


def report(
    first: list[Record], second: list[Record], shipped: dict[str, Any], on_first: dict[str, Any], on_second: Any
) -> str:
    """Return the figures in words: of the odds that are shipped, and of odds fitted to the other half."""
    lines = []
    for half, rows, name, crossed in ((TUNED, first, "first", on_second), (HELD_OUT, second, "second", on_first)):
        judged = Judged.by(rows, shipped)
        other = sum(bool(each) != row["reliable"] for each, row in zip(judged.accepted, rows, strict=True))
        gap, doubt = told.surprise(rows, crossed, shipped)
        lines += [
            f"{name} half ({half}): {len(rows)} pairs, {int((~judged.right & ~judged.wrong).sum())} of them neither",
            f"by the odds that are shipped (of {other} pairs the answer itself says otherwise):",
            told.rates(judged, shipped),
            told.tables(judged, shipped),
            told.named(judged),
            told.reliability(judged, shipped),
            "by odds fitted to the other half:",
            told.rates(Judged.by(rows, crossed), crossed),
            f"  what is true is less probable to them than to those shipped by {gap:.4f} ± {doubt:.4f} nats a pair",
            "",
        ]
    return "\n".join(lines)


def section(both: Judged, held_out: Judged, document: dict[str, Any], peers: str, seed: int) -> str:
    """Return what goes between the README's markers."""
    halves_of = [sum(row["half"] == half for row in both.rows) for half in (TUNED, HELD_OUT)]
    said = (
        f"Measured on {datetime.date.today()} with superpose {superpose.__version__}, code {stamp()}, "
        f"`make calibration`, seed {seed}: {halves_of[0]} and {halves_of[1]} pairs of two halves that share no "
        "photograph. Intervals are 95 % (Wilson's; of errors within stated ones, by pairs)."
    )
    parts = (
        said,
        f"Both halves:\n\n{_list(told.rates(both, document))}",
        f"The second half alone:\n\n{_list(told.rates(held_out, document))}",
        told.tables(both, document),
        f"{_list(peers.partition(chr(10))[2])}" if peers else "",
    )
    return "\n\n".join(each for each in parts if each)


def _list(text: str) -> str:
    return "\n".join(f"- {line.strip()}" for line in text.splitlines())


def _coverages(what: str, rows: list[Record], document: dict[str, Any]) -> list[str]:
    lines = []
    for name, fit in document["uncertainty"].items():
        gaps, sigma = spread([row for row in rows if ending(row["metric"]) == name])
        if len(gaps):
            expected = np.hypot(fit["factor"] * sigma, fit["floor"] / np.sqrt(2))
            parts = zip(coverage(gaps, expected), WITHIN, strict=True)
            said = ", ".join(f"{100 * a:.1f} % ({100 * b:.1f})" for a, b in parts)
            lines.append(
                f"errors of {what} within one and two sigma, ending in {name}: {said}, {len(gaps)} coordinates"
            )
    return lines


def draw(path: Path, rows: list[Record], document: dict[str, Any]) -> None:
    """Draw the reliability diagram."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    right, given = np.array([label(row) for row in rows]), confidences(rows, document)
    use = ~np.isnan(right)
    right, given = right[use], given[use]
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(5, 6), height_ratios=(3, 1), sharex=True)
    edges = np.linspace(0, 1, 11)
    index = np.clip(np.digitize(given, edges) - 1, 0, 9)
    filled = [k for k in range(10) if (index == k).any()]
    above.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    above.plot([given[index == k].mean() for k in filled], [right[index == k].mean() for k in filled], "o-")
    above.set_ylabel("part that is right")
    below.hist([given[right == 1], given[right == 0]], edges, stacked=True, label=("right", "wrong"))
    below.set_yscale("log")
    below.set_xlabel("confidence")
    below.set_ylabel("pairs")
    below.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
