"""A file that holds what no registration can be is refused, and the field named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import superpose
from superpose._records import Explained, FreeDirection
from superpose.errors import InputError

PIXELS = np.add.outer(np.arange(20.0), np.arange(24.0) % 7)
NONSENSE = [
    None,
    True,
    -1,
    0,
    7.5,
    1e400,
    float("nan"),
    10**400,
    "false",
    "infinite",
    "",
    [],
    [[]],
    {},
    [-5, 10],
    [0, 0],
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every field, filled."""
    pose = superpose.rigid(0.01, (1, 2), centre=(9.5, 11.5))
    grid = superpose.image.Grid((20, 24))
    basin = superpose.Basin(pose, 0.8, 0.9, (10, 12), 0.7)
    level = superpose.Level((10, 12), {"angle": 0.01, "shift": (1.0, 2.0), "centre": (9.5, 11.5)}, 0.5, 3, 0.1)
    found = superpose.Registration(
        transform=pose, value=0.9, metric="ncc", optimizer="levenberg_marquardt", levels=(level,), overlap=0.9,
        initial=superpose.rigid(0.0, centre=(9.5, 11.5)), fixed_grid=grid, moving_grid=grid, warnings=("said",),
        versions={"superpose": "0"}, ending="done", basins=(basin,), reliable=True, confidence=0.9, uncertainty=0.1,
        covariance=np.eye(3), free_directions=(FreeDirection("none", (1.0,), ((1.0, 0.0),) * 4),), misfit=0.0,
        tile_shifts=superpose.TileShifts(np.ones((2, 2)), np.ones((2, 2)), np.ones(2), np.ones(2, bool)), margin=1.0,
        evidence={"lead": 3.0}, explained=(Explained(basin, PIXELS > 5),),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("t") / "t.json"
    found.save(path)
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def loaded(document: dict[str, Any], folder: Path) -> superpose.Registration:
    (folder / "t.json").write_text(json.dumps(document))
    return superpose.load(folder / "t.json")


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    other = copy.deepcopy(document)
    place: Any = other
    for each in path[:-1]:
        place = place[each]
    place[path[-1]] = value
    return other


@pytest.mark.parametrize(
    "path, value, says",
    [
        (("confidence",), 7.5, "confidence is 7.5, and must be a number from 0 to 1"),
        (("reliable",), "false", "reliable is 'false', and must be true or false"),
        (("uncertainty",), -3, "uncertainty is -3, and must be a number of 0 or more"),
        (("overlap",), None, "overlap is None, and must be a number from 0 to 1"),
        (("overlap",), float("nan"), "NaN is no number that JSON knows"),
        (("fixed_grid", "shape"), [-5, 10], "fixed_grid.shape[0] is -5, and must be a whole number of 1 or more"),
        (("fixed_grid", "shape"), [10**12, 10**12], "more pixels than there can be"),
        (("fixed_grid", "shape"), [9, 9, 9], "fixed_grid.shape, origin and spacing have different lengths"),
        (("moving_grid", "spacing"), [0, 0], "moving_grid.spacing is [0.0, 0.0], and must be above 0"),
        (("warnings",), "abc", "warnings is 'abc', and must be a list"),
        (("covariance",), [[1.0, 2.0]], "covariance is no list of lists of 1 numbers"),
        (("covariance",), [[-1.0]], "covariance has a variance below 0"),
        (("basins", 0, "overlap"), 2, "basins[0].overlap is 2, and must be a number from 0 to 1"),
        (("explained", 0, "on_sensor"), 1, "explained[0].on_sensor is 1, and must be true or false"),
        (("levels", 0, "evaluations"), 1.5, "levels[0].evaluations is 1.5, and must be a whole number of 0 or more"),
        (("tile_shifts", "errors"), [1.0], "tile_shifts has lists of different lengths"),
        pytest.param(("transform", "matrix", 0, 0), 10**400, "transform.matrix[0] is 1000", id="no float is so large"),
    ],
)
def test_the_wrong_field_is_named(
    document: dict[str, Any], tmp_path: Path, path: tuple[Any, ...], value: Any, says: str
) -> None:
    with pytest.raises(InputError, match=r"which is no transform saved by superpose: ") as caught:
        loaded(changed(document, path, value), tmp_path)
    assert says in str(caught.value)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for name, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths_of(each, (*path, name))


USES: list[Callable[[superpose.Registration, Path], object]] = [
    lambda found, folder: found.save(folder / "again.json"),
    lambda found, folder: found.warp(PIXELS),
    lambda found, folder: found.to_moving([[3, 3]]),
    lambda found, folder: (found.describe(), repr(found), found.trust),
    lambda found, folder: [found.at(each.basin).describe() for each in found.explained],
]


@pytest.mark.slow
def test_whatever_loads_can_be_used(document: dict[str, Any], tmp_path: Path) -> None:
    """Nonsense in every place, in turn: it is refused, or the registration does all that others do, or refuses that."""
    refused = 0
    assert loaded(document, tmp_path).explained[0].mask.sum() == (PIXELS > 5).sum()
    for path in paths_of(document):
        for value in NONSENSE:
            try:
                found = loaded(changed(document, path, value), tmp_path)
            except InputError:
                refused += 1
                continue
            if np.prod(found.fixed_grid.shape) > 10**4:
                found = replace(found, fixed_grid=superpose.image.Grid((20, 24)))
            for use in USES:
                try:
                    use(found, tmp_path)
                except superpose.SuperposeError:
                    continue
    assert refused > 1000


def test_a_field_that_is_missing_is_named(document: dict[str, Any], tmp_path: Path) -> None:
    other = copy.deepcopy(document)
    del other["basins"][0]["score"]
    with pytest.raises(InputError, match=r"basins\[0\]\.score is missing"):
        loaded(other, tmp_path)


def test_a_name_with_a_zero_byte() -> None:
    with pytest.raises(InputError, match="which is no path"):
        superpose.load("a\0b")
