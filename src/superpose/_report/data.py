"""A registration as plain data for its page: dicts, lists, strings and finite numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from superpose._describe import describe
from superpose._landscape.around import around
from superpose._report.charts import convergence_chart, landscape_chart
from superpose._report.misfit import misfit_of
from superpose._report.motions import layers_of, motions_of
from superpose._report.pictures import Screen, as_uri, png_of, screen_of
from superpose._report.settings import DEFAULTS, ChartSettings, PictureSettings, ReportSettings
from superpose._report.snippets import snippets_of
from superpose._report.steps import pixels_in_words, start_away, steps_of
from superpose._verify.settings import DEFAULTS as VERIFICATION
from superpose.errors import InputError
from superpose.image import Grid
from superpose.result import Registration
from superpose.transforms.base import Transform
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
    transform = matrix_transform(registration.transform)
    images = registration._images()
    if images is not None:  # so that viewer and landscape use the same levels, made once
        registration = replace(registration, _fixed=images[0], _moving=images[1])
    return {
        "title": title or "moving on fixed",
        "sentence": _capital(registration.describe()),
        "trust": trust_of(registration),
        "warnings": [_warning(each) for each in registration.warnings],
        "numbers": numbers_of(transform, registration.fixed_grid),
        "matrix": [[_short(value) for value in row] for row in transform.matrix.tolist()],
        "snippets": snippets_of(registration, transform),
        "viewer": viewer_of(registration, settings.pictures),
        "motions": motions_of(registration),
        "misfit": misfit_of(registration, settings.charts),
        "basins": basins_of(registration),
        "levels": convergence_of(registration, settings.charts),
        "landscape": landscape_of(registration, settings.charts),
        "run": run_of(registration, transform.family, command),
    }


def trust_of(registration: Registration) -> dict[str, Any]:
    """Return how far it can be trusted, and what speaks for and against it."""
    confidence, uncertainty = registration.confidence, registration.uncertainty
    known = bool(np.isfinite(confidence))
    state = ("yes" if registration.reliable else "no") if known else "unknown"
    return {
        "state": state,
        "verdict": {"yes": "Reliable", "no": "Not reliable", "unknown": "Reliability not known"}[state],
        "confidence": _percent(confidence) if known else "not known",
        "uncertainty": f"{uncertainty:.2g} px" if np.isfinite(uncertainty) else "not known",
        "reasons": reasons_of(registration),
    }


def reasons_of(registration: Registration) -> list[str]:
    """Return what the numbers say, a sentence each."""
    reasons = [
        f"{registration.metric} is {_number(registration.value)} over the overlap, which is "
        f"{100 * registration.overlap:.0f} % of the smaller image."
    ]
    basins = registration.basins
    if len(basins) == 1:
        reasons.append("The search found no other place where the images might fit.")
    elif basins:
        best, second = basins[0].score, basins[1].score
        reasons.append(
            f"Of the {len(basins)} places that the search found, the best scores {best:.3f} and the next {second:.3f}."
        )
    else:
        reasons.append("No other place where the images might fit was followed.")
    reasons += evidence_of(registration)
    if np.isfinite(registration.uncertainty):
        reasons.append(f"At fixed's corners an error of {registration.uncertainty:.2g} px is to be expected (1 sigma).")
    reasons += [f"{each.words[0].upper()}{each.words[1:]} by the images." for each in registration.free_directions]
    if registration.ending:
        reasons.append(f"The refinement ended: {registration.ending}.")
    return reasons


def evidence_of(registration: Registration) -> list[str]:
    """Return what `confidence` was made of, a sentence each; none where it was not measured."""
    seen, sentences = registration.evidence, []
    # A file that another version wrote may hold other numbers.
    if {"consistency", "consistency_coarser"} <= seen.keys():
        sentences.append(
            f"Cut into tiles, each for itself places the pose here: {seen['consistency']:.1f} standard deviations from "
            f"chance, and {seen['consistency_coarser']:.1f} at half the resolution."
        )
    if {"consistency_weighted", "slopes"} <= seen.keys():
        slopes = math.tanh(seen["slopes"])
        sentences.append(
            f"Tiles that count as much as they have structure place it by {seen['consistency_weighted']:.1f} standard "
            f"deviations, and without noise the images' slopes would correlate by {slopes:.2f}."
        )
    if "above" in seen:
        sentences.append(
            f"The pose scores {seen['above']:.1f} standard deviations more than shifts and quarter turns of it do."
        )
    if "significance" in seen:
        sentences.append(
            f"In the search it stood out by {seen['significance']:.1f} standard deviations from the best that chance "
            "lets expect."
        )
    if "lead" in seen:
        lead, clear = seen["lead"], VERIFICATION[registration.fixed_grid.ndim].evidence.clear_lead
        sentences.append(
            f"It leads over any rival by {'more than ' if lead >= clear else ''}{lead:.1f} standard deviations."
        )
    return sentences


def _percent(part: float) -> str:
    """Return a probability in percent; nearer to 0 or 1 than a thousandth it is not calibrated."""
    if part < 0.001:
        return "less than 0.1 %"
    return "more than 99.9 %" if part > 0.999 else f"{100 * part:.1f} %"


def _warning(text: str) -> dict[str, str]:
    """Return a warning and its kind: one that says what was done with the images, and doubts nothing, is a note."""
    return {"text": text, "kind": "note" if text.endswith("[fill]") else "warning"}


def numbers_of(transform: MatrixTransform, fixed_grid: Grid) -> list[list[str]]:
    """Return the transform's parameters about fixed's centre in words, name and number."""
    at = transform.about(fixed_grid.centre)
    row, column = at.shift
    numbers = []
    if at.kind.turns:
        numbers.append(
            ["turn", f"{_signed(float(np.degrees(at.angle)), 4)}° (positive: counter-clockwise as displayed)"]
        )
    if at.kind.scales:
        numbers.append(["scale", f"{at.scale:.6f}"])
    numbers += [
        ["shift of fixed's centre", f"{_signed(row, 3)} px in rows (down), {_signed(column, 3)} px in columns (right)"],
        ["fixed's centre", "row {:g}, column {:g}".format(*at.centre)],
        ["family", at.family],
    ]
    return numbers


def viewer_of(registration: Registration, settings: PictureSettings) -> dict[str, Any] | None:
    """Return the pictures: fixed, and moving under each transform that can be chosen; None where there are none."""
    screen, small = (screen_of(registration, side) for side in (settings.page_side, settings.other_side))
    if screen is None or small is None:
        return None
    screen, small = (each.alike(registration.transform, settings.same_intensities) for each in (screen, small))
    grid = screen.fixed.grid
    full, moving = registration.fixed_grid, registration.moving_grid
    poses = [
        _pose("the answer", registration.transform, screen),
        _pose("as it came", MatrixTransform(np.eye(3)), small),
    ]
    poses += [_pose(f"basin {k}", each.transform, small) for k, each in enumerate(registration.basins, 1)]
    return {
        "rows": grid.shape[0],
        "columns": grid.shape[1],
        "spacing": list(grid.spacing),
        "origin": list(grid.origin),
        "fixed": as_uri(png_of(screen.fixed_picture)),
        "poses": poses,
        "layers": layers_of(registration, grid.shape, settings),
        "size": _size_note(full.shape, grid.shape, moving.shape)
        + (" Moving has the greys of fixed that its intensities go with." if screen.matched else ""),
    }


def _pose(name: str, transform: Transform, screen: Screen) -> dict[str, str]:
    return {"name": name, "picture": as_uri(png_of(screen.under(transform)))}


def _size_note(full: tuple[int, ...], shown: tuple[int, ...], moving: tuple[int, ...]) -> str:
    smaller = (
        ""
        if shown == full
        else f" They are shown smaller, fixed as {_by(shown)} pixels; all numbers are those of the full images."
    )
    return (
        f"Fixed has {_by(full)} pixels, moving {_by(moving)}.{smaller} Shown in grey, the darkest and brightest half "
        "percent clipped; hatched where there is no data, or a mask leaves it out."
    )


def basins_of(registration: Registration) -> list[dict[str, Any]]:
    """Return the basins, best first."""
    grid = registration.fixed_grid
    return [
        {
            "number": number,
            "sentence": _capital(describe(basin.transform, grid)),
            "score": f"{basin.score:.3f}",
            "overlap": f"{100 * basin.overlap:.0f} %",
            "away": _pixels(basin.transform.distance(registration.transform, grid.corners)),
        }
        for number, basin in enumerate(registration.basins, 1)
    ]


def convergence_of(registration: Registration, settings: ChartSettings) -> dict[str, Any]:
    """Return the levels, coarsest first, and a drawing of the way to the answer."""
    steps = steps_of(registration)
    start = start_away(registration)
    rows = [
        {
            "name": step.name,
            "away": pixels_in_words(step.away),
            "value": _number(step.value, 4),
            "evaluations": step.evaluations,
            "seconds": f"{step.seconds:.3f}",
        }
        for step in steps
    ]
    chart = convergence_chart(start, steps, settings)
    return {"rows": rows, "start": pixels_in_words(start), "chart": chart}


def landscape_of(registration: Registration, settings: ChartSettings) -> dict[str, Any]:
    """Return the maps of the metric around the answer, or why there are none."""
    try:
        return landscape_chart(around(registration), settings)
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
        ["fixed", f"{_by(fixed.shape)} pixels"],
        ["moving", f"{_by(moving.shape)} pixels"],
        ["seconds, all levels", f"{sum(level.seconds for level in registration.levels):.3f}"],
        ["evaluations, all levels", str(sum(level.evaluations for level in registration.levels))],
    ]
    return rows + [[name, version] for name, version in registration.versions.items()]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:] + "."


def _by(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _number(value: float, digits: int = 6) -> str:
    return f"{value:.{digits}g}" if np.isfinite(value) else "not known"


def _signed(value: float, digits: int) -> str:
    """Return a number with its sign, a true minus, and no sign on what rounds to zero."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text if any(digit in "123456789" for digit in text) else text[1:]


def _short(value: float) -> str:
    return f"{value if abs(value) >= 1e-8 else 0.0:.6g}".replace("-", "−")


def _pixels(value: float) -> str:
    return f"{pixels_in_words(value)} px" if np.isfinite(value) else pixels_in_words(value)
