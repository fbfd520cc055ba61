"""``python -m benchmarks.golden``: what superpose answers on some eighty varied pairs, to the last bit.

A change of structure must not change an answer. Before it: ``python -m benchmarks.golden --write``; after each commit:
``python -m benchmarks.golden``, which names every field of every pair that differs and exits with 1. Bits depend on the
processor and on the libraries installed, so the file stays on the machine that made it. A change of arithmetic moves
answers by a rounding: ``--within 1e-3`` names those that it moves farther at a corner, in pixels, or calls otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import superpose
from benchmarks import real
from benchmarks.cases import SETS, Case
from benchmarks.coffee import coffee_plate
from benchmarks.hard import HARD
from benchmarks.photographs import grey, photograph
from superpose._io.transforms.plain import as_dict

SEED = 15
METRICS = ("ncc", "mse", "mi", "nmi", "correlation-ratio", "orientation")
FAMILIES = ("translation", "rigid", "similarity", "affine", "homography")
# What is measured or says what was installed, not what was found.
NOT_COMPARED = ("versions",)

Answer = Callable[[], superpose.Registration | superpose.Plate]


def _registered(*images: Any, **options: Any) -> Answer:
    return lambda: superpose.register(*images, on_unreliable="ignore", **options)


def _of(case: Case, **options: Any) -> Answer:
    given = {"transform": case.family, "search": case.search, "allow_flip": case.allow_flip} | options
    return _registered(case.fixed, case.moving, **given)


def _drawn() -> Iterator[tuple[str, Answer]]:
    for name, each in SETS.items():
        for number in range(3):
            yield f"{name}/{number}", _of(each.case(SEED, number))
    for name, each in HARD.items():
        if not name.startswith("large"):
            yield name, _of(each.case(SEED, 0))
    for kind in real.KINDS:
        yield from ((f"real/{kind}/{k}", _of(case)) for k, case in enumerate(real.cases(kind, SEED)[:2]))


def _optioned() -> Iterator[tuple[str, Answer]]:
    one, several = (SETS[name].case(SEED, 7) for name in ("one-narrow", "several"))
    for metric in METRICS:
        for name, case in (("one", one), ("several", several)):
            yield f"metric/{metric}/{name}", _of(case, metric=metric)
    shift = SETS["translation"].case(SEED, 9)
    pose = np.array([[1.0, 0, 3], [0, 1, -2], [0, 0, 1]])
    unrelated = (grey("camera")[::2, ::2], grey("brick")[::2, ::2])
    mask = np.ones(one.fixed.shape, bool)
    mask[:200, 100:300] = False
    yield "swapped", _registered(one.moving, one.fixed)
    yield "swapped/several", _registered(several.moving, several.fixed, transform="affine")
    yield "masks", _registered(one.fixed, one.moving, fixed_mask=mask, moving_mask=mask[::-1])
    yield "initial", _registered(one.fixed, one.moving, initial=pose, transform="affine")
    yield "work-at/side", _of(one, work_at=128)
    yield "work-at/pixel", _of(several, work_at="4px")
    yield "min-overlap", _of(shift, min_overlap=0.5)
    yield "bins", _of(several, metric="nmi", bins=40, search="local", initial=several.truth)
    yield "unrelated", _registered(*unrelated)
    yield "unrelated/homography", _registered(*unrelated, transform="homography")
    yield "mirrored/unasked", _registered(one.fixed, one.moving[:, ::-1])
    yield "mirrored/asked", _registered(several.moving[:, ::-1], several.fixed, transform="affine", allow_flip=True)
    yield "identical", _registered(grey("coins"), grey("coins"), transform="similarity")
    yield "colour", _registered(photograph("coffee"), photograph("coffee")[20:, 10:], transform="translation")
    yield "bytes", _registered(np.uint8(255 * one.fixed[:200, :300]), np.uint16(9000 * one.moving))
    yield "thumbnail", _registered(one.fixed[::16, ::16], one.moving[::16, ::16])
    yield "tiny", _registered(one.fixed[::40, ::40], one.moving[::40, ::40], transform="translation")


def _descended() -> Iterator[tuple[str, Answer]]:
    case = SETS["one-narrow"].case(SEED, 5)
    small = (case.fixed[::4, ::4], case.moving[::4, ::4])
    for family in FAMILIES:
        yield f"powell/{family}", _registered(*small, transform=family, optimizer="powell")
    for method in ("nelder-mead", "bfgs", "differential-evolution"):
        yield method, _registered(*small, optimizer=method, metric="mse", levels=3)
    yield "powell/nmi", _registered(*small, optimizer="powell", metric="nmi", bins=24, levels=2)
    yield "powell/mirrored", _registered(small[0][:, ::-1], small[1], transform="affine", levels=2)
    yield "callable", _registered(*small, metric=lambda a, b, m: float(np.abs(a - b)[m].mean()), levels=3)


def _plates() -> Iterator[tuple[str, Answer]]:
    yield "plate", lambda: superpose.colorize(coffee_plate())
    yield "plate/nmi", lambda: superpose.colorize(coffee_plate(), metric="nmi", reference="red")


def answers() -> Iterator[tuple[str, Answer]]:
    """Yield each pair's name, and the call that answers it."""
    for part in (_drawn, _optioned, _descended, _plates):
        yield from part()


