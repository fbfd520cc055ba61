"""A registration as plain data for its page: dicts, lists, strings and finite numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from superpose._describe import describe, digits_of
from superpose._landscape.around import around
from superpose._report.charts import convergence_chart, landscape_chart
from superpose._report.misfit import misfit_of
from superpose._report.motions import motions_of
from superpose._report.places import elsewhere, places_of
from superpose._report.planes import planes_of
from superpose._report.settings import DEFAULTS, ChartSettings, ReportSettings
from superpose._report.snippets import snippets_of
from superpose._report.steps import pixels_in_words, start_away, steps_of
from superpose._report.trust import trust_of
from superpose._report.viewer import by, viewer_of
from superpose._verify.settings import DEFAULTS as VERIFICATION
from superpose.errors import InputError, is_note
from superpose.image import Grid
from superpose.result import Registration
from superpose.transforms.base import axes_in_words
from superpose.transforms.matrix import MatrixTransform, matrix_transform


def page_data(
    registration: Registration,
    title: str | None = None,
    command: str | None = None,
    settings: ReportSettings = DEFAULTS[2],
) -> dict[str, Any]:
    """Return all that the page shows.

    Parameters
    ----------
    registration : Registration
        What to show.
    title, command : str, optional
        What to call the pair, and the command line that made it.
    settings : ReportSettings
        How large pictures and drawings are.

    Raises
    ------
    InputError
        If the registration's transform is no matrix.
    """
    transform, unit = matrix_transform(registration.transform), registration.unit
    ndim = registration.fixed_grid.ndim
    images = registration._images()
    if images is not None:  # so that viewer and landscape use the same levels, made once
        registration = replace(registration, _fixed=images[0], _moving=images[1])
    return {
        "title": title or "moving on fixed",
        "sentence": _capital(registration.describe()),
        "trust": trust_of(registration),
        "warnings": [warning_of(each) for each in registration.warnings],
        "numbers": numbers_of(transform, registration.fixed_grid, unit),
        "order": axes_in_words(ndim),
        "unit": unit,
        "matrix": [[_short(value) for value in row] for row in transform.matrix.tolist()],
        "snippets": snippets_of(registration, transform),
        "viewer": viewer_of(registration, settings.pictures) if ndim == 2 else None,
        "planes": planes_of(registration, settings.pictures) if ndim == 3 else None,
        "motions": motions_of(registration),
        "misfit": misfit_of(registration, settings.charts),
        "places": places_of(registration),
        "levels": convergence_of(registration, settings.charts),
        "landscape": landscape_of(registration, settings.charts),
        "run": run_of(registration, transform.family, command),
    }


def warning_of(text: str) -> dict[str, str]:
    """Return a warning and its kind: one that says what was done with the images, and doubts nothing, is a note."""
    return {"text": text, "kind": "note" if is_note(text) else "warning"}


def numbers_of(transform: MatrixTransform, fixed_grid: Grid, unit: str) -> list[list[str]]:
    """Return the transform's parameters about fixed's centre in words, name and number."""
    at = transform.about(fixed_grid.centre)
    # To a thousandth of a pixel, whatever its size.
    digits = digits_of(min(fixed_grid.spacing)) + 2
    if at.ndim == 3:
        return _numbers_in_space(at, unit, digits)
    row, column = (f"{signed(each, digits)} {unit}" for each in at.shift)
    numbers = []
    if at.kind.turns:
        numbers.append(
            ["turn", f"{signed(float(np.degrees(at.angle)), 4)}° (positive: counter-clockwise as displayed)"]
        )
    if at.kind.scales:
        numbers.append(["scale", f"{at.scale:.6f}"])
    numbers += [
        [
            "shift of fixed's centre",
            f"({row}, {column})" if fixed_grid.direction else f"{row} in rows (down), {column} in columns (right)",
        ],
        ["fixed's centre", "row {:g}, column {:g}".format(*at.centre)],
        ["family", at.family],
    ]
    return numbers


def _numbers_in_space(at: MatrixTransform, unit: str, digits: int) -> list[list[str]]:
    """Return the same of a transform of volumes."""
    numbers = []
    if at.kind.turns:
        vector = np.degrees(at.angle)
        about = ", ".join(signed(each, 4) for each in vector)
        numbers.append(["turn", f"{np.sqrt((vector**2).sum()):.4f}°, as a rotation vector ({about})°"])
    if at.kind.scales:
        numbers.append(["scale", f"{at.scale:.6f}"])
    shift, centre = (", ".join(signed(each, digits) for each in point) for point in (at.shift, at.centre))
    return [
        *numbers,
        ["shift of fixed's centre", f"({shift}) {unit}"],
        ["fixed's centre", f"({centre.replace('+', '')}) {unit}"],
        ["family", at.family],
    ]


def convergence_of(registration: Registration, settings: ChartSettings) -> dict[str, Any]:
    """Return the levels, coarsest first, and a drawing of the way to the answer."""
    steps = steps_of(registration)
    start, pixel = start_away(registration), min(registration.fixed_grid.spacing)
    rows = [
        {
            "name": step.name,
            "away": pixels_in_words(step.away, pixel),
            "value": _number(step.value, 4),
            "evaluations": step.evaluations,
            "seconds": f"{step.seconds:.3f}",
        }
        for step in steps
    ]
    chart = convergence_chart(start, steps, settings, registration.unit)
    # More than a level's own rounding: the user chose it, or it is where a pattern lies still.
    afterwards = (
        bool(steps) and not steps[-1].away <= VERIFICATION[registration.fixed_grid.ndim].listing.distance * pixel
    )
    return {"rows": rows, "start": pixels_in_words(start, pixel), "chart": chart, "afterwards": afterwards}


def landscape_of(registration: Registration, settings: ChartSettings) -> dict[str, Any]:
    """Return the maps of the metric around the answer, or why there are none."""
    try:
        others = [number for number, _ in elsewhere(registration)]
        return landscape_chart(around(registration), others, settings)
    except InputError as error:
        return {"maps": [], "why": str(error)}


def run_of(registration: Registration, family: str, command: str | None) -> list[list[str]]:
    """Return what was run, name and words."""
    initial = registration.initial
    fixed, moving = registration.fixed_grid, registration.moving_grid
    rows = [["command", command]] if command else []
    rows += [
        ["transform", family],
        ["metric", registration.metric],
        ["optimizer", registration.optimizer],
        ["started from", describe(initial, fixed)],
        ["fixed", f"{by(fixed.shape)} {'pixels' if fixed.ndim == 2 else 'voxels'}"],
        ["moving", f"{by(moving.shape)} {'pixels' if moving.ndim == 2 else 'voxels'}"],
        ["seconds, all levels", f"{sum(level.seconds for level in registration.levels):.3f}"],
        ["evaluations, all levels", str(sum(level.evaluations for level in registration.levels))],
    ]
    return rows + [[name, version] for name, version in registration.versions.items()]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:] + "."


def _number(value: float, digits: int = 6) -> str:
    return f"{value:.{digits}g}" if np.isfinite(value) else "not known"


def signed(value: float, digits: int) -> str:
    """Return a number with its sign, a true minus, and no sign on what rounds to zero."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text if any(digit in "123456789" for digit in text) else text[1:]


def _short(value: float) -> str:
    return f"{value if abs(value) >= 1e-8 else 0.0:.6g}".replace("-", "−")
