"""Where the volumes of a series lie on each other: links between near ones, all solved together, then their mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.order import median
from superpose._jobs.close_links import CloseLinks
from superpose._jobs.frames import Checked
from superpose._jobs.network import Link, Network, solve_network
from superpose._jobs.placing import Found
from superpose._jobs.poses import Placed, centred, linked, located
from superpose._jobs.running import Runner
from superpose._jobs.settings import StackSettings
from superpose._jobs.volume_mean import Fitted, Undone, VolumeMean, fitted
from superpose.image import Raster
from superpose.transforms.family import Family
from superpose.transforms.geometry import PhysicalMap, max_corner_distance, to_index

Floats = NDArray[np.float64]


def by_volumes(
    checked: Checked,
    family: Family,
    root: int | None,
    chained: bool,
    settings: StackSettings,
    run: Runner,
    refine: Callable[[], None],
) -> Found:
    """Return where volumes lie; on average they stay, or one of them does."""
    usable, how = checked.usable, settings.volumes
    found = Found({}, why=dict.fromkeys(usable, "it has nothing in common with the others"))
    job = _Job(checked, family, settings, run)
    close = CloseLinks(family, chained, run.threads, how)
    network = job.solved(close.links(job.volume, usable, (1,) if chained else how.strides), root)
    if network.placed.sum() < max(2, len(usable) / 2):
        strides = (1,) if chained else settings.register_strides
        links = linked(checked.grey, checked.own, usable, strides, None, run, transform=family.name)
        place = {number: at for at, number in enumerate(usable)}
        network = job.solved([replace(k, first=place[k.first], second=place[k.second]) for k in links], root)
    poses = {usable[k]: PhysicalMap(network.poses[k]) for k in np.flatnonzero(network.placed)}
    if len(poses) < 2:
        return found
    refine()
    for again in range(1 if chained else how.rounds):
        better = job.against_mean(poses, found)
        moved = [max_corner_distance(poses[number], pose, checked.own) for number, pose in better.items()]
        poses = poses if chained else better
        if not again:
            poses = job.judged(poses, found)
        if len(poses) < 2:
            return found
        if not chained:
            average = centred(np.array(list(poses.values())), partial(family.project, centre=checked.own.centre))
            poses = {number: PhysicalMap(pose) for number, pose in zip(poses, average, strict=True)}
        if median(np.array(moved)) <= how.settled and (again or len(poses) > how.many):
            break
    found.confidences = {number: found.confidences.get(number, found.at_most) for number in poses}
    return found.settled({each: to_index(pose, checked.own, checked.own) for each, pose in poses.items()}, root)


@dataclass(frozen=True, eq=False)
class _Fits:
    """Where one volume lies against the mean of the others, refined from where it is thought to lie."""

    mean: VolumeMean
    poses: dict[int, PhysicalMap]
    family: Family

    def __call__(self, number: int) -> Fitted:
        mean, undone = self.mean.without(number), self.mean.undone
        volume = undone.volume(number)
        return fitted(mean, volume, self.poses[number], self.family, self.mean.settings, undone.threads)


@dataclass(frozen=True, eq=False)
class _Locating:
    """Where `register` finds one volume beside the mean of the others."""

    mean: VolumeMean
    family: str

    def __call__(self, number: int) -> Placed:
        image, undone = self.mean.without(number).image, self.mean.undone
        return located(image, undone.volume(number), transform=self.family, threads=undone.threads)


@dataclass(frozen=True, eq=False)
class _Seen:
    """The volumes as they are compared."""

    checked: Checked

    def __call__(self, number: int) -> Raster:
        return replace(self.checked.raster(number), grid=self.checked.own)


@dataclass(eq=False)
class _Job:
    checked: Checked
    family: Family
    settings: StackSettings
    run: Runner

    def __post_init__(self) -> None:
        self.volume = _Seen(self.checked)
        # How well volumes correlate with the mean of the others.
        self.likeness: dict[int, float] = {}

    def solved(self, links: list[Link], root: int | None) -> Network:
        usable, own = self.checked.usable, self.checked.own
        kept = usable.index(root) if root in usable else None
        return solve_network(len(usable), links, self.family, own.centre, own.radius, self.settings.network, kept)

    def mean(self, poses: dict[int, PhysicalMap]) -> VolumeMean:
        undone = Undone(self.volume, poses, self.checked.own, self.run.task_threads)
        return VolumeMean.of(undone, self.run, self.settings.volumes)

    def against_mean(self, poses: dict[int, PhysicalMap], found: Found) -> dict[int, PhysicalMap]:
        """Return poses once each is made better against the mean of the others; `found` is told how exact they are."""
        out = self._fitted(self.mean(poses), poses, found)
        if len(poses) > self.settings.volumes.many:
            return out
        return {number: self._partway(poses[number], pose, len(poses) - 1) for number, pose in out.items()}

    def _fitted(self, mean: VolumeMean, poses: dict[int, PhysicalMap], found: Found) -> dict[int, PhysicalMap]:
        numbers, task = list(poses), _Fits(mean, poses, self.family)
        out = {}
        for number, done in zip(numbers, self.run.map("fits", task, numbers), strict=True):
            found.errors[number], self.likeness[number] = done.error, done.likeness
            out[number] = done.pose
        return out

    def _partway(self, pose: PhysicalMap, better: PhysicalMap, others: int) -> PhysicalMap:
        """Return a pose as much better as lets all volumes, which move at once, meet in the middle."""
        between = pose + (better - pose) * (others / (others + 1))
        return PhysicalMap(self.family.project(between, self.checked.own.centre))

    def judged(self, poses: dict[int, PhysicalMap], found: Found) -> dict[int, PhysicalMap]:
        """Return the poses of volumes that belong to the others; `register` is asked of those that may not."""
        how, usable = self.settings.volumes, self.checked.usable
        like = {number: self.likeness[number] for number in poses}
        usual = median(np.array(list(like.values())))
        sure = {
            number: poses[number]
            for number, each in like.items()
            if each >= how.unlike * usual and 1 - each <= how.unalike * (1 - usual)
        }
        order = sorted(sure, key=lambda number: (like[number], number))
        asked = order if len(usable) <= how.vouched else [order[len(order) // 2], order[-1], order[0]]
        mean, vouched, placed = self.mean(sure), [], Placed(None, np.nan, np.nan)
        for number in dict.fromkeys(asked):
            (placed,) = self._located(mean, [number])
            if self._same(placed, sure[number]):
                vouched.append(number)
                found.confidences[number] = placed.confidence
                if len(asked) < len(order):
                    found.at_most = placed.confidence
                    break
            elif len(asked) == len(order):
                found.why[number] = placed.why or "register finds it elsewhere"
        if len(asked) == len(order):
            sure = {number: sure[number] for number in vouched}
        elif not vouched:
            reason = placed.why or "register finds it elsewhere"
            found.why = dict.fromkeys(usable, f"none of the volumes that were tried is sure of its place: {reason}")
            return {}
        if len(sure) < 2:
            return {}
        if len(sure) < len(order):
            mean = self.mean(sure)
        left = [number for number in usable if number not in sure and number not in asked]
        joined: dict[int, PhysicalMap] = {}
        for number, each in zip(left, self._located(mean, left), strict=True):
            if each.why or each.pose is None:
                found.why[number] = each.why
                continue
            joined[number], found.confidences[number] = PhysicalMap(each.pose), each.confidence
        sure |= self._fitted(mean, joined, found)
        return {number: sure[number] for number in sorted(sure)}

    def _located(self, mean: VolumeMean, numbers: Sequence[int]) -> list[Placed]:
        return list(self.run.map("places", _Locating(mean, self.family.name), numbers))

    def _same(self, placed: Placed, pose: PhysicalMap) -> bool:
        if placed.why or placed.pose is None:
            return False
        apart = max_corner_distance(PhysicalMap(placed.pose), pose, self.checked.own)
        return apart <= self.settings.volumes.agrees
