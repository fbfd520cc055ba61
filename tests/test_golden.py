"""Answers are those that were kept, to the last bit; ``python -m tests.test_golden`` keeps new ones.

Under the same NumPy and SciPy bits are the same on every x86-64 processor (`tests/test_bits.py`). Other versions may
round otherwise: then the same pose must come out, within 1e-3 pixels.
"""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

import superpose
from superpose._version import versions as versions_of_libraries
from tests.test_bits import ASKED, SHAPE, pairs

FILE = Path(__file__).with_name("golden.json")
KEPT = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {"versions": {}, "answers": {}}
WITHIN = 1e-3  # pixels, under other versions
NUMBERS = ("confidence", "uncertainty", "overlap", "value", "margin")


def asked() -> dict[str, tuple[NDArray[Any], NDArray[Any], dict[str, Any]]]:
    """Return pairs and options; the images are numbers that no processor rounds otherwise."""
    drawn = {name: np.rint(4096 * image) / 4096 for name, image in pairs().items()}
    found = {}
    for name, (family, options) in ASKED.items():
        plain = {key: value for key, value in options.items() if not key.endswith("mask") and key != "fill"}
        found[name] = (drawn[f"{name}/fixed"], drawn[f"{name}/moving"], {"transform": family, **plain})
    camera, coins = skimage.data.camera()[::2, ::2], skimage.data.coins()[:256, :300]
    turned = np.rot90(camera)[6:250, 4:240]
    found["turned"] = (camera, turned, {"transform": "similarity"})
    found["two modalities"] = (camera, np.abs(turned.astype(int) - 110), {"transform": "rigid"})
    found["small motion"] = (coins[3:, :-7], coins[:-3, 7:], {"transform": "affine", "search": "local"})
    found["homography"] = (camera, turned[::-1, ::-1], {"transform": "homography"})
    found["unrelated"] = (camera, coins, {"transform": "rigid"})
    return found


def plain(found: superpose.Registration) -> dict[str, Any]:
    """Return what is kept of an answer."""
    kept = {"matrix": found.transform.matrix.tolist(), "metric": found.metric, "reliable": found.reliable}
    return json.loads(json.dumps(kept | {name: getattr(found, name) for name in NUMBERS}))


def digest(*images: NDArray[Any]) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(image).tobytes() for image in images)).hexdigest()[:16]


def answers() -> dict[str, Any]:
    found = {}
    for name, (fixed, moving, options) in asked().items():
        answer = superpose.register(fixed, moving, on_unreliable="ignore", threads=2, **options)
        found[name] = {"images": digest(fixed, moving), "shape": fixed.shape, **plain(answer)}
    return json.loads(json.dumps(found))


def versions() -> dict[str, str]:
    known = {name: version for name, version in versions_of_libraries().items() if name != "superpose"}
    return known | {"machine": platform.machine()}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return answers()


def test_all_are_kept() -> None:
    assert KEPT["answers"].keys() == asked().keys()
    assert {each["reliable"] for each in KEPT["answers"].values()} == {True, False}
    assert SHAPE == (96, 120)


@pytest.mark.slow
@pytest.mark.parametrize("name", KEPT["answers"])
def test_the_answer_is_the_kept_one(found: dict[str, Any], name: str) -> None:
    kept, answer = KEPT["answers"][name], found[name]
    assert answer["images"] == kept["images"], "the pair itself is another one"
    if KEPT["versions"] == versions():
        assert answer == kept
        return
    assert (answer["metric"], answer["reliable"]) == (kept["metric"], kept["reliable"])
    rows, columns = (n - 1.0 for n in kept["shape"])
    corners = np.array([[0, 0, 1], [rows, 0, 1], [0, columns, 1], [rows, columns, 1]])
    new, old = (corners @ np.array(each["matrix"]).T for each in (answer, kept))
    off = np.abs(new[:, :2] / new[:, 2:] - old[:, :2] / old[:, 2:]).max()
    assert off <= WITHIN or not kept["reliable"]


if __name__ == "__main__":
    FILE.write_text(json.dumps({"versions": versions(), "answers": answers()}, indent=1) + "\n", "utf-8")
