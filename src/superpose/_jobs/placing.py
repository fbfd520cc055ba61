"""Where the frames of a series lie on each other: links between them, all solved together, then their mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.blocks import Frames, Some, over_blocks
from superpose._jobs.frames import Checked
from superpose._jobs.latent import Polished, polish
from superpose._jobs.light import Evened, Light, light_of
from superpose._jobs.neighbours import Neighbours, Peak, against_others, as_link, mean_of, neighbour_links
from superpose._jobs.network import Link, solve_network
from superpose._jobs.poses import against_mean, centred, linked, of_pair, vouched
from superpose._jobs.running import Runner
from superpose._jobs.sensor import single_pixels
from superpose._jobs.settings import StackSettings
from superpose._jobs.waves import Canvas
from superpose.errors import text
from superpose.transforms.family import Family
from superpose.transforms.geometry import PhysicalMap, about, to_index

Floats = NDArray[np.float64]

# Of so many frames that stand still two means are made.
_HALVES = 16


@dataclass(eq=False)
class Found:
    """What is known of frames, by their numbers: poses, expected errors, confidences, why some have no pose.

    Poses are between pixels, errors in those of the grid `own`.

    `said` is what to warn of; no confidence is higher than `at_most`.
    """

    poses: dict[int, Floats]
    errors: dict[int, float] = field(default_factory=dict)
    confidences: dict[int, float] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    families: dict[int, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    at_most: float = 1.0

    def settled(self, poses: dict[int, Floats], root: int | None) -> Found:
        """Return what is found once poses are known, one frame left where it is if it is to be."""
        self.poses = poses
        self.why = {number: each for number, each in self.why.items() if number not in poses}
        if root is not None:
            self.kept_at(root)
        return self

    def kept_at(self, number: int) -> None:
        """Leave one frame where it is, if it has a pose."""
        if number in self.poses:
            back = inverse(self.poses[number])
            own = self.errors.get(number, math.nan)
            # Of a turn and its inverse rounding leaves a little.
            same = np.eye(len(back))
            self.poses = {each: same if each == number else matmul(pose, back) for each, pose in self.poses.items()}
            self.errors = {
                each: 0.0 if each == number else math.hypot(error, own) for each, error in self.errors.items()
            }


def by_shifts(
    checked: Checked,
    family: Family,
    root: int | None,
    chained: bool,
    settings: StackSettings,
    run: Runner,
    refine: Callable[[], None],
) -> Found:
    """Return where frames that are merely shifted lie; on average they stay, or one of them does."""
    assert checked.shape is not None
    usable, threads = checked.usable, run.threads
    near, shifts, confidences, loose = _tied(checked, family, root, chained, settings, run)
    found = Found({}, {}, confidences, dict.fromkeys(usable, "it has nothing in common with the others"))
    if shifts and _still(shifts, settings.agrees * near.factor):
        spots = single_pixels(checked.grey, samples_of(usable, settings))
        if spots.any():
            checked.leave_out(spots)
            again = _tied(checked, family, root, chained, settings, run)
            if again[1] and 2 * len(again[1]) >= len(shifts) and not _still(again[1], settings.agrees * near.factor):
                near, shifts, found.confidences, loose = again
                found.said.append(text("sensor-pixels", argument="frames", value=int(spots.sum())))
            else:
                checked.leave_out(None)
        if not found.said and not _stays(checked, found, shifts, settings.agrees * near.factor, threads):
            found.why = dict.fromkeys(usable, "what stays where it is on the sensor outweighs a scene that moves")
            return found
    if not shifts:
        return found
    if not chained:
        _against_mean(checked, near, shifts, loose, found, settings, run)
        if len(shifts) < 2:
            return found
        refine()
        _polished(checked, shifts, found, settings.agrees * near.factor, settings, run)
    found.confidences = {number: min(each, found.at_most) for number, each in found.confidences.items()}
    return found.settled({number: about(np.eye(2), shift, np.zeros(2)) for number, shift in shifts.items()}, root)


def samples_of(usable: Sequence[int], settings: StackSettings) -> Sequence[int]:
    """Return some of the frames, from all over them."""
    return usable[:: max(1, len(usable) // settings.samples)]


def _still(shifts: dict[int, Floats], within: float) -> bool:
    """Whether no frame lies elsewhere than the others."""
    places = np.array(list(shifts.values()))
    return bool((places.max(0) - places.min(0)).max() <= within)


def _stays(checked: Checked, found: Found, shifts: dict[int, Floats], within: float, threads: int) -> bool:
    """Whether frames in one place do not move for `register`, which tells a scene from the sensor's own pattern.

    Where it doubts two of them it is asked of the means of two halves, and what it doubts then is doubted here, too.
    """
    numbers, doubted = list(shifts), False
    first, others = numbers[0], (numbers[len(numbers) // 2], numbers[-1])
    for each in dict.fromkeys(others):
        pair = of_pair(checked.grey, first, each, threads)
        if pair is None:
            continue
        if pair.reliable and float(np.abs(pair.transform.matrix[:2, 2]).max()) > 2 * within:
            return False
        doubted |= not pair.reliable
        if any(said.endswith(("[fixed-pattern]", "[part-moved]")) for said in pair.warnings):
            found.said = [text("part-still", argument="frames", value=f"{first} and {each}")]
    if doubted:
        some = numbers[:: max(1, -(-len(numbers) // _HALVES))]
        means = [np.mean([checked.grey(k) for k in half], axis=0, dtype=float) for half in (some[::2], some[1::2])]
        pair = of_pair(lambda k: means[k].astype(np.float32), 0, 1, threads)
        if pair is not None and not pair.reliable:
            found.at_most = pair.confidence
            found.said.append(text("still-doubted", argument="frames", value=f"{pair.confidence:.2g}"))
    return True


def _tied(
    checked: Checked,
    family: Family,
    root: int | None,
    chained: bool,
    settings: StackSettings,
    run: Runner,
) -> tuple[Neighbours, dict[int, Floats], dict[int, float], dict[int, Floats]]:
    """Return small copies, the shifts of the frames that links tie together, and how sure the clearest of these is.

    And the shifts of those that hang on one link, which nothing could contradict.
    """
    assert checked.shape is not None
    usable, middle = checked.usable, (np.array(checked.shape) - 1) / 2
    near = Neighbours(checked.grey, checked.flat_shape, samples_of(usable, settings), settings.neighbours)
    place = {number: at for at, number in enumerate(usable)}
    peaks = [
        (place[first], place[second], peak)
        for first, second, peak in neighbour_links(near, checked.grey, usable, run)
        if peak.significance >= settings.neighbours.clear and peak.second < settings.neighbours.repeated
    ]
    solved = partial(
        solve_network,
        len(usable),
        family=family,
        centre=middle,
        radius=float(np.sqrt(np.square(middle).sum())),
        settings=settings.network,
        kept=place.get(root) if root is not None else None,
    )
    network = solved([as_link(*each) for each in peaks])
    sure = network.sure
    few = sure.sum() < max(2, len(usable) / 2)
    if chained or few:
        # Nothing contradicts the links of a chain or of few frames, and a scene's own repeats may agree with each
        # other: there `register` has to vouch for a peak.
        firm = network.fits & ~network.lone & (not few)
        within = settings.agrees * near.factor
        peaks = [
            (first, second, peak)
            for (first, second, peak), good in zip(peaks, firm, strict=True)
            if not (chained and second > first + 1)
            and (
                good
                or vouched(checked.grey, {usable[first]: np.eye(3)}, usable[second], peak.pose, within, run.threads)
            )
        ]
        network = solved([as_link(*each) for each in peaks])
        sure = network.placed
    shifts = {usable[k]: network.poses[k][:2, 2] for k in np.flatnonzero(sure)}
    confidences: dict[int, float] = {}
    for (*ends, peak), fits in zip(peaks, network.fits, strict=True):
        for number in (usable[at] for at in ends):
            if fits and number in shifts:
                confidences[number] = max(confidences.get(number, 0.0), _confidence(peak.significance))
    loose = {usable[k]: network.poses[k][:2, 2] for k in np.flatnonzero(network.placed & ~sure)}
    return near, (shifts if len(shifts) > 1 else {}), confidences, loose


def _against_mean(
    checked: Checked,
    near: Neighbours,
    shifts: dict[int, Floats],
    loose: dict[int, Floats],
    found: Found,
    settings: StackSettings,
    run: Runner,
) -> None:
    """Keep to frames that fit the mean of those that are tied together, others that do included.

    What moves further than small copies have a margin has no such mean: there links alone decide.
    """
    there_are = np.array(list(shifts.values()))
    middle = (there_are.min(0) + there_are.max(0)) / 2
    if not near.hold(there_are - middle):
        return
    places = {number: shift - middle for number, shift in shifts.items()}
    mean = mean_of(near, checked.grey, places, run)
    blocks = over_blocks(against_others, checked.grey, checked.usable, (near, mean, places), run)
    peaks = dict(zip(checked.usable, (peak for block in blocks for peak in block), strict=True))
    usual = float(np.median([peaks[number].significance for number in shifts]))
    tied = len(shifts)
    for number, peak in peaks.items():
        at = shifts.get(number)
        there = peak.shift + middle
        agrees = at is not None and float(np.abs(there - at).max()) <= settings.agrees * near.factor
        clear = agrees or peak.significance >= settings.neighbours.clear
        if clear and peak.significance >= settings.fits_mean * usual:
            # What one link says and the mean of the others, too, is said twice.
            twice = number in loose and float(np.abs(there - loose[number]).max()) <= settings.agrees * near.factor
            if at is None and (twice or _joins(checked, number, peak, places, settings, near.factor, run.threads)):
                shifts[number] = there
            elif at is not None and not agrees:
                shifts.pop(number)
                found.why[number] = "it fits the mean of the others elsewhere than its neighbours say"
        elif at is None or tied > 2:
            shifts.pop(number, None)
            found.why[number] = "it fits the mean of the others no better than a wrong place may"
        found.confidences[number] = _confidence(peak.significance)


def _joins(
    checked: Checked,
    number: int,
    peak: Peak,
    places: dict[int, Floats],
    settings: StackSettings,
    factor: int,
    threads: int,
) -> bool:
    """Whether a frame that no link ties to the others does lie where it fits their mean, by those nearest to there."""
    away = {each: float(np.abs(place - peak.shift).max()) for each, place in places.items()}
    nearest = sorted(away, key=lambda each: (away[each], each))[: settings.samples]
    others = {each: about(np.eye(2), places[each], np.zeros(2)) for each in nearest}
    return vouched(checked.grey, others, number, peak.pose, settings.agrees * factor, threads)


def _confidence(significance: float) -> float:
    """Return one less the chance of a Gaussian maximum so far beyond the highest expected of wrong places."""
    return 1 - math.exp(-max(significance, 0.0)) if significance > 0 else 0.0


def _polished(
    checked: Checked, shifts: dict[int, Floats], found: Found, within: float, settings: StackSettings, run: Runner
) -> None:
    """Make shifts better against the mean of all frames, which must not move them further than links are off."""
    assert checked.shape is not None
    numbers = list(shifts)
    starts = np.array([shifts[number] for number in numbers])
    starts -= starts.mean(0)
    reach = np.ceil(np.abs(starts).max(0)).astype(int) + settings.latent.edge
    canvas = Canvas(checked.flat_shape, (int(reach[0]), int(reach[1])), settings.latent.edge)
    held = math.prod(canvas.shape) <= settings.widest * math.prod(checked.shape)
    some, light = Some(checked.grey, tuple(numbers)), None
    done = polish(some, starts, canvas, settings.latent, run) if held else None
    if not held:
        found.said.append(text("wide-series", argument="frames", value=f"{math.prod(canvas.shape):,}"))
    if done is not None:
        done, light = _in_even_light(some, done, starts, within, canvas, settings, run)
    away = np.zeros(len(starts)) if done is None else _away(done, starts)
    if done is None or _mostly_beyond(away, within):
        for number, start in zip(numbers, starts, strict=True):
            shifts[number] = start
        return
    if light is not None:
        found.said.append(text("sensor-light", argument="frames", value=f"{100 * light.lost:.0f} %"))
    for k, number in enumerate(numbers):
        if away[k] > within:
            shifts.pop(number)
            found.why[number] = "it fits the mean of the others elsewhere than its neighbours say"
            continue
        shifts[number] = done.shifts[k]
        found.errors[number] = float(np.sqrt(np.trace(done.covariances[k]) / 2))


def _away(done: Polished, starts: Floats) -> Floats:
    """Return how far frames lie from where links say."""
    return np.asarray(np.abs(done.shifts - starts).max(1))


def _mostly_beyond(away: Floats, within: float) -> bool:
    return 2 * int(np.count_nonzero(away > within)) > len(away)


def _in_even_light(
    frames: Frames,
    done: Polished,
    starts: Floats,
    within: float,
    canvas: Canvas,
    settings: StackSettings,
    run: Runner,
) -> tuple[Polished, Light | None]:
    """Return shifts that the sensor's own light does not draw, and that light where it does."""
    drew = None
    for _ in range(settings.light.rounds):
        light = light_of(frames, done.shifts, settings.light)
        again = None if light is None else polish(Evened(frames, light), done.shifts, canvas, settings.latent, run)
        if light is None or again is None or _mostly_beyond(_away(again, starts), within):
            break
        moved = float(np.sqrt(np.square(again.shifts - done.shifts).mean()))
        before, error = (
            math.sqrt(float(each.covariances.trace(axis1=1, axis2=2).mean()) / 2) for each in (done, again)
        )
        if moved <= max(settings.light.far, settings.light.drawn * error) or error > settings.light.as_exact * before:
            break
        done, drew = again, light
    return done, drew


