"""A stack as a web page: one file that needs nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from superpose._io.atomic import Outputs, Sink
from superpose._jobs.stack_result import StackFrame, StackResult
from superpose._report.data import signed, warning_of
from superpose._report.page import Report, check_report, filled, write_html
from superpose._report.settings import DEFAULTS, ReportSettings
from superpose._report.stack_pictures import (
    Strip,
    common_limits,
    coverage_picture,
    difference,
    shown,
    small,
    strip_of,
)
from superpose._report.track_charts import track_chart
from superpose._report.tracks import panels_of, placed
from superpose._report.viewer import by
from superpose.grid import unit_of


def report_of_stack(result: StackResult, path: Path | str | None, frames: Any, title: str | None) -> Report:
    """Return a stack's page, and write it if there is a path; without one its pictures are fewer and smaller."""
    if path is not None:
        return Report(write_stack_report(result, path, frames, title=title), Path(path))
    settings = DEFAULTS[2].stacks
    fewer = replace(settings, frames=settings.inline_frames, side=settings.inline_side)
    return Report(_page(stack_data(result, frames, title, None, replace(DEFAULTS[2], stacks=fewer))))


def write_stack_report(
    result: StackResult,
    path: Sink,
    frames: Any = None,
    *,
    title: str | None = None,
    command: str | None = None,
    argument: str = "path",
    outputs: Outputs | None = None,
) -> str:
    """Write a stack's page, whole or not at all, and return it; errors call the file `argument`."""
    check_report(path, argument)
    return write_html(_page(stack_data(result, frames, title, command)), path, argument, outputs)


def _page(data: dict[str, Any]) -> str:
    scripts = ["stack.js"] if data["viewer"] else []
    return filled("stack.html", data, ["report.css", "stack.css"], scripts)


def stack_data(
    result: StackResult,
    frames: Any = None,
    title: str | None = None,
    command: str | None = None,
    settings: ReportSettings = DEFAULTS[2],
) -> dict[str, Any]:
    """Return all that the page shows, as plain data; see `StackResult.report`."""
    sizes, total = settings.stacks, len(result.table)
    if frames is not None and result.image is None and any(result.transforms):
        whole = result.combine(frames, "mean")
        result = replace(result, image=whole.image, coverage=whole.coverage)
    used, lost = placed(result), [each for each in result.table if not each.used]
    numbers, missing = [frame.frame for frame, _ in used], [each.frame for each in lost]
    panels = panels_of(result)
    strip = None if frames is None else strip_of(result, frames, sizes)
    tracks = [track for panel in panels for track in panel.tracks]
    rows = [
        [
            str(frame.frame),
            frame.name,
            *(signed(float(track.values[k]), 3) for track in tracks),
            _short(frame.sigma),
            _short(frame.confidence),
        ]
        for k, (frame, _) in enumerate(used[: sizes.rows])
    ]
    return {
        "title": title or "Frames on each other",
        "sentence": f"{len(used)} of {total} frames, laid on {_place(result)}.",
        "state": "yes" if len(used) == total else "unknown" if used else "no",
        "verdict": "all frames were placed" if not lost else f"{len(lost)} of {total} frames were left out",
        "figures": _figures(result, [frame for frame, _ in used]),
        "warnings": [warning_of(each) for each in result.warnings],
        "lost": [[each.frame, each.name, each.why_not] for each in lost[: sizes.rows]],
        "more_lost": max(len(lost) - sizes.rows, 0),
        "charts": [track_chart(panel, numbers, missing, total, sizes) for panel in panels] if used else [],
        "columns": ["frame", "name", *(track.name for track in tracks), "expected error", "confidence"],
        "rows": rows,
        "more_rows": max(len(used) - sizes.rows, 0),
        "unit": unit_of(result.frame_grid),
        "viewer": None if strip is None else _viewer(strip, result),
        "strip": None if strip is None else _strip(strip, sizes.noises),
        "image": _image(result, settings),
        "run": _run(result, command),
    }


def _place(result: StackResult) -> str:
    names = {
        "global": "the place of all frames on average",
        "previous": "the one before each",
        "first": "the first one",
    }
    return names.get(result.reference, f"frame {result.reference}")


