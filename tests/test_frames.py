"""How deep the calls go: from `register` to a kernel there are few rooms to walk through."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import superpose
from superpose._kernels import _native
from superpose._parallel import lazy
from superpose._sampling.field import Field

# The search has the most: of sides, levels, bands of scale, and either image's pixels.
MOST = 11
# Passing work to threads is no room of its own, nor is the function in front of a kernel.
PLUMBING = ("superpose._parallel", "superpose._kernels")
# A part of a level, or of its field, is made where it is first asked for, whoever asks: the way to it begins there.
LEVEL = "superpose._sampling.level"
LAZY = {f"superpose._sampling.field.{name}" for name in vars(Field) if isinstance(vars(Field)[name], lazy)}
# Products and solutions of small matrices are compiled as well, and wanted everywhere.
SMALL = {"product", "exponential", "solution"}


def rooms() -> list[str]:
    """Return the functions from `register`, or from a part of a level, down to here, plumbing aside."""
    found: list[str] = []
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_code.co_name != "register":
        module, name = frame.f_globals["__name__"], frame.f_code.co_name
        if module.startswith("superpose.") and not module.startswith(PLUMBING) and not name.startswith(("<", "band")):
            found.append(f"{module.removeprefix('superpose.')}.{name}")
        if module == LEVEL or f"{module}.{name}" in LAZY:
            return found
        frame = frame.f_back
    return [*found, "_register.register"] if frame is not None else []


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """For each kernel that is called, the longest way that led to it."""
    longest: dict[str, list[str]] = {}

    def watched(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            way = rooms()
            if len(way) > len(longest.get(name, [])):
                longest[name] = way
            return kernel(*arguments)

        return call

    for name in dir(_native):
        if name not in SMALL and name.islower() and not name.startswith("_"):
            monkeypatch.setattr(_native, name, watched(name, getattr(_native, name)))
    return longest


@pytest.mark.parametrize("metric", ["auto", "nmi"])
@pytest.mark.parametrize("transform", ["rigid", "homography"])
def test_few_rooms_lie_between_register_and_a_kernel(
    paths: dict[str, list[str]], astronaut_grey: np.ndarray, metric: str, transform: str
) -> None:
    fixed, moving = astronaut_grey[::2, ::2], np.rot90(astronaut_grey)[4::2, 6::2]
    superpose.register(fixed, moving, transform=transform, metric=metric, threads=1, on_unreliable="ignore")
    assert len(paths) > 5
    deep = {name: " < ".join(way) for name, way in paths.items() if len(way) > MOST}
    assert deep == {}
