"""What two images that overlap say of each other: `register` on what both may show, and on nothing else of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.mosaic_settings import OverlapSettings
from superpose._register import register
from superpose._search.search_range import SearchRange
from superpose.errors import InputError, meant_for
from superpose.image import Pixels
from superpose.result import Registration
from superpose.transforms.family import Family
from superpose.transforms.geometry import about, apply
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]
Box = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Candidate:
    """Two images that may overlap.

    Attributes
    ----------
    first, second : int
        Their numbers.
    pose : ndarray, shape (3, 3)
        From pixels of the first to pixels of the second, as far as is known before they are compared.
    within : float
        How far off that may be, in pixels.
    held : bool
        Whether an answer that is farther off is wrong.
    """

    first: int
    second: int
    pose: Floats
    within: float
    held: bool = False


@dataclass(frozen=True, eq=False)
class Overlap:
    """What became of a candidate.

    Attributes
    ----------
    first, second : int
        The images' numbers.
    pose : ndarray, shape (3, 3)
        From pixels of the first to pixels of the second.
    points : ndarray, shape (n, 2)
        Where, in pixels of the first, both show something.
    covariance : ndarray, shape (2, 2)
        Of where these lie in the second, on average.
    overlap : float
        The part of the smaller image that the other covers.
    confidence : float
        That of `register`.
    why_not : str
        Why it is not believed; empty where it is.
    numbers : ndarray, shape (size, size), or None
        The covariance of the family's numbers about `centre`, as `Registration.covariance` has it.
    centre : ndarray, shape (2,)
        In pixels of the first.
    """

    first: int
    second: int
    pose: Floats
    points: Floats
    covariance: Floats
    overlap: float
    confidence: float
    why_not: str = ""
    numbers: Floats | None = None
    centre: Floats | None = None

    def refused(self, why: str) -> Overlap:
        """Return it as one that is not believed."""
        return replace(self, why_not=why)


def compared(images: tuple[Pixels, Pixels], candidate: Candidate, family: Family, settings: OverlapSettings) -> Overlap:
    """Return what `register` says of two images, of which it sees what both may show."""
    first, second = images
    nothing = Overlap(
        candidate.first, candidate.second, candidate.pose, np.zeros((0, 2)), np.full((2, 2), np.inf), 0.0, np.nan
    )
    margin = candidate.within + settings.margin
    cuts = (
        shown_of(first.shape, second.shape, candidate.pose, margin),
        shown_of(second.shape, first.shape, inverse(candidate.pose), margin),
    )
    if cuts[0] is None or cuts[1] is None:
        return nothing.refused("they do not overlap")
    corners = [np.array([each.start for each in cut], float) for cut in cuts if cut]
    parts = [np.ascontiguousarray(image[cut]) for image, cut in zip(images, cuts, strict=True) if cut]
    if min(map(min, (each.shape for each in parts))) < settings.least_side:
        return nothing.refused("what both may show is too small")
    start = matmul(by_shift(-corners[1]), candidate.pose, by_shift(corners[0]))
    try:
        found = register(
            *parts,
            transform=family.name,
            metric="ncc",
            initial=MatrixTransform(start / start[2, 2], "homography" if family.perspective else family.name),
            search=_range(candidate.within, min(parts[0].shape), family),
            min_overlap=settings.min_overlap,
            fixed_pattern="keep",
            on_unreliable="ignore",
            threads=1,
        )
    except InputError as error:
        return nothing.refused(meant_for(str(error), ()))
    told = _told(found, nothing, images, corners, family)
    gaps = apply(told.pose, told.points) - apply(candidate.pose, told.points)
    if not told.why_not and candidate.held and float(np.abs(gaps).max()) > candidate.within + 1:
        far = float(np.sqrt(np.square(gaps).sum(1).max()))
        return told.refused(f"they lie {far:.3g} px from where the positions say, and these are less far off")
    return told


def _told(
    found: Registration, nothing: Overlap, images: tuple[Pixels, Pixels], corners: list[Floats], family: Family
) -> Overlap:
    pose = matmul(by_shift(corners[1]), found.transform.matrix, by_shift(-corners[0]))
    points, overlap = common(images[0].shape, images[1].shape, pose)
    why = "" if found.reliable else meant_for((found.warnings or ("it cannot be trusted",))[0], ())
    centre = corners[0] + found.fixed_grid.centre
    if found.covariance is None or not len(points):
        why, covariance = why or "the images do not determine how they lie", nothing.covariance
    else:
        covariance = error_at(points, pose, found.covariance, centre, family)
    return Overlap(
        nothing.first,
        nothing.second,
        pose,
        points,
        covariance,
        overlap,
        found.confidence,
        why,
        found.covariance,
        centre,
    )


def _range(within: float, side: int, family: Family) -> SearchRange:
    shift = (within + 1) / side
    return SearchRange(angle=3.0, scale=1.03, shift=shift) if family.turns else SearchRange(shift=shift)


def by_shift(shift: Floats) -> Floats:
    """Return the matrix of a shift."""
    return about(np.eye(2), np.asarray(shift, float), np.zeros(2))


def shown_of(shape: tuple[int, ...], other: tuple[int, ...], pose: Floats, margin: float) -> Box | None:
    """Return which part of an image another one may show, from this one's pixels to whose `pose` leads."""
    line = [np.linspace(0, n - 1, 9) for n in other]
    edge = np.stack(np.meshgrid(*line, indexing="ij"), -1).reshape(-1, 2)
    there = apply(inverse(pose), edge)
    there = there[np.isfinite(there).all(1)]
    if not len(there):
        return None
    low, high = np.floor(there.min(0) - margin), np.ceil(there.max(0) + margin) + 1
    low, high = np.maximum(low, 0), np.minimum(high, shape)
    if not (high > low).all():
        return None
    rows, columns = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return rows, columns