def _figures(result: StackResult, used: list[StackFrame]) -> list[list[str]]:
    unit = unit_of(result.frame_grid)
    sigma = [each.sigma for each in used if np.isfinite(each.sigma)]
    confidence = [each.confidence for each in used if np.isfinite(each.confidence)]
    figures = [["expected error of a frame", f"{np.median(sigma):.2g} {unit}" if sigma else "not known"]]
    if confidence:
        figures.append(["least confidence", f"{min(confidence):.3f}"])
    if used:
        ranges = np.ptp(np.array([each.motion for each in used]), axis=0)
        figures.append(["they move over", " × ".join(f"{each:.3g}" for each in ranges) + f" {unit}"])
    return figures


def _viewer(strip: Strip, result: StackResult) -> dict[str, Any]:
    low, high = common_limits(strip.after)
    pairs = zip(strip.numbers, strip.before, strip.after, strict=True)
    return {
        "frames": [
            {
                "number": number,
                "name": result.table[number].name,
                "before": shown(before, low, high),
                "after": shown(after, low, high),
            }
            for number, before, after in pairs
        ]
    }


def _strip(strip: Strip, noises: float) -> dict[str, Any]:
    """Return the first, the middle and the last of the frames, their mean, and what frames differ from it by."""
    chosen = sorted({0, len(strip.numbers) // 2, len(strip.numbers) - 1})
    before, after = strip.means
    low, high = common_limits(strip.after)
    mean_limits = common_limits([after])
    apart = np.concatenate([np.abs(strip.after[k] - after).ravel() for k in chosen])
    usual = float(np.median(apart[np.isfinite(apart)])) if np.isfinite(apart).any() else 0.0
    full = noises * usual or high - low
    columns = [
        {
            "name": f"frame {strip.numbers[k]}",
            "before": shown(strip.before[k], low, high),
            "after": shown(strip.after[k], low, high),
            "apart_before": difference(strip.before[k], before, full),
            "apart_after": difference(strip.after[k], after, full),
        }
        for k in chosen
    ]
    means = {"before": shown(before, *mean_limits), "after": shown(after, *mean_limits)}
    return {"columns": columns, "means": means, "count": len(strip.numbers), "full": f"{full:.3g}"}


def _image(result: StackResult, settings: ReportSettings) -> dict[str, Any] | None:
    """Return what was made of all frames, and its coverage; None where nothing was."""
    if result.image is None or result.coverage is None:
        return None
    ndim, side = result.grid.ndim, settings.stacks.image_side
    picture = small(result.image, ndim, side)
    coverage = small(result.coverage.astype(float), ndim, side)
    most, least = int(result.coverage.max()), int(result.coverage.min())
    of_all = float(np.mean(result.coverage == most))
    middle = f" Shown is plane {result.grid.shape[0] // 2}." if ndim == 3 else ""
    return {
        "picture": shown(picture, *common_limits([picture])),
        "coverage": coverage_picture(coverage, most, settings.charts),
        "said": f"{by(result.grid.shape)} pixels, canvas “{result.canvas}”.{middle}",
        "covered": f"{least} to {most} frames; {100 * of_all:.0f} % of the pixels are made of {most}.",
    }


def _run(result: StackResult, command: str | None) -> list[list[str]]:
    families = sorted({transform.family for _, transform in placed(result)})
    rows = [["command", _shortened(command)]] if command else []
    rows += [
        ["frames", f"{len(result.table)}, of {by(result.frame_grid.shape)} pixels"],
        ["transform", ", ".join(families) or "none"],
        ["reference", result.reference],
        ["canvas", f"{result.canvas}: {by(result.grid.shape)} pixels from {_origin(result)}"],
    ]
    return rows + [[name, version] for name, version in result.versions.items()]


def _shortened(command: str, most: int = 600) -> str:
    """Return a command line that may name thousands of files."""
    return command if len(command) <= most else f"{command[: most // 2]} … {command[-most // 2 :]}"


def _origin(result: StackResult) -> str:
    return "(" + ", ".join(f"{each:g}" for each in result.frame_grid.to_index(result.grid.origin)) + ")"


def _short(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else ""
