"""Mosaics whose truth is known: crops in perspective among strangers, and tiles of a stage, many of them blank.

  python -m benchmarks.mosaic [--jobs crops tiles panorama solve] [--side N] [--tile N] [--seed S]

crops: ten views of one photograph under homographies, in no order, and two strangers. How far any corner is off, all
views laid on the truth by one homography. tiles: N x N tiles cut from a wall of photographs, 10 % overlap, a stage that
is off by 5 px along either axis, 30 % blank, vignetting, noise. panorama: eight views from inside a made sphere, turned
by 20 degrees, unlike in exposure; and 18 that go all around. solve: links of so many tiles as they would be, one in
fifty wrong, without pictures.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings

import numpy as np
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from benchmarks.photographs import NAMES, grey
from superpose._jobs import mosaics
from superpose._jobs.mosaic_poses import Stage, placement
from superpose._jobs.mosaic_settings import MosaicSettings
from superpose._jobs.overlaps import Overlap, by_shift, common
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import resample
from superpose.transforms.family import family_named

Floats = NDArray[np.float64]
SIZE = (300, 360)
VIEW, FOCAL = (240, 320), 350.0
TILE, STEP, OFF = 100, 90, 5.0
BLANK, WRONG = 0.3, 0.02
JOBS = ["crops", "tiles", "panorama", "solve"]


def crops(seed: int) -> None:
    """Print how far views in perspective are off."""
    rng = np.random.default_rng(seed)
    scene = skimage.data.hubble_deep_field().mean(-1)
    centre, images, truth = (np.array(SIZE) - 1) / 2, [], []
    for k in range(10):
        row, column = divmod(k, 4)
        middle = np.array([200.0 + 200 * row, 220 + 180 * column]) + rng.normal(0, 12, 2)
        turned = superpose.similarity(rng.uniform(-0.15, 0.15), np.exp(rng.uniform(-0.1, 0.1))).matrix.copy()
        turned[:2, :2] += rng.normal(0, 0.03, (2, 2))
        bent = np.eye(3)
        bent[2, :2] = rng.normal(0, 1.5e-4, 2)
        to_scene = by_shift(middle) @ turned @ bent @ by_shift(-centre)
        view = superpose.from_matrix(to_scene / to_scene[2, 2])
        pixels = PixelMap(view, superpose.Grid(SIZE), superpose.Grid(scene.shape))
        seen = resample(scene, pixels, 3, np.nan, 1) * (1 + 0.1 * rng.normal())
        images.append(seen + rng.normal(0, 1.5, SIZE))
        truth.append(view)
    for at, name in ((3, "camera"), (7, "coffee")):
        images.insert(at, 255 * grey(name)[: SIZE[0], : SIZE[1]])
        truth.insert(at, None)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = superpose.mosaic(images)
    seconds = time.process_time() - began
    used = [k for k, each in enumerate(found.transforms) if each is not None]
    corners = superpose.Grid(SIZE).corners
    mine = [k for k in used if truth[k] is not None]
    true, there = (
        {k: way(k)(corners) for k in mine} for way in (lambda k: truth[k], lambda k: found.transforms[k].inverse())
    )
    onto = superpose.fit_transform(np.vstack(list(true.values())), np.vstack(list(there.values())), "homography")
    gaps = [np.hypot(*(found.transforms[k](onto.transform(true[k])) - corners).T).max() for k in mine]
    print(
        f"crops: {len(mine)} of 10 views placed, {len(used) - len(mine)} of 2 strangers taken in; worst corner", end=" "
    )
    print(f"{max(gaps):.3f} px; {sum(each.used for each in found.links)} links; {seconds:.0f} s", flush=True)


def wall(side: int) -> Floats:
    """Return photographs side by side, so many pixels wide and high at least."""
    names = ("camera", "astronaut", "coffee", "chelsea", "immunohistochemistry", "gravel", "grass", "brick")
    pictures = [255 * grey(name) for name in names]
    count = -(-side // 512)
    rows = [np.hstack([pictures[(4 * r + c + r // 2) % 8] for c in range(count)]) for r in range(count)]
    return np.vstack(rows)


def tiles(side: int, seed: int, tile: int) -> None:
    """Print how far tiles are off against their neighbours."""
    rng = np.random.default_rng(seed)
    step = round(0.9 * tile)
    scene, count = wall(step * side + tile + 40), side * side
    told = np.array([(20 + step * r, 20 + step * c) for r in range(side) for c in range(side)], float)
    places = np.clip(told + rng.normal(0, OFF, told.shape), 0, np.array(scene.shape) - tile - 1)
    blank = rng.random(count) < BLANK
    y, x = np.mgrid[-1 : 1 : tile * 1j, -1 : 1 : tile * 1j]
    light, images = 1 - 0.15 * (x * x + y * y), []
    grids = superpose.Grid((tile, tile)), superpose.Grid(scene.shape)
    for k in range(count):
        view = PixelMap(superpose.translation(places[k]), *grids)
        part = np.full((tile, tile), 100.0) if blank[k] else resample(scene, view, 3, 0.0, 1)
        images.append((part * light + rng.normal(0, 2, part.shape)).astype(np.float32))
    spent = []

    def timed(*given: object) -> object:
        began = time.process_time()
        out = placement(*given)  # type: ignore[arg-type]
        spent.append(time.process_time() - began)
        return out

    mosaics.placement = timed  # type: ignore[assignment]
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = superpose.mosaic(images, positions=told, position_sigma=OFF, blend=None)
    seconds = time.process_time() - began
    where = np.array([each.place for each in found.table])
    off = where - places
    near = [(a, b) for a in range(count) for b in (a + 1, a + side) if b < count and (b != a + 1 or b % side)]
    tied = [(a, b) for a, b in near if not (blank[a] or blank[b])]
    # Parts that only the stage ties to each other are as far off as that is.
    part = {number: k for k, each in enumerate(found.parts) for number in each}
    gaps = np.array([off[b] - off[a] for a, b in tied if part[a] == part[b]])
    of_stage = np.abs(where - told)[blank].max()
    wrong = [each for each in found.links if each.used and np.abs(off_of(each, found, places)).max() > 1]
    unnoticed = sum(each.confirmed for each in wrong)
    tied_blank = sum(found.table[k].links > 0 for k in np.flatnonzero(blank))
    alone = sum(each.placed_by == "stage" for k, each in enumerate(found.table) if not blank[k])
    rms = np.sqrt(np.square(gaps).mean())
    print(f"tiles: {count} of {tile} x {tile}, {int(blank.sum())} blank; neighbours rms {rms:.3f} px", end=" ")
    print(
        f"({len(gaps)} pairs of {len(tied)}), worst {np.abs(gaps).max():.2f}; blank ones {of_stage:.3f} px from",
        end=" ",
    )
    print(f"the stage's place, {tied_blank} tied; wrong links used {len(wrong)}, of them", end=" ")
    print(f"confirmed {unnoticed}; {alone} others by the stage;", end=" ")
    print(f"{sum(each.used for each in found.links)} links; {seconds:.0f} s, the solve {spent[0]:.2f} s", flush=True)


def sphere(
    count: int, seed: int, shape: tuple[int, int] = VIEW, focal: float = FOCAL
) -> tuple[list[Floats], list[Floats]]:
    """Return views of a sphere papered with photographs, turned by 20 degrees each, and their rotations."""
    rng = np.random.default_rng(seed)
    # Fourteen photographs and two mirrored ones, which look like none of the others.
    pictures = [255 * grey(name) for name in NAMES]
    pictures += [each[:, ::-1] for each in pictures[:2]]
    scene = np.vstack([np.hstack(pictures[:8]), np.hstack(pictures[8:])])
    images, rotations = [], []
    y, x = (each - (n - 1) / 2 for each, n in zip(np.mgrid[: shape[0], : shape[1]], shape, strict=True))
    ahead = np.stack([y, x, np.full(shape, focal)], -1)
    for k in range(count):
        # Of directions (down, right, ahead): about the first axis, the others turn.
        pan, shake = (
            superpose.rigid(each).matrix[:3, :3] for each in ((math.radians(20) * k, 0, 0), rng.normal(0, 0.03, 3))
        )
        turn = shake @ pan
        there = ahead @ turn
        down, right, on = np.moveaxis(there, -1, 0)
        at = np.arctan2(down, np.hypot(right, on)), np.arctan2(right, on)
        places = [512 + 640 * at[0], (at[1] % (2 * math.pi)) * (scene.shape[1] / (2 * math.pi))]
        seen = ndimage.map_coordinates(scene, places, order=3, mode="grid-wrap")
        images.append(seen * math.exp(rng.normal(0, 0.15)) + rng.normal(0, 2, shape))
        rotations.append(turn)
    return images, rotations


def panorama(seed: int) -> None:
    """Print how far focal length and seams are off."""
    for count in (8, 18):
        images, rotations = sphere(count, seed)
        began = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = superpose.mosaic(images, projection="sphere")
        seconds = time.process_time() - began
        used = [k for k, each in enumerate(found.transforms) if each is not None]
        gaps = [seam(found, rotations, each) for each in found.links if each.used]
        print(f"panorama: {len(used)} of {count} views placed; focal length {found.focal or np.nan:.2f} px,", end=" ")
        print(
            f"{100 * ((found.focal or np.nan) / FOCAL - 1):+.2f} %; seams rms {np.sqrt(np.square(gaps).mean()):.3f}",
            end=" ",
        )
        print(f"px, worst {np.max(gaps):.3f}; {found.grid.shape}; {len(gaps)} links; {seconds:.0f} s", flush=True)


def seam(found: superpose.MosaicResult, rotations: list[Floats], link: superpose.MosaicLink) -> float:
    """Return how far a panorama lays one image elsewhere on another than it is, where both overlap, at the most."""
    y, x = np.mgrid[0 : VIEW[0] - 1 : 12j, 0 : VIEW[1] - 1 : 12j]
    points, middle = np.stack([y.ravel(), x.ravel()], -1), (np.array(VIEW) - 1) / 2
    there = (
        np.hstack([points - middle, np.full((len(points), 1), FOCAL)])
        @ (rotations[link.second] @ rotations[link.first].T).T
    )
    true = FOCAL * there[:, :2] / there[:, 2:] + middle
    inside = (there[:, 2] > 0) & (true >= 0).all(1) & (true <= np.array(VIEW) - 1).all(1)
    first, second = found.transforms[link.first], found.transforms[link.second]
    assert first is not None and second is not None
    return float(np.hypot(*(second(first.inverse()(points[inside])) - true[inside]).T).max())


def off_of(link: superpose.MosaicLink, found: superpose.MosaicResult, places: Floats) -> Floats:
    """Return how far what a mosaic says of a pair is off."""
    a, b = (np.array(found.table[k].place) - places[k] for k in (link.first, link.second))
    return np.asarray(b - a)


def solve(side: int, seed: int) -> None:
    """Print how long the solve takes, and how far it is off, for links as they would be."""
    rng = np.random.default_rng(seed)
    count = side * side
    told = np.array([(STEP * r, STEP * c) for r in range(side) for c in range(side)], float)
    places = told + rng.normal(0, OFF, told.shape)
    blank, overlaps, wrong = rng.random(count) < BLANK, [], []
    for a in range(count):
        for b in (a + 1, a + side):
            if b >= count or (b == a + 1 and b % side == 0) or blank[a] or blank[b]:
                continue
            stray = rng.random() < WRONG
            by = places[a] - places[b] + rng.normal(0, 0.05, 2) + (rng.normal(0, 6, 2) if stray else 0)
            points, overlap = common((TILE, TILE), (TILE, TILE), by_shift(by))
            if len(points):
                overlaps.append(Overlap(a, b, by_shift(by), points, 0.0025 * np.eye(2), overlap, 0.99))
                wrong.append(stray)
    shapes = [(TILE, TILE)] * count
    began = time.process_time()
    found = placement(shapes, overlaps, Stage(told, OFF), family_named("translation"), MosaicSettings())
    seconds = time.process_time() - began
    where = np.array([-found.poses[k][:2, 2] if k in found.poses else (np.nan, np.nan) for k in range(count)])
    gaps = np.array([(where - places)[e.second] - (where - places)[e.first] for e in overlaps])
    sure = found.fits & ~found.lone
    refused = int((~found.fits).sum())
    kept, unnoticed = (int((np.array(wrong) & each).sum()) for each in (found.fits, sure))
    print(
        f"solve: {count} tiles, {len(overlaps)} links, {sum(wrong)} wrong; {refused} refused, {kept} wrong ones",
        end=" ",
    )
    print(f"kept, of them confirmed {unnoticed}; neighbours rms", end=" ")
    rms = np.sqrt(np.nanmean(np.square(gaps[sure])))
    print(f"{rms:.3f} px over the {int(sure.sum())} that others confirm; {seconds:.2f} s", flush=True)


def main() -> None:
    """Print a row for each job."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", nargs="+", default=JOBS, choices=JOBS)
    parser.add_argument("--side", type=int, default=20)
    parser.add_argument("--tile", type=int, default=200, help="pixels along a tile's side")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if "crops" in options.jobs:
        crops(options.seed)
    if "tiles" in options.jobs:
        tiles(options.side, options.seed, options.tile)
    if "panorama" in options.jobs:
        panorama(options.seed)
    if "solve" in options.jobs:
        solve(options.side, options.seed)


if __name__ == "__main__":
    main()
