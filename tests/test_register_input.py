"""Bad input: each a clear error that names the argument."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.optimize

import superpose
from superpose import InputError, register

RNG = np.random.default_rng(81)
IMAGE = RNG.random((20, 24))

BAD_IMAGES: dict[str, tuple[Any, str]] = {
    "other rank": (
        RNG.random((5, 20, 24)),
        r"^moving is an? (image|volume), of shape .*, and fixed is an? (image|volume)",
    ),
    "empty": (np.zeros((0, 5)), r"^{0} has shape \(0, 5\) and so no pixels"),
    "one pixel": (np.ones((1, 1)), r"^{0} has shape \(1, 1\), too small to align"),
    "constant": (np.ones((20, 24)), "^{0} is constant: every pixel that counts is 1"),
    "infinite": (np.where(IMAGE > 0.9, np.inf, IMAGE), "^{0} has [0-9]+ infinite pixels"),
    "complex": (IMAGE + 1j, "^{0} has dtype complex128"),
    "all NaN": (IMAGE * np.nan, "^{0} has no pixel to use"),
    "objects": (IMAGE.astype(object), "^{0} has dtype object"),
    "no file's path": ("photo.png", "^{0} is 'photo.png', and there is no such file"),
    "octets": (b"photo.png", "^{0} is b'photo.png', which is not an array"),
    "nothing": (None, "^{0} is None, which is not an array"),
}


@pytest.mark.parametrize("image, words", BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_bad_moving(image: Any, words: str) -> None:
    with pytest.raises(InputError, match=words.format("moving")):
        register(IMAGE, image)


@pytest.mark.parametrize("image, words", BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_bad_fixed(image: Any, words: str) -> None:
    # Of two ranks neither is wrong alone: moving is named, with fixed's shape beside it.
    with pytest.raises(InputError, match=words.format("(fixed|moving)")) as caught:
        register(image, IMAGE)
    assert "fixed" in str(caught.value)


BAD_ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "transform": (
        {"transform": "ridgid"},
        "^transform='ridgid' is not known; did you mean 'rigid'.*affine, homography, rigid",
    ),
    "metric": ({"metric": "nmii"}, "^metric='nmii' is not known; did you mean 'nmi'"),
    "optimizer": ({"optimizer": "powel"}, "^optimizer='powel' is not known; did you mean 'powell'"),
    "metric auto": ({"metric": "auot"}, "^metric='auot' is not known; did you mean 'auto'.*one of auto, correlation"),
    "optimizer auto": ({"optimizer": "auot"}, "^optimizer='auot' is not known; did you mean 'auto'"),
    "dogleg": ({"optimizer": "dogleg"}, "^optimizer='dogleg' needs derivatives or constraints"),
    "levels": ({"levels": 0}, "^levels is 0; pass a whole number of 1 or more"),
    "levels 2.5": ({"levels": 2.5}, "^levels is 2.5"),
    "bins": ({"metric": "nmi", "bins": 1}, "^bins is 1; pass a whole number from 2 to 1024"),
    "bins without a histogram": ({"metric": "mse", "bins": 10}, "^bins=10 .*metric 'mse' has no histogram"),
    "min_overlap": ({"min_overlap": 1.5}, "^min_overlap is 1.5; pass a number from 0 to 1"),
    "min_overlap text": ({"min_overlap": "half"}, "^min_overlap is 'half'; pass a number from 0 to 1"),
    "min_overlap NaN": ({"min_overlap": np.nan}, "^min_overlap is nan"),
    "allow_flip text": ({"allow_flip": "no"}, "^allow_flip is 'no'; pass True or False"),
    "allow_flip array": ({"allow_flip": np.array([1, 2])}, r"^allow_flip is array\(\[1, 2\]\); pass True or False"),
    "progress array": ({"progress": np.array([1, 2])}, "^progress is array.* a callable will do"),
    "optimizer class": ({"optimizer": int}, "^optimizer=<class 'int'> is not known"),
    "seed": ({"seed": -1}, "^seed is -1; pass a whole number of 0 or more"),
    "seed text": ({"seed": "x"}, "^seed is 'x'"),
    "threads": ({"threads": 0}, "^threads is 0"),
    "fixed_mask": (
        {"fixed_mask": np.ones((3, 3))},
        r"^fixed_mask has shape \(3, 3\), and its image has shape",
    ),
    "moving_mask": ({"moving_mask": np.zeros((20, 24))}, "^moving_mask keeps 0 of 480 pixels.*invert it"),
    "initial matrix": (
        {"initial": np.eye(2)},
        r"^initial is an array of shape \(2, 2\); pass a 3 x 3 matrix",
    ),
    "initial NaN": ({"initial": np.eye(3) * np.nan}, "^initial is .*finite numbers"),
    "initial number": ({"initial": 5}, "^initial is"),
    "initial family": (
        {"initial": superpose.similarity(0, 2)},
        "^initial is .*no rigid; pass transform='similarity'",
    ),
    "initial projective": (
        {"initial": [[1, 0, 0], [0, 1, 0], [1e-3, 0, 1]], "transform": "affine"},
        "^initial is .*no affine; pass transform='homography'",
    ),
    "initial behind the horizon": (
        {"initial": superpose.homography([[1, 0, 0], [0, 1, 0], [-0.2, 0, 1]]), "transform": "homography"},
        r"^initial is .*does not see the point \(9.5, 11.5\)",
    ),
    "initial singular": (
        {"initial": np.diag([0, 0, 1]), "transform": "affine"},
        "^initial is .*cannot be inverted",
    ),
    "initial nowhere": (
        {"initial": superpose.translation((0, 999))},
        "^initial leaves 0 % of the smaller image covered",
    ),
    "cost": (
        {"metric": lambda fixed, warped, mask: None},
        "^metric returned None; it must return one real number",
    ),
    "cost NaN": ({"metric": lambda fixed, warped, mask: np.nan}, "^metric='<lambda>' gave no finite cost"),
    "optimizer returns": (
        {"optimizer": lambda cost, start: None},
        "^optimizer returned None; it must return",
    ),
    "optimizer leaves": (
        {"optimizer": lambda cost, start: start + 1e4},
        "^optimizer returned .*hardly overlap",
    ),
}


@pytest.mark.parametrize("arguments, words", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS.keys())
def test_bad_arguments(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        register(IMAGE, IMAGE + 0.01 * RNG.random(IMAGE.shape), **arguments)


def test_bad_initial_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^initial is .*no such file"):
        register(IMAGE, IMAGE, initial=tmp_path / "absent.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(InputError, match=r"^initial is .*no transform saved by superpose"):
        register(IMAGE, IMAGE, initial=str(tmp_path / "other.json"))


@pytest.mark.parametrize("argument", ["metric", "optimizer", "progress"])
def test_an_error_of_the_user_s_own_function_is_not_hidden(argument: str) -> None:
    def failing(*given: Any) -> float:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match=r"^mine$") as caught:
        register(IMAGE, IMAGE, **{argument: failing})  # type: ignore[arg-type]
    assert caught.value.__cause__ is None


def test_an_error_of_the_user_s_own_passes_through_scipy_s_functions() -> None:
    def failing(*_given: Any) -> float:
        raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        register(IMAGE, IMAGE, metric=failing, optimizer=scipy.optimize.minimize, levels=1)


@pytest.mark.parametrize(
    "argument, function", [("metric", lambda: 0.0), ("optimizer", math.sqrt), ("optimizer", scipy.optimize.brute)]
)
def test_functions_that_cannot_be_called_like_that(argument: str, function: Any) -> None:
    with pytest.raises(InputError, match=rf"^{argument} (raised|returned) "):
        register(IMAGE, IMAGE, **{argument: function})


class Own(superpose.metrics.MSE):
    """A metric of one's own that fails in one of its methods."""

    def value(self, *_given: Any, **_named: Any) -> float:
        raise KeyError("mine")


