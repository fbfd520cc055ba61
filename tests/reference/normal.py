"""Gauss-Newton's sums between an image, or direction field, and a warped one, in the formulas' own words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from tests.reference.warp import mapped_grid

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
CUBIC = BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)


@dataclass(frozen=True)
class Samples:
    """Moving under each pixel of fixed: value and gradient in moving's pixels (ndim, ...), and where it lies inside."""

    value: Floats
    gradient: Floats
    inside: Mask
    points: Floats


@dataclass(frozen=True)
class Sums:
    """What the kernels add up, and beside gradient and matrix the sums of their terms' sizes."""

    cost: float
    count: float
    weight: float
    gradient: Floats
    gradient_size: Floats
    matrix: Floats
    matrix_size: Floats


def _weights(at: Floats, size: int, cubic: bool) -> tuple[Floats, Floats]:
    """Return what each of `size` nodes gets from each point, and the derivative (at a kink, to its right)."""
    d = at[:, None] - np.arange(size)
    if cubic:
        return np.nan_to_num(CUBIC(d)), np.nan_to_num(CUBIC.derivative()(d))
    return np.maximum(1 - np.abs(d), 0), np.where((d >= -1) & (d < 0), 1.0, np.where((d >= 0) & (d < 1), -1.0, 0.0))


def samples(padded: NDArray[Any], matrix: Floats, shape: tuple[int, ...], cubic: bool) -> Samples:
    """Sample nodes that are padded by one before and two after along each axis."""
    points = mapped_grid(matrix, shape)
    last = np.array(padded.shape).reshape(-1, *[1] * len(shape)) - 4
    inside = np.all((points >= 0) & (points <= last), axis=0)
    points = np.clip(points, 0, last)
    along = [_weights(p.ravel() + 1, n, cubic) for p, n in zip(points, padded.shape, strict=True)]

    def combined(slope: int | None) -> Floats:
        found = np.broadcast_to(padded.astype(float), (inside.size, *padded.shape))
        for axis, (weights, slopes) in enumerate(along):
            found = np.einsum("ni,ni...->n...", slopes if axis == slope else weights, found)
        return found.reshape(shape)

    return Samples(combined(None), np.stack([combined(axis) for axis in range(len(shape))]), inside, points)


def generators(ndim: int = 2) -> Floats:
    """Return the generators of the projective group of a plane, of the affine one of volumes, (8 or 12, ...)."""
    places = list(np.ndindex(ndim + 1, ndim + 1))[: 8 if ndim == 2 else 12]
    out = np.zeros((len(places), ndim + 1, ndim + 1))
    for k, place in enumerate(places):
        out[k][place] = 1.0
    return out


def flow(matrix: Floats, at: Floats, centre: Floats, radius: float, group: Floats | None = None) -> Floats:
    """Return how moving's place under the pixels `at` (ndim, n), in radii, moves along each generator, (m, ndim, n).

    The generators' own unit is the radius; a step of one pixel at the corner is one over it.
    """
    ndim = len(at)
    to_pixels = np.diag([radius] * ndim + [1.0])
    to_pixels[:-1, -1] = centre
    at = np.vstack([at, np.ones(at.shape[1])])
    mapped = matrix @ to_pixels @ at
    group = generators(ndim) if group is None else group
    change = np.einsum("ij,kjl,ln->kin", matrix @ to_pixels, group / radius, at)
    by_w = change[:, -1:] / mapped[-1]
    return change[:, :-1] / mapped[-1] - mapped[:-1] / mapped[-1] * by_w


def middles(inside: Mask, segment: int) -> Floats:
    """Return each pixel's segment's middle, along the last axis: the first begins where its line is inside."""
    out = np.zeros(inside.shape)
    for line in np.ndindex(inside.shape[:-1]):
        columns = np.flatnonzero(inside[line])
        for start in range(0, len(columns), segment):
            part = columns[start : start + segment]
            out[line][part] = part.mean()
    return out


def straight_flow(
    pixels: Floats, columns: Floats, centre: Floats, radius: float, group: Floats | None = None
) -> Floats:
    """Return how places move along each generator, (m, ndim, n), without the squares of their ways from `columns`.

    Only a perspective has such: (x + v) (1 + w (x + v)) along the line.
    """
    group = generators(len(pixels)) if group is None else group
    moved = flow(np.eye(len(pixels) + 1), (pixels - centre[:, None]) / radius, centre, radius, group)
    moved[:, -1] += np.multiply.outer(group[:, -1, -2], np.square((pixels[-1] - columns) / radius))
    return moved


