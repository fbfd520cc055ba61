"""Joint histograms with cubic B-spline windows, and the normal equations of a metric that is a function of one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import BSpline

from tests.reference.normal import Sums, middles, straight_flow
from tests.reference.warp import mapped_grid

Floats = NDArray[np.float64]
WINDOW = BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)


def window(distance: Floats, derivative: int = 0) -> Floats:
    """Return the centred cubic B-spline, or its derivative."""
    curve = WINDOW.derivative(derivative) if derivative else WINDOW
    return np.nan_to_num(curve(distance))


def sampled(
    data: NDArray[Any], mask: NDArray[np.bool_], matrix: Floats, shape: tuple[int, int], order: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return moving at each of fixed's pixels, and where the square of pixels around that point counts."""
    points = mapped_grid(matrix, shape)
    last = np.array(data.shape)[:, None, None] - 1
    inside = np.all((points >= 0) & (points <= last), axis=0)
    points = np.clip(points, 0, last)
    values = ndimage.map_coordinates(data.astype(float), points, order=order, mode="mirror")
    i, j = points.astype(int)
    below, right = np.minimum(i + 1, last[0]), np.minimum(j + 1, last[1])
    return values, inside & mask[i, j] & mask[below, j] & mask[i, right] & mask[below, right]


def places_of(values: Floats, low: float, scale: float, size: int) -> Floats:
    """Return where values lie among `size` bins."""
    return np.clip((values - low) * scale, 1, size - 2)


def joint(bins: NDArray[np.integer[Any]], places: Floats, use: NDArray[np.bool_], rows: int, size: int) -> Floats:
    """Return how many samples there are in each pair of bins, each spread by its window."""
    use = use & (bins >= 0)
    weights = window(places[use][:, None] - np.arange(size))
    out = np.zeros((rows, size))
    np.add.at(out, bins[use], weights)
    return out


def normal_equations(
    bins: NDArray[np.integer[Any]],
    places: Floats,
    slopes: Floats,
    slope: Floats,
    curvature: Floats,
    centre: Floats,
    radius: float,
    segment: int | None = None,
    group: Floats | None = None,
) -> Sums:
    """Return the sums of minus the metric's derivatives by the places, which move by `slopes` along the axes.

    In the matrix what generators do is straight along each segment, unless `segment` is None.
    """
    use = places >= 0
    at, k = places[use].astype(float), bins[use]
    cells = np.arange(slope.shape[1])
    residuals = -(window(at[:, None] - cells, 1) * slope[k]).sum(1)
    weight = np.array([np.interp(a, cells, curvature[i]) for a, i in zip(at, k, strict=True)])
    models = []
    for columns in (None, middles(np.ones(places.shape, bool), segment) if segment else None):
        pixels = np.array(np.nonzero(use), float)
        about = pixels[-1] if columns is None else columns[use]
        moved = straight_flow(pixels, about, centre, radius, group)
        models.append(np.einsum("kin,in->kn", moved, slopes[:, use].astype(float)))
    exact, model = models
    terms = residuals * exact
    return Sums(
        0.0,
        float(use.sum()),
        float(weight.sum()),
        terms.sum(1),
        np.abs(terms).sum(1),
        np.einsum("n,pn,qn->pq", weight, model, model),
        np.einsum("n,pn,qn->pq", weight, np.abs(model), np.abs(model)),
    )
