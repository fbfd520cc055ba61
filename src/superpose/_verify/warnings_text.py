"""Warnings about a pose that was verified, in plain words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul, norm
from superpose._search.scored_pose import ScoredPose
from superpose._verify.settings import WarningSettings
from superpose._verify.verdict import Misfit, Verdict
from superpose.errors import text
from superpose.image import Grid, Raster
from superpose.transforms.family import Family, families
from superpose.transforms.geometry import PhysicalMap, apply, nearest_rotation, nearest_turn, normalised

Floats = NDArray[np.float64]


def collect_warnings(
    verdict: Verdict, pose: PhysicalMap, grid: Grid, settings: WarningSettings, alignment: str = "the alignment"
) -> list[str]:
    """Return warnings about a pose that was verified, the most important first; `grid` is fixed's."""
    texts = [text(code, **fields) for code, fields in objections(verdict, alignment)]
    if verdict.lying_still:
        texts.append(text("lies-still", argument="something", value=f"{100 * verdict.lying_still:.0f} %"))
    rival = verdict.equal_rival(settings)
    # Where the images do not match, other poses match no better or worse, which says nothing about the images.
    if rival is not None and verdict.matched:
        words, code = describe_difference(pose, rival.pose, grid, settings.min_turn)
        texts.append(text(code, argument="the second-best alignment", value=words))
    if verdict.lead_over_start is not None and verdict.lead_over_start < settings.no_lead:
        texts.append(text("no-better", argument="the alignment", value=f"{max(verdict.lead_over_start, 0):.1f}"))
    return texts


def objections(verdict: Verdict, alignment: str = "the alignment") -> list[tuple[str, dict[str, str]]]:
    """Return why a pose is not reliable, as codes and fields of messages, the most important first.

    `alignment` is what they call it.
    """
    found = []
    if not verdict.sure:
        fields = {"argument": alignment, "other": verdict.mistakable, "value": f"{verdict.confidence:.3f}"}
        found.append(("unreliable", fields))
    if verdict.misfit is not None and not verdict.fits and verdict.matched:
        found.append(("misfit", _misfit_in_words(verdict.misfit, verdict.tolerance, verdict.unit)))
    if verdict.free:
        words = ", ".join(each.words for each in verdict.free)
        found.append(("free-direction", {"argument": "the overlap", "value": words}))
    elif not np.isfinite(verdict.uncertainty):
        found.append(("undetermined", {"argument": "the overlap", "value": "too little structure"}))
    elif (off := verdict.off if verdict.fits else verdict.uncertainty) > verdict.tolerance:
        fields = {"value": _error_in_words(verdict, off), "limit": f"{verdict.tolerance:.3g} {verdict.unit}"}
        found.append(("not-exact-enough", {"argument": alignment, **fields}))
    return found


def _error_in_words(verdict: Verdict, off: float) -> str:
    """Return what an alignment may be off by, and of what that is made."""
    if off == verdict.uncertainty:
        return f"{off:.2g} {verdict.unit} at fixed's corners"
    parts = math.sqrt(off * off - verdict.uncertainty * verdict.uncertainty)
    own = f"{verdict.uncertainty:.2g} expected at fixed's corners"
    return f"{off:.2g} {verdict.unit} ({own}, and parts that lie {parts:.2g} off)"


def _misfit_in_words(misfit: Misfit, tolerance: float, unit: str) -> dict[str, str]:
    """Return what the message about a family that does not fit says."""
    distances = misfit.distances
    off = distances[distances > tolerance]
    lies = f"turned to what fits best, fixed's corners lie {misfit.turned:.2g} {unit} off"
    share = f"{100 * len(off) / len(distances):.0f} % of what can be placed by itself"
    half = f"half of that {np.median(off) if len(off) else 0.0:.2g} {unit} or more"
    names = list(families(misfit.tiles.centres.shape[1]))
    wider = names[names.index(misfit.family) + 1 :]
    return {
        "argument": f"no {misfit.family} transform",
        "value": lies if misfit.turned else f"{share} lies more than {tolerance:.2g} {unit} off, and {half}",
        "wider": f"try transform='{wider[0]}'" if wider else "see .tile_shifts or the report for where it fits",
    }


def warn_of_search(
    verdict: Verdict, family: Family, scale: float, below: ScoredPose[PhysicalMap] | None, min_overlap: float
) -> list[str]:
    """Return warnings about what the search left out, where it found nothing reliable.

    Parameters
    ----------
    verdict : Verdict
        About what it found.
    family : Family
        Of which it found the best,
    scale : float
        and the largest magnification either way that it tried; infinite where there was no search.
    below : ScoredPose or None
        What fits better but overlaps less than is allowed.
    min_overlap : float
        What is allowed.
    """
    texts = []
    if below is not None:
        covered = f"{100 * below.overlap:.0f} %"
        lower = f"{math.floor(80 * below.overlap) / 100:g}"
        texts.append(
            text("below-min-overlap", argument="an alignment", value=covered, least=f"{min_overlap:g}", lower=lower)
        )
    if verdict.reliable or verdict.matched or not scale < np.inf:
        return texts
    if not family.scales:
        tried = "no other scale" if family.turns else "neither turns nor other scales"
        texts.append(text("family-searched", argument="the search", value=tried, family=family.name))
    else:
        tried = f"from {1 / scale:.2g} to {scale:.2g}"
        texts.append(text("scales-searched", argument="the search", value=tried, wider=f"{2 * scale:.2g}"))
    return texts


def describe_difference(pose: PhysicalMap, other: PhysicalMap, grid: Grid, min_turn: float) -> tuple[str, str]:
    """Return in words how another pose differs, and the code of the warning about it; `min_turn` is in degrees."""
    between = normalised(matmul(inverse(pose), other))
    if len(between) == 4:
        turned = float(np.degrees(norm(nearest_rotation(between[:-1, :-1])[0])))
        if turned >= min_turn:
            return f"turned by {turned:.0f} degrees", "symmetric"
        shift = apply(between, grid.centre) - grid.centre
        return f"shifted by ({', '.join(f'{each:.3g}' for each in shift)})", "periodic"
    degrees = np.degrees(nearest_turn(between[:-1, :-1])[0])
    if abs(degrees) >= min_turn:
        return f"turned by {abs(degrees):.0f} degrees", "symmetric"
    row, column = (apply(between, grid.centre) - grid.centre) / grid.spacing
    down, right = ("down" if row >= 0 else "up"), ("right" if column >= 0 else "left")
    return f"shifted by {abs(row):.0f} px {down} and {abs(column):.0f} px {right}", "periodic"


def warn_of_few_levels(image: Raster, argument: str, settings: WarningSettings) -> list[str]:
    """Return a warning if an image has very few different values."""
    data = image.data.ravel() if image.complete else image.data[image.mask]
    step = max(1, len(data) // settings.sampled_values)
    if len(np.unique(data[::step])) > settings.few_levels:
        return []
    count = len(np.unique(data))
    return [text("few-levels", argument=argument, value=count)] if count <= settings.few_levels else []
