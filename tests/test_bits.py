"""Answers have the same bits whatever the processor can do: processes that believe in another align the same pairs.

NumPy, OpenBLAS and the C library choose their loops by the processor, and environment variables take choices away from
them. Which loops each process used is asked of it, so that nothing is compared with itself.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import importlib
import json
import math
import os
import platform
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

import superpose
from superpose._io.transforms.plain import as_dict
from tests.scenes import moving_view, pose

slow = pytest.mark.slow
x86_64 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="other processors have other loops")

SOURCES = Path(superpose.__file__).parent
# What the engine's answers pass through.
ENGINE = ("_engine", "_features", "_refine", "_sampling", "_search", "_verify", "_volumes", "metrics", "transforms")
# What is not called on that way: fits to landmarks, and rotations in 3D.
ELSEWHERE = {"transforms/landmarks.py", "transforms/constructors.py"}
ALLOWED = {
    ("transforms/geometry.py", "linalg"),
    ("transforms/geometry.py", "@"),
    ("transforms/matrix.py", "linalg"),
    # Powers of whole numbers.
    ("_search/different_poses.py", "2 ** len(shape)"),
    ("_search/exhaustive.py", "block ** (values.ndim - 1)"),
    ("_verify/tiles.py", "side ** ndim"),
}
DOUBTFUL = """
    linalg dot vdot inner matmul tensordot convolve correlate polyfit exp exp2 expm1 log log2 log10 log1p sin cos tan
    arcsin arccos arctan arctan2 sinh cosh tanh hypot pow power float_power cbrt angle hanning sinc
