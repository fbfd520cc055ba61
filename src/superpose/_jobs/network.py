"""Poses of many frames from what pairs of them say, some of it wrong: robust least squares on a network of links.

Graduated non-convexity over truncated least squares: all links count at first, then those that fit least lose their
weight step by step. Linear parts are solved for first, shifts after them. No frame is preferred but the one that keeps
its place, and the order of the links makes no difference but for rounding.

References
----------
H. Yang, P. Antonante, V. Tzoumas and L. Carlone, "Graduated non-convexity for robust spatial perception: from
non-minimal solvers to global outlier rejection", IEEE Robotics and Automation Letters 5(2), 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp, log, side_of
from superpose._arithmetic.matrices import determinant, inverse
from superpose._jobs.settings import NetworkSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import about, pieces

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Link:
    """What a pair of frames says: where the points of one lie in the other.

    Attributes
    ----------
    first, second : int
        The frames' numbers.
    pose : ndarray, shape (ndim + 1, ndim + 1)
        Affine, from points of `first` to points of `second`.
    covariance : ndarray, shape (ndim, ndim)
        Of the shift of the frame's centre.
    turned : float
        How far its linear part may take the corners astray, one sigma, in pixels; 0 for mere shifts.
    """

    first: int
    second: int
    pose: Floats
    covariance: Floats
    turned: float = 0.0


@dataclass(frozen=True, eq=False)
class Network:
    """The poses that links lead to.

    Attributes
    ----------
    poses : ndarray, shape (frames, ndim + 1, ndim + 1)
        From points of the frame that keeps its place to points of each; NaN where a frame is not placed.
    placed : ndarray of bool, shape (frames,)
        Which frames are tied to most others by links that fit.
    sure : ndarray of bool, shape (frames,)
        Which of these no single link ties to most others: one that is alone contradicts nothing, whatever it says.
    fits : ndarray of bool, shape (links,)
        Which links agree with the others.
    lone : ndarray of bool, shape (links,)
        Which of these are all that ties two parts together: nothing could contradict them.
    """

    poses: Floats
    placed: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    fits: NDArray[np.bool_]
    lone: NDArray[np.bool_]


def solve_network(
    count: int,
    links: Sequence[Link],
    family: Family,
    centre: Floats,
    radius: float,
    settings: NetworkSettings,
    kept: int | None = None,
) -> Network:
    """Return the poses of `count` frames.

    Parameters
    ----------
    count : int
        How many frames there are.
    links : sequence of Link
        What is known of pairs of them.
    family : Family
        Of the poses; none with perspective.
    centre : ndarray, shape (ndim,)
        Of a frame.
    radius : float
        From there to a corner.
    settings : NetworkSettings
        When a link fits, and when a solution is exact.
    kept : int, optional
        The frame that keeps its place, if it is tied to most others; default, and if it is not: the first that is.
    """
    ndim = family.ndim
    first, second = (np.array([getattr(each, name) for each in links], np.intp) for name in ("first", "second"))
    main = _largest(count, first, second)
    poses = np.full((count, ndim + 1, ndim + 1), np.nan)
    fits = np.zeros(len(links), bool)
    root = kept if kept is not None and main[kept] else int(np.argmax(main))
    poses[root] = np.eye(ndim + 1)
    inside = np.flatnonzero(main[first]) if len(links) else np.zeros(0, np.intp)
    if not len(inside):
        alone = np.arange(count) == root
        return Network(poses, alone, alone, fits, fits)
    used = [links[int(k)] for k in inside]
    own = [pieces(each.pose, centre) for each in used]
    linear, shift = np.array([each[0] for each in own]), np.array([each[2] for each in own])
    covariances = np.array([each.covariance for each in used])
    turned = np.array([each.turned for each in used])
    graph = _Graph(first[inside], second[inside], main, root, settings)

    parts, weights = np.broadcast_to(np.eye(ndim), (count, ndim, ndim)), np.ones(len(inside))
    if family.turns:
        parts, weights = graph.linear_parts(family, linear, radius / np.maximum(turned, settings.least))
    # Shifts of one frame's points as the frame that keeps its place measures them: all turns are undone.
    back = np.array([inverse(each) for each in parts])
    by = _applied(back[second[inside]], shift[..., None])
    exactness = np.array([inverse(each + settings.least**2 * np.eye(ndim)) for each in covariances])
    turns = parts[second[inside]]
    exactness = _applied(_applied(turns.swapaxes(1, 2), exactness), turns)
    same = np.broadcast_to(np.eye(ndim), linear.shape)
    start = graph.along_tree(same, by, np.zeros((ndim, 1)), weights)
    shifts, weights = graph.robust(same, by, exactness, start, weights)
    fits[inside] = weights > 0.5
    placed = _largest(count, first[fits], second[fits])
    for k in np.flatnonzero(placed):
        poses[k] = about(parts[k], _applied(parts[k], shifts[k])[:, 0], centre)
    poses[~placed] = np.nan
    if not placed[root]:
        back = inverse(poses[np.argmax(placed)])
        poses[placed] = _applied(poses[placed], back)
    lone = bridges(count, first, second, fits)
    sure = placed & _largest(count, first[fits & ~lone], second[fits & ~lone])
    return Network(poses, placed, sure, fits, lone)


def _members(family: Family, linear: Floats) -> Floats:
    """Return the nearest linear parts that members of a family have, without their scale but where they shear."""
    if family.shears:
        return linear
    if family.ndim == 2:
        real, turned = (linear[:, 0, 0] + linear[:, 1, 1]) / 2, (linear[:, 1, 0] - linear[:, 0, 1]) / 2
        size = np.maximum(np.sqrt(real * real + turned * turned), 1e-300)
        real, turned = real / size, turned / size
        return np.stack([real, -turned, turned, real], -1).reshape(-1, 2, 2)
    return nearest_rotations(linear)


def nearest_rotations(linear: Floats) -> Floats:
    """Return the rotations nearest to 3 x 3 matrices, by Newton's steps towards their polar factor."""
    turned = linear
    # Far more than it takes from anywhere but where there is none: from near a rotation it takes four.
    for _ in range(40):
        a, b, c = turned[:, 0], turned[:, 1], turned[:, 2]
        cofactors = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], 1)
        volume = (a * cofactors[:, 0]).sum(1)[:, None, None]
        # One that mirrors, or flattens, has none near it: it counts as not turned.
        turned = np.where(volume > 1e-12, (turned + cofactors / np.maximum(volume, 1e-12)) / 2, np.eye(3))
        if np.abs(turned - np.stack([a, b, c], 1)).max(initial=0) < 1e-15:
            break
    return turned