def slopes(
    gradient: Floats,
    use: Mask,
    matrix: Floats,
    centre: Floats,
    radius: float,
    columns: Floats | None = None,
    group: Floats | None = None,
) -> Floats:
    """Return moving's change along each generator, (m, n); about `columns`, if given, straight along a line."""
    pixels = np.array(np.nonzero(use), float)
    ndim = len(pixels)
    at = (pixels - centre[:, None]) / radius
    change = flow(matrix, at, centre, radius, group)
    if columns is not None:
        # Moving's way along each of fixed's axes, at the pixel itself: that of the generators that shift.
        shifts = np.zeros((ndim, ndim + 1, ndim + 1))
        shifts[np.arange(ndim), np.arange(ndim), -1] = 1.0
        by_shift = flow(matrix, at, centre, radius, shifts)
        moved = straight_flow(pixels, columns[use], centre, radius, group)
        change = np.einsum("ksn,sin->kin", moved, by_shift)
    return np.einsum("kin,in->kn", change, gradient[:, use])


def add_up(weight: Floats, cost: Floats, energy: Floats, residuals: Floats, exact: Floats, model: Floats) -> Sums:
    """Add up residuals (channels, n) and their changes (parameters, channels, n): `model` is the matrix' own."""
    terms = weight * residuals * exact
    return Sums(
        float(cost.sum()),
        float(weight.sum()),
        float(energy.sum()),
        terms.sum((1, 2)),
        np.abs(terms).sum((1, 2)),
        np.einsum("n,pcn,qcn->pq", weight, model, model),
        np.einsum("n,pcn,qcn->pq", weight, np.abs(model), np.abs(model)),
    )


def squared(
    fixed: NDArray[Any],
    kept: NDArray[Any],
    moving: Samples,
    usable: NDArray[Any],
    matrix: Floats,
    centre: Floats,
    radius: float,
    gain: float,
    offset: float,
    cutoff: float,
    segment: int | None = None,
    group: Floats | None = None,
) -> Sums:
    """Return the sums of fixed - gain moving - offset under Tukey's biweight, scaled so that it costs r^2 near 0.

    In the matrix what generators do is straight along each segment, unless `segment` is None.
    """
    use = moving.inside
    here = (kept * usable[tuple(moving.points.astype(int))]).astype(float)[use]
    m = moving.value[use]
    r = fixed.astype(float)[use] - gain * m - offset
    rho, keep = r**2, np.ones_like(r)
    if cutoff < np.inf:
        part = np.minimum((r / cutoff) ** 2, 1)
        rho, keep = cutoff**2 / 3 * (1 - (1 - part) ** 3), (1 - part) ** 2
    models = []
    for columns in (None, middles(use, segment) if segment else None):
        slope = slopes(moving.gradient, use, matrix, centre, radius, columns, group)
        models.append(np.concatenate([slope, m[None], np.ones((1, len(m)))])[:, None])
    found = add_up(here * keep, here * rho, here * keep, r[None], *models)
    return replace(found, count=float(here.sum()))


def vector(
    fixed: NDArray[Any],
    kept: NDArray[Any],
    channels: tuple[Samples, Samples],
    usable: NDArray[Any],
    matrix: Floats,
    centre: Floats,
    radius: float,
    gain: float,
    angle: float,
    segment: int | None = None,
    group: Floats | None = None,
) -> Sums:
    """Return the sums of fixed - gain exp(i angle) moving, both fields (rows, columns, 2); the last parameter turns."""
    use = channels[0].inside
    i, j = np.floor(channels[0].points + 0.5).astype(int)
    here = (kept * usable[i, j]).astype(float)[use]
    field = fixed.astype(float)[use] @ [1, 1j]
    turn = np.exp(1j * angle)
    m = turn * (channels[0].value + 1j * channels[1].value)[use]
    r = field - gain * m
    models = []
    for columns in (None, middles(use, segment) if segment else None):
        first, second = (slopes(each.gradient, use, matrix, centre, radius, columns, group) for each in channels)
        both = np.concatenate([gain * turn * (first + 1j * second), m[None], gain * 1j * m[None]])
        models.append(np.stack([both.real, both.imag], 1))
    return add_up(here, here * np.abs(r) ** 2, here * np.abs(field) ** 2, np.stack([r.real, r.imag]), *models)