"""
BY_PROCESSOR = frozenset(re.findall(r"\w+", DOUBTFUL))

SHAPE = (96, 120)
# Families and options; `True` for a mask stands for one.
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "mse": ("translation", {"metric": "mse"}),
    "ncc": ("rigid", {"metric": "ncc", "search": "global", "fixed_mask": True}),
    "nmi": ("similarity", {"metric": "nmi", "search": "global"}),
    "correlation-ratio": ("affine", {"metric": "correlation-ratio", "moving_mask": True}),
    "auto": ("affine", {}),
    "orientation": ("homography", {"metric": "orientation", "allow_flip": True}),
    "without fill": ("rigid", {"fill": True}),
}


def loops_of_numpy() -> dict[str, bool]:
    """Return the sets of instructions that NumPy has loops of its own for, and whether it uses them."""
    core = "numpy.core" if np.__version__.startswith("1.") else "numpy._core"
    umath = importlib.import_module(f"{core}._multiarray_umath")
    return {name: umath.__cpu_features__[name] for name in umath.__cpu_dispatch__}


def core_of_openblas() -> str | None:
    """Return the processor that NumPy's OpenBLAS takes this one for, None where NumPy has another BLAS."""
    for path in (Path(np.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas*"):
        ask = ctypes.CDLL(str(path)).scipy_openblas_get_corename64_
        ask.restype = ctypes.c_char_p
        return str(ask().decode())
    return None


def bits_of_the_c_library() -> str:
    """Return what changes where the C library computes its functions by other instructions."""
    numbers = [1 + k / 999 for k in range(20000)]
    return hashlib.sha1(str([(math.exp(x), math.sin(x), math.log(x)) for x in numbers]).encode()).hexdigest()


def pairs() -> dict[str, np.ndarray]:
    """Return the images, which all processes are given."""
    noise = np.random.default_rng(3)
    images = {}
    for k, name in enumerate(ASKED):
        truth = pose(7.0 + k, (2.3, -1.6), SHAPE, 1.0 if ASKED[name][0] in ("translation", "rigid") else 1.06)
        if ASKED[name][0] == "translation":
            truth = pose(0.0, (2.3, -1.6), SHAPE)
        fixed, moving = moving_view(SHAPE, np.eye(3)), moving_view(SHAPE, truth)
        moving = np.cos(moving) if name in ("nmi", "correlation-ratio") else moving
        images[f"{name}/fixed"] = fixed + 0.1 * noise.normal(size=SHAPE)
        images[f"{name}/moving"] = moving + 0.1 * noise.normal(size=SHAPE)
    rows, columns = np.indices(SHAPE)
    inside = np.abs(rows - 0.3 * columns - 25) < 40
    images["without fill/moving"] = np.where(inside & (np.abs(columns + 0.3 * rows - 75) < 45), moving, 0)
    return images


def answers(images: Any) -> dict[str, Any]:
    """Return what this process answers, numbers to the last bit, and the loops that it was computed with."""
    mask = np.ones(SHAPE, bool)
    mask[20:40, 30:70] = False
    found = {}
    for name, (family, options) in ASKED.items():
        given = {key: mask if value is True and key.endswith("mask") else value for key, value in options.items()}
        given.pop("fill", None)
        both = images[f"{name}/fixed"], images[f"{name}/moving"]
        done = as_dict(superpose.register(*both, transform=family, on_unreliable="ignore", threads=2, **given))
        for level in done["levels"]:
            level.pop("seconds")
        found[name] = {key: value for key, value in done.items() if key != "versions"}
    loops = {"numpy": loops_of_numpy(), "openblas": core_of_openblas(), "c": bits_of_the_c_library()}
    return {"answers": found, "loops": loops}


@cache
def answered(**environment: str) -> dict[str, Any]:
    """Return the answers of a process with such an environment."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "images.npz")
        np.savez(file, **pairs())
        done = subprocess.run(
            [sys.executable, "-m", "tests.test_bits", str(file)],
            cwd=Path(__file__).parents[1],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def differing(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """Return the fields of answers that differ."""
    assert a["answers"].keys() == b["answers"].keys() == ASKED.keys()
    return [
        f"{name}: {field}"
        for name, answer in a["answers"].items()
        for field in answer
        if answer[field] != b["answers"][name][field]
    ]


def by_processor(source: str) -> set[str]:
    """Return what a module uses whose bits depend on the processor."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.MatMult):
            found.add("@")
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Pow):
            exponent = node.right if isinstance(node, ast.BinOp) else node.value
            # The square of an array, or of a whole number, is a product; that of a float is not, and not seen here.
            if ast.unparse(exponent) != "2":
                found.add(ast.unparse(node))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "pow":
            found.add("pow")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "np" and node.attr in BY_PROCESSOR:
                found.add(node.attr)
            if node.value.id == "math" and node.attr in BY_PROCESSOR - {"hypot"}:  # Python's own
                found.add(node.attr)
    return found


def test_the_engine_uses_nothing_that_a_processor_decides() -> None:
    assert by_processor("a @ b + np.exp(c) + np.linalg.inv(d) + math.sin(e)") == {"@", "exp", "linalg", "sin"}
    assert by_processor("a**2 + b**0.5; a **= 3; pow(a, b) + 2**c + d ** (1 / 3)") == {
        "b ** 0.5",
        "a **= 3",
        "pow",
        "2 ** c",
        "d ** (1 / 3)",
    }
    files = [
        SOURCES / "image.py",
        SOURCES / "grid.py",
        *(file for folder in ENGINE for file in (SOURCES / folder).rglob("*.py")),
    ]
    assert len(files) > 60
    used = set()
    for file in files:
        # An error's name is no function.
        text = file.read_text("utf-8").replace("except np.linalg.LinAlgError", "except ArithmeticError")
        used |= {(file.relative_to(SOURCES).as_posix(), each) for each in by_processor(text)}
    assert {(name, each) for name, each in used if name not in ELSEWHERE} - ALLOWED == set()


@slow
@x86_64
def test_the_pairs_are_aligned() -> None:
    found = answered()["answers"]
    assert [name for name in ASKED if found[name]["reliable"]] == list(ASKED)
    assert all(found[name]["covariance"] and found[name]["evidence"] for name in ASKED)


@slow
@x86_64
def test_without_the_loops_of_numpy() -> None:
    used = [name for name, on in answered()["loops"]["numpy"].items() if on]
    if not used:
        pytest.skip("this processor knows none of them")
    other = answered(NPY_DISABLE_CPU_FEATURES=" ".join(used))
    assert not any(other["loops"]["numpy"].values())
    assert differing(answered(), other) == []


@slow
@x86_64
@pytest.mark.parametrize("core", ["Nehalem", "Prescott"])
def test_with_other_loops_of_openblas(core: str) -> None:
    if answered()["loops"]["openblas"] is None:
        pytest.skip("NumPy has another BLAS")
    other = answered(OPENBLAS_CORETYPE=core)
    # It takes one that it has no loops for, such as Prescott, for a still older one.
    assert other["loops"]["openblas"] != answered()["loops"]["openblas"]
    assert differing(answered(), other) == []


@slow
@x86_64
def test_without_the_loops_of_the_c_library() -> None:
    other = answered(GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-FMA")
    if other["loops"]["c"] == answered()["loops"]["c"]:
        pytest.skip("this C library has one loop for all processors, or this processor knows no other")
    assert differing(answered(), other) == []


@slow
@x86_64
def test_with_the_kernels_of_older_processors() -> None:
    assert differing(answered(), answered(SUPERPOSE_CPU="v2")) == []


if __name__ == "__main__":
    print(json.dumps(answers(np.load(sys.argv[1]))))
