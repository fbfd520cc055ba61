"""Where the frames of a series lie on each other: links between them, all solved together, then their mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.frames import Checked
from superpose._jobs.latent import polish
from superpose._jobs.neighbours import Neighbours, Peak, as_link
from superpose._jobs.network import Link, solve_network
from superpose._jobs.poses import against_mean, centred, linked
from superpose._jobs.settings import StackSettings
from superpose._jobs.waves import Canvas
from superpose.transforms.family import Family
from superpose.transforms.geometry import about

Floats = NDArray[np.float64]


@dataclass(eq=False)
class Found:
    """What is known of frames, by their numbers: poses, expected errors, confidences, and why some have no pose."""

    poses: dict[int, Floats]
    errors: dict[int, float] = field(default_factory=dict)
    confidences: dict[int, float] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    families: dict[int, str] = field(default_factory=dict)

    def kept_at(self, number: int) -> None:
        """Leave one frame where it is, if it has a pose."""
        if number in self.poses:
            back = inverse(self.poses[number])
            own = self.errors.get(number, math.nan)
            self.poses = {each: matmul(pose, back) for each, pose in self.poses.items()}
            self.errors = {
                each: 0.0 if each == number else math.hypot(error, own) for each, error in self.errors.items()
            }


def by_shifts(
    checked: Checked,
    family: Family,
    root: int | None,
    chained: bool,
    settings: StackSettings,
    threads: int,
    refine: Callable[[], None],
) -> Found:
    """Return where frames that are merely shifted lie; on average they stay, or one of them does."""
    assert checked.shape is not None
    usable, shape = checked.usable, checked.shape
    samples = usable[:: max(1, len(usable) // settings.samples)]
    near = Neighbours(checked.grey, shape, samples, settings.neighbours)
    strides = (1,) if chained else settings.neighbours.strides
    place = {number: at for at, number in enumerate(usable)}
    links: list[Link] = []
    for first, second, peak in near.links(usable, strides):
        if peak.significance >= settings.neighbours.clear:
            links.append(as_link(place[first], place[second], peak))
    middle = (np.array(shape) - 1) / 2
    start = place.get(root) if root is not None else None
    network = solve_network(
        len(usable), links, family, middle, float(np.sqrt(np.square(middle).sum())), settings.network, start
    )
    # A chain has no link too many: there nothing but the peak itself speaks for it.
    sure = network.placed if chained or network.sure.sum() < 2 else network.sure
    shifts = {usable[k]: network.poses[k][:2, 2] for k in np.flatnonzero(sure)}
    if len(shifts) == 1:
        shifts = {}
    found = Found({}, why=dict.fromkeys(usable, "it has nothing in common with the others"))
    if not shifts:
        return found
    if not chained:
        _against_mean(near, usable, shifts, found, settings)
        refine()
        _polished(checked, shifts, found, settings, threads)
    found.poses = {number: about(np.eye(2), shift, np.zeros(2)) for number, shift in shifts.items()}
    for number in shifts:
        found.why.pop(number, None)
    if root is not None:
        found.kept_at(root)
    return found


def _against_mean(
    near: Neighbours, usable: Sequence[int], shifts: dict[int, Floats], found: Found, settings: StackSettings
) -> None:
    """Keep to frames that fit the mean of those that are tied together, others that do included."""
    mean = near.mean(list(shifts), np.array(list(shifts.values())))
    # A frame is a part of that mean, and fits itself.
    peaks: dict[int, Peak] = {}
    for number in usable:
        waves = near.waves(number)
        rest = mean
        if number in shifts:
            rest = near.without(mean, waves, shifts[number], len(shifts))
        peaks[number] = near.peak(rest, waves)
    usual = float(np.median([peaks[number].significance for number in shifts]))
    tied = len(shifts)
    for number, peak in peaks.items():
        at = shifts.get(number)
        agrees = at is not None and float(np.abs(peak.shift - at).max()) <= settings.agrees * near.factor
        clear = agrees or peak.significance >= settings.neighbours.clear
        if clear and peak.significance >= settings.fits_mean * usual:
            shifts[number] = at if agrees and at is not None else peak.shift
        elif at is None or tied > 2:
            shifts.pop(number, None)
            found.why[number] = "it fits the mean of the others no better than a wrong place may"
        found.confidences[number] = _confidence(peak.significance)


def _confidence(significance: float) -> float:
    """Return one less the chance of a Gaussian maximum so far beyond the highest expected of wrong places."""
    return 1 - math.exp(-max(significance, 0.0)) if significance > 0 else 0.0


def _polished(checked: Checked, shifts: dict[int, Floats], found: Found, settings: StackSettings, threads: int) -> None:
    """Make shifts better against the mean of all frames."""
    assert checked.shape is not None
    numbers = list(shifts)
    starts = np.array([shifts[number] for number in numbers])
    starts -= starts.mean(0)
    reach = np.ceil(np.abs(starts).max(0)).astype(int) + settings.latent.edge
    canvas = Canvas(checked.shape, (int(reach[0]), int(reach[1])), settings.latent.edge)
    done = polish(lambda k: checked.grey(numbers[k]), starts, canvas, settings.latent, threads)
    if done is None:
        for number, start in zip(numbers, starts, strict=True):
            shifts[number] = start
        return
    for k, number in enumerate(numbers):
        shifts[number] = done.shifts[k]
        found.errors[number] = float(np.sqrt(np.trace(done.covariances[k]) / 2))


def by_register(
    checked: Checked,
    family: Family,
    root: int | None,
    chained: bool,
    settings: StackSettings,
    threads: int,
    refine: Callable[[], None],
) -> Found:
    """Return where frames lie that are turned or stretched, too."""
    assert checked.shape is not None
    usable, shape = checked.usable, checked.shape
    strides = (1,) if chained else settings.register_strides
    worked_at = max(shape) if chained else settings.worked_at
    call: dict[str, Any] = {"transform": family.name, "threads": threads}
    place = {number: at for at, number in enumerate(usable)}
    links = [
        Link(place[each.first], place[each.second], each.pose, each.covariance, each.turned)
        for each in linked(checked.grey, usable, strides, worked_at, **call)
    ]
    middle = (np.array(shape) - 1) / 2
    start = place.get(root) if root is not None else None
    network = solve_network(
        len(usable), links, family, middle, float(np.sqrt(np.square(middle).sum())), settings.network, start
    )
    poses = {usable[k]: network.poses[k] for k in np.flatnonzero(network.placed)}
    found = Found({}, why=dict.fromkeys(usable, "register is not sure of it beside any other frame"))
    if len(poses) < 2:
        return found
    refine()
    if not chained:
        members = partial(family.project, centre=middle)
        for _ in range(settings.register_rounds):
            against = against_mean(checked.grey, poses, shape, **call)
            for number, placed in against.items():
                if placed.pose is not None and not placed.why:
                    poses[number] = placed.pose
                    found.errors[number], found.confidences[number] = placed.error, placed.confidence
                else:
                    found.why[number] = placed.why
                    poses.pop(number)
            if len(poses) < 2:
                return found
            average = centred(np.array(list(poses.values())), members)
            poses = dict(zip(poses, average, strict=True))
    found.poses = {number: family.project(pose, middle) for number, pose in poses.items()}
    for number in poses:
        found.why.pop(number, None)
    if root is not None:
        found.kept_at(root)
    return found
