"""Where images lie, which all decide about together: by links between pairs, then each on the mean of the others.

Poses lead from points of the average to points of each image. Their mean, as `superpose._arithmetic.lie` has it, is the
identity: no image's place is preferred.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.lie import mean_of, part_way
from superpose._arithmetic.matrices import inverse, matmul, norm
from superpose._framed import Framed
from superpose._jobs.average_settings import AverageSettings
from superpose._jobs.members import Member, moved_by
from superpose._jobs.network import Link, solve_network
from superpose._jobs.templates import Warped
from superpose._problem import Problem
from superpose._register import register
from superpose._sampling.prepared import Prepared
from superpose._search.search_range import SearchRange
from superpose._solvers import solver_for
from superpose.errors import InputError, meant_for
from superpose.grid import Grid
from superpose.image import UserImage
from superpose.result import Registration
from superpose.transforms.family import Family
from superpose.transforms.geometry import apply
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]
# What `register` refuses to look for,
UNSEARCHED = ("too-small-to-search", "no-search")
# and says of images that match but bend, and of those that match elsewhere just as well.
BENT, ELSEWHERE = "[misfit]", ("[symmetric]", "[periodic]", "[below-min-overlap]")


@dataclass(frozen=True, eq=False)
class Call:
    """How images are compared."""

    family: Family
    metric: Any
    threads: int
    settings: AverageSettings


@dataclass
class Placed:
    """Where images lie, by their places in the order of contents, and what is known of them."""

    poses: dict[int, Floats]
    why: dict[int, str]
    found: dict[int, Registration] = field(default_factory=dict)
    metric: Any = "auto"
    rounds: int = 0
    moved: float = math.nan


def matches(found: Registration) -> bool:
    """Whether images surely belong together as a registration says, though parts of them may lie elsewhere."""
    if not np.isfinite(found.uncertainty):
        return False
    bent = any(said.endswith(BENT) for said in found.warnings)
    return found.reliable or (bent and not any(said.endswith(ELSEWHERE) for said in found.warnings))


def linked(members: Sequence[Member], call: Call) -> Placed:
    """Return where images lie by what pairs of them say together."""
    settings, ndim = call.settings, call.family.ndim
    count = len(members)
    links, why = [], dict.fromkeys(range(count), "nothing ties it to the others")
    for first, second in pairs_of(count, settings):
        found = _tried(
            members[first].prepared,
            members[second].prepared,
            call,
            **_smaller(members[first], members[second], settings),
        )
        if isinstance(found, Registration) and matches(found):
            links.append(_as_link(first, second, found))
        else:
            said = _doubt(found)
            why[first], why[second] = said, said
    radius = max(each.grid.radius for each in members)
    network = solve_network(count, links, call.family, np.zeros(ndim), radius, settings.network)
    # Of two the link is all there is.
    sure = network.sure if network.sure.sum() > 1 else network.placed
    poses = {
        k: matmul(moved_by(members[k].grid.centre), network.poses[k])
        for k in np.flatnonzero(sure).tolist()
        if sure.sum() > 1
    }
    return Placed(centred(members, poses), {k: said for k, said in why.items() if k not in poses}, metric=call.metric)


def _smaller(first: Member, second: Member, settings: AverageSettings) -> dict[str, float]:
    """Return at what size a pair is compared, if it is larger than that."""
    side = settings.worked_at[first.grid.ndim]
    return {"work_at": side} if max(*first.grid.shape, *second.grid.shape) > side else {}


def pairs_of(count: int, settings: AverageSettings) -> list[tuple[int, int]]:
    """Return which images are compared with each other."""
    if count <= settings.all_pairs:
        return [(a, b) for a in range(count) for b in range(a + 1, count)]
    strides = [each for each in settings.strides if 2 * each <= count] or [1]
    found = {(min(a, b), max(a, b)) for by in strides for a in range(count) for b in ((a + by) % count,)}
    # Never one ring alone: a wrong link would cut it.
    return sorted(found | ({(a, (a + 2) % count) for a in range(count - 2)} if len(strides) == 1 else set()))


def centred(members: Sequence[Member], poses: dict[int, Floats]) -> dict[int, Floats]:
    """Return poses whose mean is the identity."""
    if not poses:
        return {}
    back = inverse(mean_of([pose for k, pose in poses.items() for _ in members[k].numbers]))
    return {k: matmul(pose, back) for k, pose in poses.items()}


def settle(
    members: Sequence[Member],
    placed: Placed,
    grid: Grid,
    call: Call,
    most: int,
    still: float,
    tell: Callable[[int, float], None] = lambda *_: None,
) -> None:
    """Lay each image on the mean of the others, until none moves any more.

    Whether it belongs there is asked the first time, also of those that nothing tied to the others.
    """
    settings = call.settings
    while placed.rounds < most:
        placed.rounds += 1
        order = sorted(placed.poses)
        warped = Warped.of([members[k] for k in order], [placed.poses[k] for k in order], grid, call.threads)
        templates = {k: warped.template(settings.shown, at) for at, k in enumerate(order)}
        after: dict[int, Floats] = {}
        if placed.rounds == 1:
            whole = warped.template(settings.shown)
            for k, member in enumerate(members):
                pose = _looked_at(member, k, templates.get(k, whole), grid, placed, call)
                if pose is not None:
                    after[k] = pose
            placed.why = {k: said for k, said in placed.why.items() if k not in after}
            if len(after) < 2:
                placed.poses = {}
                return
            placed.metric = _usual_metric(placed, call)
        else:
            for k in order:
                after[k] = _nearby(members[k], placed.poses[k], templates[k], grid, placed.metric, call)
        # With each on the mean of the others all of them go too far, by what each is of the whole.
        share = {k: 1 - members[k].weight / sum(members[j].weight for j in after) for k in after}
        stepped = {k: part_way(placed.poses.get(k, pose), pose, share[k]) for k, pose in after.items()}
        before, placed.poses = placed.poses, centred(members, stepped)
        moves = [_moved(before[k], placed.poses[k], grid) if k in before else math.inf for k in placed.poses]
        left = set(before) - set(placed.poses)
        placed.moved = math.inf if left else max(moves)
        tell(placed.rounds, placed.moved)
        if placed.moved <= still:
            break


def _looked_at(member: Member, number: int, template: Floats, grid: Grid, placed: Placed, call: Call) -> Floats | None:
    """Return where an image lies on the mean of the others, looked for anew; None, and why, where that is not sure."""
    start = placed.poses.get(number)
    # What nothing ties to the others may lie anywhere.
    more: dict[str, Any] = {}
    if start is not None:
        limits = SearchRange() if call.family.ndim == 2 else call.settings.look
        more = {"initial": MatrixTransform(matmul(member.to_own, start, _from_own(grid, member)))}
        more["search"] = limits
    try:
        fixed = _as_fixed(template, grid, member)
    except InputError as error:
        placed.why[number] = str(error)
        return None
    found = _tried(fixed, member.prepared, call, **more)
    if isinstance(found, str):
        placed.why[number] = _doubt(found)
        return None
    pose = matmul(inverse(member.to_own), found.transform.matrix, inverse(_from_own(grid, member)))
    agrees = start is not None and _moved(start, pose, grid) <= call.settings.agrees * grid.radius
    if not matches(found) and not agrees:
        placed.why[number] = _doubt(found)
        return None
    placed.found[number] = found
    return pose


def _nearby(member: Member, start: Floats, template: Floats, grid: Grid, metric: Any, call: Call) -> Floats:
    """Return where an image lies on the mean of the others, made better from where it was, if it can be."""
    own, back = member.to_own, _from_own(grid, member)
    try:
        users = Problem.checked(
            _as_fixed(template, grid, member),
            member.prepared,
            transform=call.family.name,
            metric=metric,
            initial=MatrixTransform(matmul(own, start, back)),
            threads=call.threads,
        )
        framed = Framed.of(users)
        searches = "search" in solver_for(framed.problem, located=True).serves
        solver = solver_for(framed.problem, search=call.settings.near if searches else "auto", located=True)
        pose = framed.undo.to_users(solver.solve(framed.problem, lambda _: True).pose)
        return matmul(inverse(own), users.transform_of(pose).matrix, inverse(back))
    except InputError:
        return start


def _as_fixed(template: Floats, grid: Grid, member: Member) -> Prepared:
    """Return a template as `register` takes it for fixed, beside an image that lies in space or does not."""
    placed = None if member.prepared.image.grid.plain else grid
    return Prepared.of(UserImage(template.astype(np.float32), grid=placed), "image", kept=False)


def _from_own(grid: Grid, member: Member) -> Floats:
    """Return the matrix from points that `register` tells of a template to points of the grid."""
    plain = member.prepared.image.grid.plain
    return moved_by(np.array(grid.origin)) if plain else np.eye(grid.ndim + 1)


def _tried(fixed: Prepared, moving: Prepared, call: Call, **more: Any) -> Registration | str:
    """Return what `register` says of two images, or why it says nothing."""
    asked = {"transform": call.family.name, "metric": call.metric, "threads": call.threads, "on_unreliable": "ignore"}
    try:
        return register(fixed, moving, **asked, **more)
    except InputError as error:
        # Tiny images, and by a metric without derivatives, are not searched.
        if error.code in UNSEARCHED and {"search", "work_at"} & set(more):
            return _tried(fixed, moving, call, **{name: more[name] for name in more if name == "initial"})
        return str(error)


def _doubt(found: Registration | str) -> str:
    """Return why `register` does not lay an image on another, without what only its own arguments could do."""
    said = found if isinstance(found, str) else next(iter(found.warnings), "it cannot be trusted")
    return meant_for(said, ("transform", "metric"))


def _as_link(first: int, second: int, found: Registration) -> Link:
    """Return what a pair says as a link between the middles of both images."""
    ndim, own = found.fixed_grid.ndim, [found.fixed_grid.centre, found.moving_grid.centre]
    pose = matmul(moved_by(-own[1]), found.transform.matrix, moved_by(own[0]))
    bent = found.misfit if np.isfinite(found.misfit) else 0.0
    error = math.hypot(found.uncertainty, bent)
    pixel = found.fixed_grid.pixel_side
    return Link(first, second, pose, (error * error / ndim + (pixel / 2) * (pixel / 2)) * np.eye(ndim), error)


def _usual_metric(placed: Placed, call: Call) -> Any:
    """Return the metric by which most images were compared, that no round uses another one."""
    if call.metric != "auto" or not placed.found:
        return call.metric
    names = Counter(each.metric for each in placed.found.values())
    return min(names, key=lambda name: (-names[name], name))


def _moved(before: Floats, after: Floats, grid: Grid) -> float:
    """Return how far apart two poses take any corner of the average."""
    gaps = apply(after, grid.corners) - apply(before, grid.corners)
    return max(norm(each) for each in gaps)