def test_an_error_in_a_metric_of_one_s_own_passes() -> None:
    with pytest.raises(KeyError, match="mine"):
        register(IMAGE, np.roll(IMAGE, 1, 1), metric=Own(), optimizer="powell", levels=1)


@pytest.mark.parametrize("kind", [ValueError, TypeError, KeyError, RuntimeError])
def test_an_error_in_a_transform_of_one_s_own_passes(kind: type[Exception]) -> None:
    class Mine:
        ndim = 2

        def __call__(self, *_given: Any) -> Any:
            raise kind("mine")

        inverse = jacobian = __call__

    done = register(IMAGE, np.roll(IMAGE, 1, 1), transform="translation", on_unreliable="ignore")
    mine = dataclasses.replace(done, transform=Mine())
    for call in (mine.warp, lambda: mine.to_moving([[3, 3]]), lambda: mine.to_fixed([[3, 3]])):
        with pytest.raises(kind, match="mine"):
            call()
    with pytest.raises(kind, match="mine"):
        done.transform.distance(Mine(), [[1, 2]])


def test_images_are_checked_before_anything_runs() -> None:
    called = []
    with pytest.raises(InputError, match=r"^moving is constant"):
        register(IMAGE, np.ones((20, 24)), metric=lambda *images: called.append(1))  # type: ignore[arg-type]
    assert called == []
