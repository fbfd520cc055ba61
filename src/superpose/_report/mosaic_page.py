"""A mosaic as a web page: one file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from superpose._io.atomic import Outputs, Sink
from superpose._jobs.mosaic_result import MosaicLink, MosaicResult
from superpose._report.data import warning_of
from superpose._report.page import Report, check_report, filled, write_html
from superpose._report.settings import DEFAULTS, ReportSettings
from superpose._report.stack_pictures import common_limits, coverage_picture, shown, small
from superpose._report.viewer import by
from superpose._version import __version__


def report_of_mosaic(result: MosaicResult, path: Path | str | None, title: str | None) -> Report:
    """Return a mosaic's page, and write it if there is a path."""
    if path is None:
        return Report(_page(mosaic_data(result, title)))
    return Report(write_mosaic_report(result, path, title=title), Path(path))


def write_mosaic_report(
    result: MosaicResult,
    path: Sink,
    *,
    title: str | None = None,
    argument: str = "path",
    outputs: Outputs | None = None,
) -> str:
    """Write a mosaic's page, whole or not at all, and return it; errors call the file `argument`."""
    check_report(path, argument)
    return write_html(_page(mosaic_data(result, title)), path, argument, outputs)


def _page(data: dict[str, Any]) -> str:
    return filled("mosaic.html", data, ["report.css", "stack.css"], [])


def mosaic_data(
    result: MosaicResult, title: str | None = None, settings: ReportSettings = DEFAULTS[2]
) -> dict[str, Any]:
    """Return all that the page shows, as plain data; see `MosaicResult.report`."""
    total, most = len(result.table), settings.stacks.rows
    lost = [each for each in result.table if not each.placed_by]
    used = [each for each in result.links if each.used]
    # Those that a reader should look at first.
    links = sorted(result.links, key=lambda each: (not each.used and not np.isfinite(each.off), -_known(each.off)))
    return {
        "title": title or "Images side by side",
        "sentence": f"{total - len(lost)} of {total} images, {len(used)} of {len(links)} pairs hold them together.",
        "state": "yes" if not lost else "unknown" if len(lost) < total else "no",
        "verdict": "all images were placed" if not lost else f"{len(lost)} of {total} images were left out",
        "figures": _figures(result, used),
        "warnings": [warning_of(each) for each in result.warnings],
        "image": _image(result, settings),
        "plan": _plan(result, settings.stacks.image_side),
        "lost": [[each.image, each.name, each.why_not] for each in lost[:most]],
        "more_lost": max(len(lost) - most, 0),
        "links": [_row(each) for each in links[:most]],
        "more_links": max(len(links) - most, 0),
        "rows": [
            [each.image, each.name, each.placed_by, *map(_short, each.place), each.links, _short(each.stage_off)]
            for each in result.table[:most]
        ],
        "more_rows": max(total - most, 0),
        "run": [
            ["images", str(total)],
            ["transform", result.transform],
            ["projection", result.projection],
            ["canvas", f"{by(result.grid.shape)} pixels"],
            ["superpose", __version__],
        ],
    }


def _figures(result: MosaicResult, used: list[MosaicLink]) -> list[list[str]]:
    figures = []
    if used:
        off = np.sqrt(np.mean([each.off * each.off for each in used]))
        figures.append(["pairs are off from what all say together by", f"{off:.2g} px"])
        figures.append(["pairs that others bear out", f"{sum(each.confirmed for each in used)} of {len(used)}"])
    if result.focal is not None:
        figures.append(["focal length", f"{result.focal:.5g} px"])
    by_stage = sum(each.placed_by == "stage" for each in result.table)
    if by_stage:
        figures.append(["placed by the stage only", str(by_stage)])
    return figures


def _image(result: MosaicResult, settings: ReportSettings) -> dict[str, Any] | None:
    if result.image is None or result.coverage is None:
        return None
    side = settings.stacks.image_side
    picture, most = small(result.image, 2, side), int(result.coverage.max())
    return {
        "picture": shown(picture, *common_limits([picture])),
        "coverage": coverage_picture(small(result.coverage.astype(float), 2, side), most, settings.charts),
        "said": f"{by(result.grid.shape)} pixels.",
        "covered": f"up to {most} images show a pixel.",
    }


def _plan(result: MosaicResult, side: int) -> dict[str, Any] | None:
    """Return the images' outlines, and lines between the middles of those that were compared."""
    placed = {k: each for k, each in enumerate(result.outlines) if each is not None and np.isfinite(each).all()}
    if not placed:
        return None
    low = np.min([each.min(0) for each in placed.values()], axis=0)
    high = np.max([each.max(0) for each in placed.values()], axis=0)
    scale = side / max(*(high - low).tolist(), 1.0)

    def at(point: Any) -> str:
        row, column = (np.asarray(point) - low) * scale
        return f"{column:.1f},{row:.1f}"

    middles = {k: each.mean(0) for k, each in placed.items()}
    links = [each for each in result.links if each.first in placed and each.second in placed]
    height, width = (high - low) * scale
    return {
        "width": round(float(width)),
        "height": round(float(height)),
        "outlines": [" ".join(map(at, each)) for each in placed.values()],
        "names": [[str(k), *at(each).split(",")] for k, each in middles.items()],
        "links": [
            {"ends": f"{at(middles[each.first])} {at(middles[each.second])}", "key": "key-0" if each.used else "key-1"}
            for each in links
        ],
    }


def _row(each: MosaicLink) -> list[str]:
    flags = ["yes" if flag else "no" for flag in (each.used, each.confirmed)]
    return [
        f"{each.first}, {each.second}",
        *flags,
        *map(_short, (each.overlap, each.confidence, each.sigma, each.off)),
        each.why_not,
    ]


def _known(value: float) -> float:
    return value if np.isfinite(value) else 0.0


def _short(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else ""