def common(shape: tuple[int, ...], other: tuple[int, ...], pose: Floats) -> tuple[Floats, float]:
    """Return points of an image that another one shows, and the part of the smaller of both that it shows."""
    cut = shown_of(shape, other, pose, 0.0)
    if cut is None:
        return np.zeros((0, 2)), 0.0
    lines = [np.linspace(each.start, each.stop - 1, 16) for each in cut]
    points = np.stack(np.meshgrid(*lines, indexing="ij"), -1).reshape(-1, 2)
    there = apply(pose, points)
    inside = ((there >= 0) & (there <= np.array(other) - 1)).all(1)
    box = float(np.prod([each.stop - each.start for each in cut]))
    area = box * float(inside.mean()) / min(float(np.prod(shape)), float(np.prod(other)))
    # A fourth of them says where they lie.
    few = inside.reshape(16, 16)[::2, ::2].ravel()
    kept = points.reshape(16, 16, 2)[::2, ::2].reshape(-1, 2)[few]
    return (kept if len(kept) >= 4 else points[inside]), min(area, 1.0)


def error_at(points: Floats, pose: Floats, numbers: Floats, centre: Floats, family: Family) -> Floats:
    """Return the covariance of where points lie in the other image, on average over them."""
    found = family.vector(pose, centre, 1.0)
    slopes = []
    for k in range(family.size):
        step = np.zeros(family.size)
        # The shift is in pixels, a turn or a stretch works on all that lies around, a perspective by its square.
        step[k] = 1e-3 if k >= family.linear_size else 1e-7
        ahead, behind = (apply(family.matrix(found + sign * step, centre, 1.0), points).ravel() for sign in (1.0, -1.0))
        slopes.append((ahead - behind) / (2 * step[k]))
    each = np.stack(slopes, 1).reshape(-1, 2, family.size)
    return np.asarray(np.mean([matmul(one, numbers, one.T) for one in each], axis=0))