def first_convexity(worst: float, limit: float, least: float) -> float:
    """Return where graduated non-convexity begins, by the worst of squares of which those up to a limit fit."""
    return max(1 / max(2 * worst / limit - 1, 1e-9), least)


def truncated(squares: Floats, limit: float, mu: float) -> Floats:
    """Return the weights of truncated least squares, which are less convex the larger `mu` is."""
    low, high = mu / (mu + 1) * limit, (mu + 1) / mu * limit
    between = np.sqrt(limit * mu * (mu + 1) / np.maximum(squares, 1e-300)) - mu
    return np.where(squares <= low, 1.0, np.where(squares >= high, 0.0, between))


def _applied(matrices: Floats, columns: Floats) -> Floats:
    """Return products of small matrices, pair by pair."""
    out = matrices[..., :, :1] * columns[..., :1, :]
    for k in range(1, matrices.shape[-1]):
        out = out + matrices[..., :, k : k + 1] * columns[..., k : k + 1, :]
    return np.asarray(out)


def _times(matrices: Floats, columns: Floats) -> Floats:
    """Return products of small matrices, of which the last axis counts the pairs."""
    return np.asarray((matrices[:, :, None] * columns[None]).sum(1))


@dataclass(frozen=True, eq=False)
class _Graph:
    """Who is linked with whom: unknown matrices x of nodes, of which each edge says that x[second] = b @ x[first] + m.

    Nodes outside `inside` have none, and the one of `root` is known.
    """

    first: Indices
    second: Indices
    inside: NDArray[np.bool_]
    root: int
    settings: NetworkSettings

    def along_tree(self, b: Floats, m: Floats, known: Floats, weights: Floats | None = None) -> Floats:
        """Return where the shortest ways from the root lead, by edges without a weight where there are no others."""
        nodes = len(self.inside)
        x = np.zeros((nodes, *known.shape))
        x[self.root] = known
        seen = np.arange(nodes) == self.root
        good = np.ones(len(b), bool) if weights is None else weights > 0.5
        for usable in (good, np.ones(len(b), bool)):
            while True:
                out = np.flatnonzero(usable & seen[self.first] & ~seen[self.second])
                into = np.flatnonzero(usable & seen[self.second] & ~seen[self.first])
                if not len(out) and not len(into):
                    break
                for k in out:
                    x[self.second[k]] = _applied(b[k], x[self.first[k]]) + m[k]
                for k in into:
                    x[self.first[k]] = _applied(inverse(b[k]), x[self.second[k]] - m[k])
                seen[self.second[out]] = seen[self.first[into]] = True
        return x

    def linear_parts(self, family: Family, linear: Floats, exactness: Floats) -> tuple[Floats, Floats]:
        """Return the nodes' linear parts, those of a family, and the edges' weights."""
        known, weights = np.eye(family.ndim), np.ones(len(linear))
        by, squared = np.zeros_like(linear), np.square(exactness)[:, None, None]
        scaled = family.scales and not family.shears
        # With scales left free, all frames would rather be nothing than contradict a wrong link.
        scales = np.array([side_of(abs(determinant(each)), family.ndim) if scaled else 1.0 for each in linear])
        turns = linear / scales[:, None, None]
        start = self.along_tree(turns, by, known)
        parts, weights = self.robust(turns, by, squared * known, start, weights, partial(_members, family))
        # Frames that nothing ties to the others have no turn to be undone.
        parts = np.where(self.inside[:, None, None], parts, known)
        if not scaled:
            return parts, weights
        same, logs = np.ones((len(linear), 1, 1)), log(scales)[:, None, None]
        start = self.along_tree(same, logs, np.zeros((1, 1)), weights)
        found, weights = self.robust(same, logs, squared, start, weights)
        return parts * np.array([exp(float(each)) for each in found.ravel()])[:, None, None], weights

    def robust(
        self,
        b: Floats,
        m: Floats,
        exactness: Floats,
        start: Floats,
        weights: Floats,
        project: Callable[[Floats], Floats] | None = None,
    ) -> tuple[Floats, Floats]:
        """Return the nodes' matrices by truncated least squares, and the edges' weights, which start from `weights`."""
        settings, used = self.settings, weights > 0.5
        member = project or (lambda each: each)
        x = member(self._solved(b, m, exactness * weights[:, None, None], start))
        squares, limit = self._squares(x, b, m, exactness), settings.limit * settings.limit
        worst = float(squares[used].max()) if used.any() else 0.0
        if worst <= limit:
            return x, weights
        mu = first_convexity(worst, limit, settings.first)
        for _ in range(settings.rounds):
            weights = np.where(used, truncated(squares, limit, mu), 0.0)
            kept = exactness * np.maximum(weights, settings.never_nothing)[:, None, None]
            x = member(self._solved(b, m, kept, x))
            squares = self._squares(x, b, m, exactness)
            if not ((weights > 0) & (weights < 1)).any() and mu > 1:
                break
            mu *= settings.growth
        return x, np.where(used & (squares <= limit), 1.0, 0.0)

    def _squares(self, x: Floats, b: Floats, m: Floats, exactness: Floats) -> Floats:
        """Return the edges' residuals, squared, by their exactness."""
        left = x[self.second] - _applied(b, x[self.first]) - m
        return np.asarray((left * _applied(exactness, left)).sum((1, 2)))

    def _solved(self, b: Floats, m: Floats, exactness: Floats, x: Floats) -> Floats:
        """Return the matrices of least squares, by conjugate gradients from `x`."""
        # Nodes and links come last: sums over them are then of what lies side by side.
        x, turned, b, exactness, m = (
            np.ascontiguousarray(np.moveaxis(each, 0, -1)) for each in (x, b.swapaxes(1, 2), b, exactness, m)
        )
        shape, nodes = x.shape, len(self.inside)
        free = self.inside.astype(float)
        free[self.root] = 0
        ends = np.concatenate([self.second, self.first])
        places = (ends + nodes * np.arange(x.size // nodes)[:, None]).ravel()

        def summed(second: Floats, first: Floats) -> Floats:
            # Several times as fast as `numpy.add.at`.
            both = np.concatenate([second, first], -1)
            return free * np.bincount(places, both.ravel(), x.size).reshape(shape)

        def gradient(at: Floats, by: Floats | float) -> Floats:
            second, first = np.split(np.take(at, ends, -1), 2, -1)
            left = _times(exactness, second - _times(b, first) - by)
            return summed(left, -_times(turned, left))

        every = np.ones((1, shape[1], 1))
        own = [np.diagonal(each).T[:, None] * every for each in (exactness, _times(_times(turned, exactness), b))]
        scale = 1 / np.maximum(summed(*own), 1e-300)
        left = -gradient(x, m)
        near = scale * left
        step, size = near, float((left * near).sum())
        # No step moves a frame any more by what matters: squared, in units of the links' own errors.
        for _ in range(self.settings.steps):
            if size <= self.settings.exact * self.settings.exact:
                break
            back = gradient(step, 0.0)
            along = size / float((step * back).sum())
            x = x + along * step
            left -= along * back
            near = scale * left
            size, before = float((left * near).sum()), size
            step = near + (size / before) * step
        return np.moveaxis(x, -1, 0)


def _largest(count: int, first: Indices, second: Indices) -> NDArray[np.bool_]:
    """Return the most frames that are tied together; of several as large, those with the lowest number."""
    label = np.arange(count)
    while True:
        lowest = np.minimum(label[first], label[second])
        new = label.copy()
        np.minimum.at(new, first, lowest)
        np.minimum.at(new, second, lowest)
        new = new[new]
        if (new == label).all():
            break
        label = new
    sizes = np.bincount(label, minlength=count)
    return np.asarray(label == int(np.argmax(sizes)))


def bridges(count: int, first: Indices, second: Indices, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the edges `used` are all that ties two parts of the graph together."""
    out = np.zeros(len(first), bool)
    near: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for k in np.flatnonzero(used).tolist():
        near[first[k]].append((int(second[k]), k))
        near[second[k]].append((int(first[k]), k))
    order, low = [-1] * count, [0] * count
    reached = 0
    for start in range(count):
        if order[start] >= 0:
            continue
        order[start] = low[start] = reached
        reached += 1
        way = [(start, -1, iter(near[start]))]
        while way:
            here, by, rest = way[-1]
            there, edge = next(rest, (-1, -1))
            if edge < 0:
                way.pop()
                if way:
                    before = way[-1][0]
                    low[before] = min(low[before], low[here])
                    out[by] = low[here] > order[before]
            elif edge != by and order[there] >= 0:
                low[here] = min(low[here], order[there])
            elif edge != by:
                order[there] = low[there] = reached
                reached += 1
                way.append((there, edge, iter(near[there])))
    return out
