"""Each peer is called rightly: it solves an easy pair of every family that it has, and one of two sizes."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from benchmarks.cases import Case, noisy, pose, pulled
from benchmarks.methods import OURS
from benchmarks.peers import PEERS
from benchmarks.photographs import grey

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the peers' own

MODULES = {"pystackreg": "pystackreg", "imreg_dft": "imreg_dft", "itk-elastix": "itk", "antspyx": "ants"}
SHIFT = np.array([6.3, -4.2])
STRETCH = np.array([[1.02, 0.01, 0], [0, 0.99, 0], [0, 0, 1.0]])
TRUTHS = {
    "translation": pose(0, 1.0, SHIFT),
    "rigid": pose(4, 1.0, SHIFT),
    "similarity": pose(4, 1.04, SHIFT),
    "affine": pose(4, 1.0, SHIFT) @ STRETCH,
}
# Which has no such family, and takes the next simpler one.
LACKS = {("imreg_dft", "affine")}


def easy(family: str) -> Case:
    rng, image = np.random.default_rng(0), grey("camera")
    return Case("easy", noisy(rng, image), noisy(rng, pulled(image, TRUTHS[family])), TRUTHS[family], family)


@pytest.mark.parametrize("family", TRUTHS)
@pytest.mark.parametrize("name", PEERS)
def test_an_easy_pair(name: str, family: str) -> None:
    if name in MODULES and importlib.util.find_spec(MODULES[name]) is None:
        pytest.skip(f"{name} is not installed here: make bench installs it into .cache/peers")
    if (name, family) not in LACKS:
        case = easy(family)
        assert case.error(PEERS[name](case)) < 1


@pytest.mark.parametrize("name", PEERS)
def test_two_sizes(name: str) -> None:
    if name in MODULES and importlib.util.find_spec(MODULES[name]) is None:
        pytest.skip(f"{name} is not installed here: make bench installs it into .cache/peers")
    rng, image, shape = np.random.default_rng(0), grey("camera"), (400, 380)
    truth = pose(4, 1.0, SHIFT, moving=(np.array(shape) - 1) / 2)
    case = Case("easy", noisy(rng, image), noisy(rng, pulled(image, truth, shape)), truth, "rigid")
    assert case.error(PEERS[name](case)) < 1


@pytest.mark.parametrize("name", ["SciPy Powell", pytest.param("SciPy basin-hopping", marks=pytest.mark.long)])
def test_the_scipy_path_is_among_the_methods(name: str) -> None:
    assert {"SciPy Powell", "SciPy basin-hopping"} < set(OURS)
    case = easy("rigid")
    small = Case("small", case.fixed[::4, ::4], case.moving[::4, ::4], case.truth, "rigid")
    small = Case(
        "small", small.fixed, small.moving, np.diag([0.25, 0.25, 1]) @ case.truth @ np.diag([4, 4, 1]), "rigid"
    )
    assert small.error(OURS[name](small)) < 1
