"""Transforms in files of several formats."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import superpose
from superpose import Grid, InputError, MatrixTransform, Registration
from superpose.transforms import read, write

TURN = ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
AFFINE = superpose.affine([[0.95, 0.1, -0.05], [0.02, 1.08, 0.12], [0.09, -0.04, 0.9]], (3.5, -2.25, 1 / 3), (1, 2, 3))


def registration(**changes: object) -> Registration:
    made = Registration(
        transform=AFFINE,
        value=0.5,
        metric="nmi",
        optimizer="engine",
        levels=(),
        overlap=0.75,
        initial=superpose.rigid((0.0, 0.0, 0.1)),
        fixed_grid=Grid((5, 6, 7), (1.5, 2, 3), (3, 1, 0.75), TURN),
        moving_grid=Grid((8, 6, 7), (1.5, 2, -3), (2, 1, 0.5)),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_registration_of_volumes_comes_back_with_its_grids(tmp_path: Path) -> None:
    before = registration()
    before.save(tmp_path / "a.json")
    after = superpose.load(tmp_path / "a.json")
    assert after.fixed_grid == before.fixed_grid and after.moving_grid == before.moving_grid
    assert after.transform == before.transform and after.transform.centre == (1, 2, 3)
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["version"] == 2 and "direction" not in document["moving_grid"]
    assert document["transform"]["maps"] == "fixed points to moving points, (plane, row, column)"
    assert read(tmp_path / "a.json") == before.transform
    write(tmp_path / "b.json", before)
    assert (tmp_path / "b.json").read_bytes() == (tmp_path / "a.json").read_bytes()
    # Without a direction nothing is new, and who reads the older version still can.
    registration(fixed_grid=Grid((5, 6, 7))).save(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["version"] == 1
    assert superpose.load(tmp_path / "a.json").fixed_grid == Grid((5, 6, 7))


@pytest.mark.parametrize(
    "direction, says",
    [
        ([[1, 0, 0], [0, 1, 0], [0, 0, 2]], "direction of the grid is"),
        ([[1, 0], [0, 1]], "fixed_grid.direction is no list of lists of 3 numbers"),
    ],
)
def test_a_direction_that_is_none(tmp_path: Path, direction: object, says: str) -> None:
    registration().save(tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text())
    document["fixed_grid"]["direction"] = direction
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=says):
        superpose.load(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["a.json", "a.tfm", "a.txt", "A.TFM"])
@pytest.mark.parametrize(
    "transform", [AFFINE, superpose.rigid(0.3, (1 / 3, 2), (4, 5)), superpose.translation((0.1, 2))], ids=str
)
def test_a_transform_alone(tmp_path: Path, name: str, transform: MatrixTransform) -> None:
    write(tmp_path / name, transform)
    found = read(tmp_path / name)
    assert np.array_equal(found.matrix, transform.matrix) and found.family == transform.family
    if name.endswith("json"):
        assert found.centre == transform.centre
        with pytest.raises(InputError, match="it holds a transform alone, without the images' grids"):
            superpose.load(tmp_path / name)


def test_a_file_serves_as_a_start(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    image = np.cumsum(np.cumsum(rng.normal(size=(64, 64)), 0), 1)
    write(tmp_path / "t.tfm", superpose.translation((2, -3)))
    found = superpose.register(
        image, image, transform="translation", initial=tmp_path / "t.tfm", on_unreliable="ignore"
    )
    assert found.initial == superpose.translation((2, -3))


@pytest.mark.parametrize(
    "text, says",
    [
        ("#Insight Transform File V1.0\n", "it holds no transform"),
        ("#Insight Transform File V1.0\nTransform: AffineTransform_double_4_4\n", "of neither 2 nor 3 axes"),
        (
            "#Insight Transform File V1.0\nTransform: AffineTransform_double_2_2\nParameters: 1 2 3\n",
            "its AffineTransform has 3 parameters",
        ),
        (
            "#Insight Transform File V1.0\nTransform: TranslationTransform_double_2_2\nParameters: 1 x\n",
            "could not convert string to float",
        ),
        (
            "#Insight Transform File V1.0\n" + 2 * "Transform: TranslationTransform_double_2_2\nParameters: 1 2\n",
            "it holds 2 transforms that are no chain",
        ),
        ('{"format": "superpose transform", "version": 1}', "transform is missing"),
        ('{"format": "superpose transform", "version": 9}', "its version is 9, and this superpose reads 1"),
        ("1 0 0 0\n0 1 0 0\n", "Extra data"),
    ],
)
def test_files_that_hold_none(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a").write_text(text)
    with pytest.raises(InputError, match=f"^path is .*a', which is no transform .*: .*{says}"):
        read(tmp_path / "a")


def test_extensions_and_kinds(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no format that superpose writes; use one of \.json, \.tfm, \.txt"):
        write(tmp_path / "a.mat", AFFINE)
    with pytest.raises(InputError, match=r"^transform is"):
        write(tmp_path / "a.tfm", np.eye(4))
    with pytest.raises(InputError, match="there is no such file"):
        read(tmp_path / "a.tfm")