def by_register(
    checked: Checked,
    family: Family,
    root: int | None,
    chained: bool,
    settings: StackSettings,
    run: Runner,
    refine: Callable[[], None],
) -> Found:
    """Return where frames lie that are turned or stretched, too."""
    assert checked.shape is not None
    usable, own = checked.usable, checked.own
    strides = (1,) if chained else settings.register_strides
    worked_at = max(checked.shape) if chained else settings.worked_at
    place = {number: at for at, number in enumerate(usable)}
    links = [
        Link(place[each.first], place[each.second], each.pose, each.covariance, each.turned)
        for each in linked(checked.holed, own, usable, strides, worked_at, run, transform=family.name)
    ]
    middle = own.centre
    start = place.get(root) if root is not None else None
    network = solve_network(len(usable), links, family, middle, own.radius, settings.network, start)
    poses = {usable[k]: network.poses[k] for k in np.flatnonzero(network.placed)}
    found = Found({}, why=dict.fromkeys(usable, "register is not sure of it beside any other frame"))
    if len(poses) < 2:
        return found
    refine()
    if not chained:
        members = partial(family.project, centre=middle)
        for _ in range(settings.register_rounds):
            against = against_mean(checked.holed, poses, own, run, transform=family.name)
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
    index = {each: to_index(PhysicalMap(family.project(pose, middle)), own, own) for each, pose in poses.items()}
    return found.settled(dict(index), root)
