"""Where else the images might fit: the basins that are not the answer, and by which number each pose can be shown."""

from __future__ import annotations

from typing import Any

from superpose._describe import describe
from superpose._report.steps import pixels_in_words
from superpose._verify.settings import DEFAULTS as VERIFICATION
from superpose.result import Basin, Registration

# The poses of a page: the answer, moving as it came, and then the other places.
ANSWER, AS_IT_CAME, FIRST_PLACE = 0, 1, 2


def elsewhere(registration: Registration) -> list[tuple[int, Basin]]:
    """Return the basins that lie elsewhere than the answer, each with its number among `basins`, from 1."""
    grid = registration.fixed_grid
    near = VERIFICATION[grid.ndim].listing.distance * min(grid.spacing)
    return [(k, each) for k, each in enumerate(registration.basins, 1) if not _away(registration, each) <= near]


def pose_of(registration: Registration, number: int) -> int:
    """Return by which number a page shows a basin's pose: the answer's own if it lies there."""
    others = [k for k, _ in elsewhere(registration)]
    return FIRST_PLACE + others.index(number) if number in others else ANSWER


def places_of(registration: Registration) -> list[dict[str, Any]]:
    """Return where the images might fit as well, best first; none where there is no other place than motions seen."""
    grid, motions = registration.fixed_grid, [each.basin for each in registration.explained]
    places = []
    for pose, (number, basin) in enumerate(elsewhere(registration), FIRST_PLACE):
        if any(basin is each for each in motions):
            continue
        away, sentence = _away(registration, basin), describe(basin.transform, grid)
        words = pixels_in_words(away, min(grid.spacing))
        places.append(
            {
                "number": number,
                "pose": pose,
                "sentence": f"{sentence[:1].upper()}{sentence[1:]}.",
                "score": f"{basin.score:.3f}",
                "away": f"{words} {registration.unit}" if words[-1].isdigit() else words,
            }
        )
    return places


def _away(registration: Registration, basin: Basin) -> float:
    return basin.transform.distance(registration.transform, registration.fixed_grid.corners)
