"""Local features one pixel and one patch at a time: maxima of the Hessian, shapes, turns, descriptors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]


def hessian(data: NDArray[Any], strength: float) -> Floats:
    """Return the size of the determinant of second differences; 0 at the border."""
    data, out = data.astype(float), np.zeros(data.shape)
    for i in range(1, data.shape[0] - 1):
        for j in range(1, data.shape[1] - 1):
            a = data[i - 1 : i + 2, j - 1 : j + 2]
            rows, columns = a[0, 1] - 2 * a[1, 1] + a[2, 1], a[1, 0] - 2 * a[1, 1] + a[1, 2]
            both = (a[2, 2] - a[2, 0] - a[0, 2] + a[0, 0]) / 4
            out[i, j] = abs(rows * columns - both**2) * strength
    return out


def top(before: float, here: float, after: float) -> float:
    """Return where a parabola through three values has its top, at most half way to a neighbour."""
    bend = before - 2 * here + after
    return float(np.clip((before - after) / 2 / bend, -0.5, 0.5)) if bend < 0 else 0.0


def maxima(below: NDArray[Any], here: NDArray[Any], above: NDArray[Any], least: float, edge: int) -> Floats:
    """Return row, column, scale and value of what no neighbour in place or scale exceeds; of equal ones the first."""
    stack, found = np.stack([below, here, above]).astype(float), []
    for i in range(edge, here.shape[0] - edge):
        for j in range(edge, here.shape[1] - edge):
            around = stack[:, i - 1 : i + 2, j - 1 : j + 2]
            v = around[1, 1, 1]
            # Scale counts last: what is above it comes after all of the same scale.
            before = np.concatenate([around[0].ravel(), around[1].ravel()[:4]])
            after = np.concatenate([around[1].ravel()[5:], around[2].ravel()])
            if v >= least and (before < v).all() and (after <= v).all():
                places = [top(*around[1, :, 1]), top(*around[1, 1, :]), top(*around[:, 1, 1])]
                found.append([i + places[0], j + places[1], places[2], v])
    return np.array(found).reshape(-1, 4)


def patch(data: NDArray[Any], point: Floats, frame: Floats, side: int) -> Floats:
    """Return the samples under a frame and around, linear, what is beyond the border being what is nearest."""
    half = side // 2
    offsets = np.stack(np.meshgrid(*[np.arange(-half, half + 1) / (half - 1)] * 2, indexing="ij"), -1)
    places = np.moveaxis(point + offsets @ np.asarray(frame, float).T, -1, 0)
    places = np.clip(places, 0, np.array(data.shape)[:, None, None] - 1)
    return np.asarray(ndimage.map_coordinates(data.astype(float), places, order=1, mode="nearest"))


def gradients(samples: Floats) -> tuple[Floats, Floats]:
    """Return the differences along both axes of all samples but the outer ones."""
    return samples[2:, 1:-1] - samples[:-2, 1:-1], samples[1:-1, 2:] - samples[1:-1, :-2]


def shape(
    data: NDArray[Any], point: Floats, frame: Floats, window: Floats, steps: int, longest: float
) -> tuple[Floats, bool]:
    """Return the frame in which the gradients' second moments are a circle's, and whether it is a good one."""
    weights, u = np.outer(window, window)[1:-1, 1:-1], np.eye(2)
    for _ in range(steps):
        by_row, by_column = gradients(patch(data, point, frame @ u, len(window)))
        moments = np.array([[by_row * by_row, by_row * by_column], [by_column * by_row, by_column * by_column]])
        matrix = (moments * weights).sum((2, 3))
        sizes, axes = np.linalg.eigh(matrix)
        if not sizes.prod() > 1e-8 * sizes.sum() ** 2:
            return frame @ u, False
        u = u @ (axes * (sizes.prod() ** 0.25 / np.sqrt(sizes))) @ axes.T
        stretch = np.linalg.svd(u)[1]
        if stretch[0] / stretch[1] > longest:
            return frame @ u, False
        if sizes[1] < 1.15 * sizes[0]:
            break
    return frame @ u, True


def histogram(samples: Floats, window: Floats, parts: int) -> list[tuple[Floats, Floats]]:
    """Return what each gradient counts for each of `parts` directions, as (weights, places)."""
    by_row, by_column = gradients(samples)
    length = np.hypot(by_row, by_column) * np.outer(window, window)[1:-1, 1:-1]
    place = np.arctan2(by_column, by_row) / (2 * np.pi) % 1 * parts
    part = np.floor(place)
    return [(length * (1 - (place - part)), part % parts), (length * (place - part), (part + 1) % parts)]


def turns(data: NDArray[Any], point: Floats, frame: Floats, window: Floats, weaker: float) -> list[Floats]:
    """Return the frame turned to the strongest directions, two at most."""
    count = np.zeros(36)
    for weights, parts in histogram(patch(data, point, frame, len(window)), window, 36):
        np.add.at(count, parts.astype(int), weights)
    for _ in range(3):
        count = (np.roll(count, 1) + count + np.roll(count, -1)) / 3
    found = []
    for k in np.argsort(-count, kind="stable"):
        before, after = count[k - 1], count[(k + 1) % 36]
        if count[k] > before and count[k] >= after and count[k] >= weaker * count.max() and count[k] > 0:
            angle = 2 * np.pi * (k + top(before, count[k], after)) / 36
            c, s = np.cos(angle), np.sin(angle)
            found.append(frame @ np.array([[c, -s], [s, c]]))
    return found[:2]


def descriptor(data: NDArray[Any], point: Floats, frame: Floats, window: Floats) -> Floats:
    """Return the roots of the histograms of directions in 4 x 4 places, as a vector of length 512, not rounded."""
    places = (np.arange(33) + 0.5) * 4 / 33 - 0.5
    weights = np.maximum(1 - np.abs(places[None] - np.arange(4)[:, None]), 0)
    count = np.zeros((4, 4, 8))
    for strength, parts in histogram(patch(data, point, frame, len(window)), window, 8):
        for part in range(8):
            count[:, :, part] += weights @ (strength * (parts == part)) @ weights.T
    flat = count.ravel()
    flat = np.minimum(flat, 0.2 * np.linalg.norm(flat))
    return np.asarray(512 * np.sqrt(flat / max(flat.sum(), 1e-300)))