def _plain(found: superpose.Registration | superpose.Plate) -> dict[str, Any]:
    """Return an answer as plain data, numbers to the last bit."""
    if isinstance(found, superpose.Plate):
        parts = {name: _plain(each) for name, each in found.registrations.items()}
        return parts | {"crop": str(found.crop), "pixels": int(found.image.sum(dtype=np.int64))}
    data = {name: value for name, value in as_dict(found).items() if name not in NOT_COMPARED}
    for level in data["levels"]:
        level.pop("seconds")
    return json.loads(json.dumps(data))


def _registrations(answer: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each registration that an answer holds: a plate has several."""
    if "transform" in answer:
        yield name, answer
    else:
        for part, each in answer.items():
            if isinstance(each, dict):
                yield from _registrations(each, f"{name}/{part}")


def _moved(before: dict[str, Any], after: dict[str, Any]) -> float:
    """Return how far the corners of fixed lie from where they lay, in pixels."""
    rows, columns = (n - 1.0 for n in before["levels"][-1]["shape"])
    corners = np.array([[0, 0, 1], [rows, 0, 1], [0, columns, 1], [rows, columns, 1]])
    old, new = (corners @ np.array(each["transform"]["matrix"]).T for each in (before, after))
    return float(np.abs(old[:, :2] / old[:, 2:] - new[:, :2] / new[:, 2:]).max())


def _farther(known: dict[str, Any], found: dict[str, Any], within: float) -> int:
    """Print which answers moved farther than so many pixels, or are called otherwise; return how many."""
    before = dict(each for name, answer in known.items() for each in _registrations(answer, name))
    after = dict(each for name, answer in found.items() for each in _registrations(answer, name))
    far, distances = 0, []
    for name, answer in after.items():
        distance = _moved(before[name], answer) if name in before else np.inf
        sure = name in before and answer["reliable"] == before[name]["reliable"]
        distances.append(distance)
        if not (distance <= within and sure):
            far += 1
            called = {True: "reliable", False: "unreliable"}
            print(f"{name}: {distance:.2g} px, {called[answer['reliable']]}" + ("" if sure else " (was not)"))
    print(
        f"{len(after) - far} of {len(after)} within {within} px and called alike; median {np.median(distances):.1e} px"
    )
    return far


def main(arguments: list[str]) -> int:
    """Write the file, or compare with it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.golden", description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, default=Path(".cache/golden.json"))
    parser.add_argument("--write", action="store_true", help="make the file anew instead of comparing with it")
    parser.add_argument("--only", default="", metavar="START", help="pairs whose name begins so")
    parser.add_argument("--ignore", nargs="*", default=[], metavar="FIELD", help="fields that may differ")
    parser.add_argument("--within", type=float, metavar="PX", help="compare where corners lie, and `reliable`, only")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    known = {} if options.write else json.loads(options.file.read_text())
    found = {name: _plain(answer()) for name, answer in answers() if name.startswith(options.only)}
    if options.write:
        options.file.parent.mkdir(exist_ok=True)
        options.file.write_text(json.dumps(found, indent=1))
        print(f"{len(found)} answers in {options.file}")
        return 0
    if options.within is not None:
        return int(_farther(known, found, options.within) > 0 or not found)
    different = 0
    for name, answer in found.items():
        before = known.get(name, {})
        fields = [each for each in answer.keys() | before.keys() if answer.get(each) != before.get(each)]
        fields = sorted(set(fields) - set(options.ignore))
        if fields:
            different += 1
            print(f"{name}: {', '.join(fields)}")
    print(f"{len(found) - different} of {len(found)} answers are the same to the last bit")
    return int(different > 0 or not found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
